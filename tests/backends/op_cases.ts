/**
 * A law of engines, and generated uses of every op.
 *
 * @module
 */
import fc from "fast-check";
import {
  type LocalOp,
  type OpAttributes,
  type OpName,
  type Shape,
  sizeOf,
} from "../../core/mod.ts";
import type { Backend, HostTensor } from "../../backends/backend.ts";

/** One promise of the contract. */
export interface ContractTest {
  /** Subject and law. */
  readonly name: string;
  /** Fails by an assertion. */
  readonly run: (backend: Backend) => Promise<void>;
}

/** An op applied to given tensors. */
export interface OpUse<Name extends OpName> {
  readonly attributes: OpAttributes[Name];
  readonly inputs: readonly HostTensor[];
  /** In place of that of the case. */
  readonly tolerance?: number;
}

/** How an op is tested. */
export interface OpCase<Name extends OpName> {
  /** Uses with random shapes. */
  readonly uses: fc.Arbitrary<OpUse<Name>>;
  /** Uses that must be among those tested. */
  readonly examples: readonly OpUse<Name>[];
  /** Largest error relative to the largest number of the result, or to 1 if that is larger. */
  readonly tolerance: number;
}

/** What float32 gives for one rounding, and for a sum of about a hundred. */
const [ROUNDING, SUM] = [3e-7, 3e-6];

/** Numbers in `[−2, 2)` that a seed determines (a linear congruential generator). */
function numbers(shape: Shape, seed: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length: sizeOf(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 30 - 2;
  });
}

/** A tensor of numbers in `[−2, 2)`. */
export const filled = (shape: Shape, seed = 1): HostTensor => ({
  shape,
  data: numbers(shape, seed),
});

/**
 * A sum of numbers with so few bits that float32 is exact for every part of it, in
 * whatever order: what is found must be the sum, also where the numbers nearly cancel.
 */
const exactSum = (from: Shape, to: Shape, seed = 1): OpUse<"sumTo"> => {
  const terms = sizeOf(from) / sizeOf(to);
  // At most 2 · terms ≤ 2²⁴ / steps, in multiples of 1 / steps.
  const steps = 2 ** (23 - Math.ceil(Math.log2(terms)));
  const data = numbers(from, seed).map((v) => Math.trunc(v * steps) / steps);
  return { attributes: { shape: to }, inputs: [{ shape: from, data }] };
};

/** A sum of numbers with all the bits of float32. */
const roundedSum = (from: Shape, to: Shape): OpUse<"sumTo"> => ({
  attributes: { shape: to },
  inputs: [filled(from)],
  tolerance: SUM,
});

/** Extents of sums of hundreds of numbers: over all axes, the first and the others. */
const LONG_SUMS: readonly (readonly [Shape, Shape])[] = [
  [[40, 50], []],
  [[6, 100, 70], [70]],
  [[6, 100, 7], [1, 100, 1]],
];

const clipping = (
  maxNorm: number,
  squares: ArrayLike<number>,
): OpUse<"clipFactor"> => ({
  attributes: { maxNorm },
  inputs: [{ shape: [squares.length], data: Float32Array.from(squares) }],
});

const positive = (shape: Shape, seed: number): HostTensor => ({
  shape,
  data: numbers(shape, seed).map((v) => Math.abs(v) + 0.01),
});

/** Numbers of ordinary size, the least normal ones of both signs, and such below them. */
const nearLeastNormal = (shape: Shape, seed: number): HostTensor => ({
  shape,
  data: numbers(shape, seed).map((v, i) =>
    [v, 2 ** -126 * Math.sign(v), v * 2 ** -127, v * 2 ** -140][i % 4]!
  ),
});

/** Tensors of the given shapes, each with numbers of its own. */
const all = (shapes: readonly Shape[], seed: number): HostTensor[] =>
  shapes.map((shape, i) => filled(shape, seed + i));

/** `rows` rows of whole numbers below `limit`. */
const indices = (
  [rows, count]: readonly [number, number],
  limit: number,
  seed: number,
): HostTensor => ({
  shape: [rows, count],
  data: Int32Array.from(
    numbers([rows, count], seed),
    (v) => Math.floor((v + 2) / 4 * limit),
  ),
});

/** Permutations of `0 … count − 1` and their inverses. */
function permutations(
  rows: number,
  count: number,
  seed: number,
): readonly [HostTensor, HostTensor] {
  const noise = numbers([rows, count], seed);
  const [order, inverse] = [
    new Int32Array(rows * count),
    new Int32Array(rows * count),
  ];
  for (let start = 0; start < order.length; start += count) {
    const sorted = Array.from({ length: count }, (_, i) => i)
      .sort((a, b) => noise[start + a]! - noise[start + b]!);
    order.set(sorted, start);
    sorted.forEach((from, to) => inverse[start + from] = to);
  }
  const shape = [rows, count];
  return [{ shape, data: order }, { shape, data: inverse }];
}

/** A picture of 8-bit levels after normalisation: many gradients are exactly 0. */
function picture(shape: Shape, seed: number): HostTensor {
  const levels = numbers(shape, seed).map((v) => Math.round((v + 2) * 2) * 16);
  return { shape, data: levels.map((v) => (v / 255 - 0.449) / 0.226) };
}

const extent = fc.integer({ min: 1, max: 6 });
const seed = fc.integer({ min: 0, max: 1000 });
const shape = (minRank: number, maxRank = 4): fc.Arbitrary<number[]> =>
  fc.array(extent, { minLength: minRank, maxLength: maxRank });
/** A shape and one that broadcasts to it. */
const broadcastPair = fc.record({
  to: shape(0, 5),
  ones: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  dropped: fc.integer({ min: 0, max: 5 }),
}).map(({ to, ones, dropped }) => ({
  to,
  from: to.map((n, i) => ones[i] ? 1 : n).slice(Math.min(dropped, to.length)),
}));
/** A shape, one of its axes, and two numbers in `[0, 1)` to choose a part of it. */
const withAxis = fc.record({
  shape: shape(1, 5),
  axis: fc.nat(),
  a: fc.double({ min: 0, max: 0.99, noNaN: true }),
  b: fc.double({ min: 0, max: 0.99, noNaN: true }),
  seed,
}).map((x) => ({ ...x, axis: x.axis % x.shape.length }));

type Uses<Name extends OpName> = OpCase<Name>;

/** Ops on `count` tensors of one shape. */
const sameShapes = <Name extends OpName>(
  count: number,
  attributes: OpAttributes[Name],
  tolerance: number,
): Uses<Name> => ({
  uses: fc.tuple(shape(1, 4), seed).map(([s, seed]) => ({
    attributes,
    inputs: all(Array(count).fill(s), seed),
  })),
  examples: [
    { attributes, inputs: all(Array(count).fill([3, 70]), 1) },
    { attributes, inputs: all(Array(count).fill([70_000]), 1) },
  ],
  tolerance,
});

const broadcasting = <Name extends "add" | "subtract" | "multiply">(): Uses<
  Name
> => ({
  uses: fc.tuple(broadcastPair, fc.boolean(), seed).map((
    [{ to, from }, swapped, seed],
  ) => ({
    attributes: {},
    inputs: all(swapped ? [from, to] : [to, from], seed),
  })),
  examples: [
    { attributes: {}, inputs: all([[2, 1, 3], [4, 1]], 1) },
    { attributes: {}, inputs: all([[300, 70], [70]], 1) },
    { attributes: {}, inputs: all([[], []], 1) },
  ],
  tolerance: ROUNDING,
});

/**
 * Ops on rows `[..., D]`: `rows` tensors of that shape, `vectors` of `[D]`. Not of
 * two numbers: normalised, they are ±1 whatever they were, so a gradient is rounding
 * noise divided by their distance.
 */
const onRows = <Name extends OpName>(
  [rows, vectors]: readonly [number, number],
  attributes: OpAttributes[Name],
  tolerance: number,
): Uses<Name> => {
  const use = (s: Shape, seed: number): OpUse<Name> => ({
    attributes,
    inputs: all([
      ...Array<Shape>(rows).fill(s),
      ...Array<Shape>(vectors).fill(s.slice(-1)),
    ], seed),
  });
  return {
    uses: fc.tuple(shape(0, 3), fc.integer({ min: 3, max: 80 }), seed)
      .map(([lead, width, seed]) => use([...lead, width], seed)),
    examples: [use([2, 5, 65], 3), use([300, 48], 4), use([3, 9], 5)],
    tolerance,
  };
};

const softmaxed = (x: HostTensor): HostTensor => {
  const width = x.shape.at(-1) ?? 1;
  const powers = Float32Array.from(x.data, (v) => Math.exp(v));
  return {
    shape: x.shape,
    data: powers.map((v, i) => {
      const start = i - i % width;
      return v / powers.subarray(start, start + width).reduce((a, b) => a + b);
    }),
  };
};

const product = (
  lead: Shape,
  [m, k, n]: readonly [number, number, number],
  [transposeA, transposeB]: readonly [boolean, boolean],
  seed: number,
): OpUse<"matmul"> => ({
  attributes: { transposeA, transposeB },
  inputs: all([
    [...lead, ...(transposeA ? [k, m] : [m, k])],
    [...lead, ...(transposeB ? [n, k] : [k, n])],
  ], seed),
});

/**
 * On pictures with 8-bit levels many gradients lie at exactly 45°. Where that is a
 * border of bins (`nbins` divisible by 4), rounding decides: nothing to compare.
 */
const hog = (
  [batch, channels, side]: readonly [number, number, number],
  cells: number,
  nbins: number,
  seed: number,
): OpUse<"hogCells"> => ({
  attributes: { cells, nbins },
  inputs: [
    (seed % 2 === 0 && nbins % 4 !== 0 ? picture : filled)([
      batch,
      channels,
      side,
      side,
    ], seed),
  ],
});

const picked = (
  [samples, rows, picks]: readonly [number, number, number],
  tail: Shape,
  seed: number,
): OpUse<"gatherRows"> => ({
  attributes: {},
  inputs: [
    filled([samples, rows, ...tail], seed),
    indices([samples, picks], rows, seed + 1),
  ],
});

const scattered = (
  [samples, rows, picks]: readonly [number, number, number],
  tail: Shape,
  seed: number,
): OpUse<"scatterRows"> => ({
  attributes: { rows },
  inputs: [
    filled([samples, picks, ...tail], seed),
    indices([samples, picks], rows, seed + 1),
  ],
});

/** Images, kernels and what they make, of any extents that fit. */
const convolution = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  channels: fc.integer({ min: 1, max: 5 }),
  outputs: fc.integer({ min: 1, max: 5 }),
  kernel: fc.tuple(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 4 }),
  ),
  more: fc.tuple(fc.nat({ max: 6 }), fc.nat({ max: 6 })),
  stride: fc.integer({ min: 1, max: 3 }),
  padding: fc.nat({ max: 2 }),
});

/** Extents of a convolution, and the seed of its numbers. */
interface ConvolutionCase {
  readonly stride: number;
  readonly padding: number;
  readonly x: Shape;
  readonly w: Shape;
  readonly y: Shape;
  readonly seed: number;
}

const convolutionCase = (
  [B, C, H, W]: readonly [number, number, number, number],
  [O, h, w]: readonly [number, number, number],
  [stride, padding]: readonly [number, number],
  seed: number,
): ConvolutionCase => {
  const positions = (size: number, kernel: number) =>
    Math.floor((size + 2 * padding - kernel) / stride) + 1;
  return {
    stride,
    padding,
    x: [B, C, H, W],
    w: [O, C, h, w],
    y: [B, O, positions(H, h), positions(W, w)],
    seed,
  };
};

/** Tests of one of the ops of convolution. */
const convolving = <Name extends OpName>(
  use: (c: ConvolutionCase) => OpUse<Name>,
): Uses<Name> => ({
  uses: fc.tuple(convolution, seed).map(([c, seed]) => {
    const [h, w] = c.kernel;
    const least = (kernel: number) => Math.max(1, kernel - 2 * c.padding);
    return use(convolutionCase(
      [c.batch, c.channels, least(h) + c.more[0], least(w) + c.more[1]],
      [c.outputs, h, w],
      [c.stride, c.padding],
      seed,
    ));
  }),
  examples: [
    use(convolutionCase([2, 16, 9, 8], [20, 3, 3], [1, 1], 1)),
    use(convolutionCase([2, 16, 8, 8], [20, 3, 3], [2, 1], 2)),
    use(convolutionCase([3, 8, 7, 8], [5, 1, 1], [2, 0], 3)),
    use(convolutionCase([1, 3, 4, 4], [2, 1, 2], [1, 2], 4)),
  ],
  tolerance: SUM,
});

const threeExtents = fc.tuple(extent, extent, extent);

/** Tests of every op that computes. */
export const OP_CASES: {
  readonly [Name in Exclude<LocalOp, "input" | "constant">]: OpCase<Name>;
} = {
  add: broadcasting(),
  subtract: broadcasting(),
  multiply: broadcasting(),
  scale: sameShapes(1, { factor: -0.37 }, ROUNDING),
  square: sameShapes(1, {}, ROUNDING),
  rsqrt: {
    uses: fc.tuple(shape(0, 4), seed).map(([s, seed]) => ({
      attributes: { epsilon: 1e-5 },
      inputs: [positive(s, seed)],
    })),
    examples: [],
    tolerance: ROUNDING,
  },
  mix: sameShapes(2, { weight: 0.95 }, ROUNDING),
  flush: {
    uses: fc.tuple(shape(0, 4), seed).map(([s, seed]) => ({
      attributes: {},
      inputs: [nearLeastNormal(s, seed)],
    })),
    examples: [],
    tolerance: 0,
  },
  relu: sameShapes(1, {}, 0),
  reluGrad: sameShapes(2, {}, 0),
  gelu: sameShapes(1, {}, 1e-6),
  geluGrad: sameShapes(2, {}, 2e-6),
  softmax: onRows([1, 0], {}, 1e-6),
  logSoftmax: onRows([1, 0], {}, 1e-6),
  softmaxGrad: {
    uses: fc.tuple(shape(0, 3), fc.integer({ min: 2, max: 80 }), seed)
      .map(([lead, width, seed]) => ({
        attributes: {},
        inputs: [
          filled([...lead, width], seed),
          softmaxed(filled([...lead, width], seed + 1)),
        ],
      })),
    examples: [],
    tolerance: 1e-6,
  },
  layerNorm: onRows([1, 2], { epsilon: 1e-6 }, SUM),
  layerNormGrad: onRows([2, 1], { epsilon: 1e-6 }, 1e-5),
  layerNormScaleGrad: onRows([2, 0], { epsilon: 1e-6 }, 1e-5),
  l2Normalize: onRows([1, 0], {}, ROUNDING),
  matmul: {
    uses: fc.tuple(
      shape(0, 2),
      fc.tuple(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
      ),
      fc.tuple(fc.boolean(), fc.boolean()),
      seed,
    ).map((given) => product(...given)),
    examples: [
      product([], [130, 70, 90], [false, true], 1),
      product([], [90, 130, 70], [true, false], 2),
      product([3, 2], [17, 8, 17], [false, true], 3),
      product([], [3, 2100, 5], [true, true], 4),
    ],
    tolerance: SUM,
  },
  conv2d: convolving(({ stride, padding, x, w, seed }) => ({
    attributes: { stride, padding },
    inputs: all([x, w], seed),
  })),
  conv2dInputGrad: convolving(({ stride, padding, x, w, y, seed }) => ({
    attributes: { stride, padding, image: x.slice(2) },
    inputs: all([y, w], seed),
  })),
  conv2dWeightGrad: convolving(({ stride, padding, x, w, y, seed }) => ({
    attributes: { stride, padding, kernel: w.slice(2) },
    inputs: all([y, x], seed),
  })),
  reshape: {
    uses: fc.tuple(shape(1, 4), seed).map(([s, seed]) => ({
      attributes: { shape: [...s].reverse() },
      inputs: [filled(s, seed)],
    })),
    examples: [],
    tolerance: 0,
  },
  transpose: {
    uses: shape(1, 6).chain((s) =>
      fc.tuple(
        fc.shuffledSubarray(s.map((_, i) => i), { minLength: s.length }),
        seed,
      ).map(([permutation, seed]) => ({
        attributes: { permutation },
        inputs: [filled(s, seed)],
      }))
    ),
    examples: [
      { attributes: { permutation: [1, 0] }, inputs: [filled([70, 33])] },
      { attributes: { permutation: [0, 2, 1] }, inputs: [filled([3, 20, 40])] },
      {
        attributes: { permutation: [2, 0, 3, 1, 4] },
        inputs: [filled([2, 5, 3, 2, 4])],
      },
      {
        attributes: { permutation: [1, 0] },
        inputs: [{ shape: [2, 2], data: Int32Array.of(1, -2, 3, 4) }],
      },
    ],
    tolerance: 0,
  },
  slice: {
    uses: withAxis.map(({ shape, axis, a, b, seed }) => {
      const size = 1 + Math.floor(a * shape[axis]!);
      return {
        attributes: {
          axis,
          start: Math.floor(b * (shape[axis]! - size + 1)),
          size,
        },
        inputs: [filled(shape, seed)],
      };
    }),
    examples: [],
    tolerance: 0,
  },
  pad: {
    uses: withAxis.map(({ shape, axis, a, b, seed }) => ({
      attributes: {
        axis,
        before: Math.floor(a * 4),
        after: Math.floor(b * 4),
      },
      inputs: [filled(shape, seed)],
    })),
    examples: [],
    tolerance: 0,
  },
  concat: {
    uses: withAxis.map(({ shape, axis, a, seed }) => ({
      attributes: { axis },
      inputs: all(
        [shape, shape.with(axis, 1 + Math.floor(a * 4)), shape],
        seed,
      ),
    })),
    examples: [],
    tolerance: 0,
  },
  broadcastTo: {
    uses: fc.tuple(broadcastPair, seed).map(([{ to, from }, seed]) => ({
      attributes: { shape: to },
      inputs: [filled(from, seed)],
    })),
    examples: [{ attributes: { shape: [3, 1, 2] }, inputs: [filled([1, 2])] }],
    tolerance: 0,
  },
  sumTo: {
    uses: fc.tuple(broadcastPair, seed)
      .map(([{ to, from }, seed]) => exactSum(to, from, seed)),
    examples: LONG_SUMS.flatMap((shapes) => [
      exactSum(...shapes),
      roundedSum(...shapes),
    ]),
    tolerance: 0,
  },
  gatherRows: {
    uses: fc.tuple(threeExtents, shape(0, 2), seed)
      .map((given) => picked(...given)),
    examples: [],
    tolerance: 0,
  },
  scatterRows: {
    uses: fc.tuple(threeExtents, shape(0, 2), seed)
      .map((given) => scattered(...given)),
    examples: [],
    tolerance: SUM,
  },
  permuteRows: {
    uses: fc.tuple(threeExtents, shape(0, 2), seed)
      .map(([[samples, rows], tail, seed]) => ({
        attributes: {},
        inputs: [
          filled([samples, rows, ...tail], seed),
          ...permutations(samples, rows, seed + 1),
        ],
      })),
    examples: [],
    tolerance: 0,
  },
  hogCells: {
    uses: fc.tuple(
      threeExtents,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 2, max: 12 }),
      seed,
    ).map(([[batch, channels, side], cells, nbins, seed]) =>
      hog(
        [batch, Math.min(channels, 3), side * 2],
        Math.min(cells, side * 2),
        nbins,
        seed,
      )
    ),
    examples: [
      hog([1, 1, 1], 1, 9, 1),
      hog([2, 3, 16], 4, 9, 2),
      hog([1, 3, 14], 4, 9, 3),
      hog([1, 1, 16], 4, 8, 4),
    ],
    tolerance: SUM,
  },
  clipFactor: {
    uses: fc.tuple(fc.integer({ min: 1, max: 300 }), seed).map(([n, seed]) =>
      clipping(3, positive([n], seed).data)
    ),
    examples: [
      clipping(1, [0]),
      clipping(2, [1, 2, 1]),
      clipping(0.5, [1e-30, 1e-30]),
      // A sum that leaves float32, times what its factor leaves of it.
      clipping(3e19, [3e38, 3e38, 3e38, 1]),
    ],
    tolerance: SUM,
  },
  adamwUpdate: {
    uses: fc.tuple(shape(0, 4), seed).map(([s, seed]) => ({
      attributes: { weightDecay: 0.05, epsilon: 1e-8 },
      inputs: [
        filled(s, seed),
        filled(s, seed + 1),
        positive(s, seed + 2),
        positive([], seed + 3),
        positive([], seed + 4),
        positive([], seed + 5),
      ],
    })),
    examples: [],
    // A quotient by √v may be a hundred times the largest operand.
    tolerance: 1e-6,
  },
};
