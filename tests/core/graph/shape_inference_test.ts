import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  type OpAttributes,
  type OpName,
  type Signature,
  traceGraph,
} from "../../../core/mod.ts";
import { OPS } from "../../../core/graph/ops.ts";
import { faultsOf } from "../../right.ts";

/** Attributes that are wrong for inputs of these signatures. */
type Misuse<Name extends OpName> = readonly [
  attributes: OpAttributes[Name],
  ...inputs: readonly Signature[],
];

const real = (...shape: readonly number[]): Signature => ({
  shape,
  dtype: "float32",
});
const index = (...shape: readonly number[]): Signature => ({
  shape,
  dtype: "int32",
});

const [x, y, i] = [real(2, 3), real(2, 4), index(2, 3)];
const [scalar, wrongRank] = [real(), real(3)];
const [image, kernels] = [real(1, 2, 5, 4), real(4, 2, 3, 3)];
const step = { weightDecay: 0, epsilon: 1 };

/** Uses of each op that must be refused, and what must be said to be wanted. */
const MISUSES: {
  readonly [Name in Exclude<OpName, "input" | "constant">]: readonly [
    wanted: RegExp,
    ...uses: readonly Misuse<Name>[],
  ];
} = {
  add: [/shapes broadcast/, [{}, x, y], [{}, x, i], [{}, x]],
  subtract: [/shapes broadcast/, [{}, x, y], [{}, i, x], [{}, x, x, x]],
  multiply: [/shapes broadcast/, [{}, x, y], [{}, i, i]],
  scale: [/one float32 tensor/, [{ factor: 2 }, i], [{ factor: 2 }, x, x]],
  square: [/one float32 tensor/, [{}, i], [{}]],
  rsqrt: [/one float32 tensor/, [{ epsilon: 1 }, i], [{ epsilon: 1 }, x, x]],
  mix: [/2 float32 tensors of one shape/, [{ weight: 0 }, x, y], [
    { weight: 0 },
    x,
    i,
  ], [{ weight: 0 }, x]],
  flush: [/one float32 tensor/, [{}, i], [{}]],
  matmul: [
    /\[\.\.\., m, k\] and \[\.\.\., k, n\]/,
    [{ transposeA: false, transposeB: false }, x, y],
    [{ transposeA: true, transposeB: true }, x, y],
    [{ transposeA: false, transposeB: true }, real(5, 2, 3), x],
    [{ transposeA: false, transposeB: true }, x, wrongRank],
    [{ transposeA: true, transposeB: false }, x, i],
  ],
  conv2d: [
    /\[B, C, H, W\] and float32 \[O, C, h, w\]/,
    [{ stride: 1, padding: 0 }, image, real(4, 3, 3, 3)],
    [{ stride: 1, padding: 0 }, image, real(4, 2, 6, 3)],
    [{ stride: 0, padding: 1 }, image, kernels],
    [{ stride: 1, padding: -1 }, image, kernels],
    [{ stride: 1.5, padding: 1 }, image, kernels],
    [{ stride: 1, padding: 1 }, image, index(4, 2, 3, 3)],
    [{ stride: 1, padding: 1 }, image, kernels, kernels],
    [{ stride: 1, padding: 1 }, x, kernels],
  ],
  conv2dInputGrad: [
    /what it makes of float32 \[B, C, 5,4\]/,
    [{ stride: 2, padding: 1, image: [5, 4] }, real(1, 4, 3, 3), kernels],
    [{ stride: 2, padding: 1, image: [5, 4] }, real(1, 3, 3, 2), kernels],
    [{ stride: 1, padding: 0, image: [5, 4] }, real(1, 4, 3, 2)],
  ],
  conv2dWeightGrad: [
    /what float32 \[O, C, 3,3\] makes of it/,
    [{ stride: 2, padding: 1, kernel: [3, 3] }, real(1, 4, 3, 3), image],
    [{ stride: 2, padding: 1, kernel: [3, 3] }, real(2, 4, 3, 2), image],
    [{ stride: 1, padding: 0, kernel: [3, 3] }, real(1, 4, 3, 2)],
  ],
  reshape: [
    /of 5 numbers|whole numbers/,
    [{ shape: [5] }, x],
    [{ shape: [-2, -3] }, x],
    [{ shape: [1.5, 4] }, x],
  ],
  transpose: [
    /2 axes and a permutation/,
    [{ permutation: [0, 0] }, x],
    [{ permutation: [0, 2] }, x],
    [{ permutation: [1, 0] }, wrongRank],
  ],
  slice: [
    /on axis/,
    [{ axis: 1, start: 2, size: 2 }, x],
    [{ axis: 1, start: -1, size: 2 }, x],
    [{ axis: 1, start: 0, size: 0 }, x],
    [{ axis: 2, start: 0, size: 1 }, x],
  ],
  pad: [
    /pads of at least 0/,
    [{ axis: 2, before: 0, after: 1 }, x],
    [{ axis: -1, before: 0, after: 1 }, x],
    [{ axis: 0, before: -1, after: 1 }, x],
    [{ axis: 0, before: 0, after: -1 }, x],
  ],
  concat: [
    /differ on axis/,
    [{ axis: 0 }, x, y],
    [{ axis: 1 }, x, i],
    [{ axis: 1 }, x, wrongRank],
    [{ axis: 2 }, x, x],
    [{ axis: -1 }, x, x],
    [{ axis: 0 }],
  ],
  broadcastTo: [
    /broadcasts to/,
    [{ shape: [3, 3] }, x],
    [{ shape: [3] }, x],
  ],
  sumTo: [/to which/, [{ shape: [2, 2] }, x], [{ shape: [1, 2, 3] }, x]],
  relu: [/one float32 tensor/, [{}, i]],
  reluGrad: [/2 float32 tensors of one shape/, [{}, x], [{}, x, y]],
  gelu: [/one float32 tensor/, [{}, i]],
  geluGrad: [/2 float32 tensors of one shape/, [{}, x], [{}, x, y]],
  softmax: [/one float32 tensor/, [{}, i]],
  logSoftmax: [/one float32 tensor/, [{}, i]],
  softmaxGrad: [/2 float32 tensors of one shape/, [{}, x], [{}, x, y]],
  layerNorm: [
    /1 float32 tensor\(s\) \[\.\.\., D\] and 2 of \[D\]/,
    [{ epsilon: 1 }, x, real(3), real(2)],
    [{ epsilon: 1 }, x, real(3)],
    [{ epsilon: 1 }, scalar, scalar, scalar],
  ],
  layerNormGrad: [
    /2 float32 tensor\(s\)/,
    [{ epsilon: 1 }, x, y, real(3)],
    [{ epsilon: 1 }, x, x, real(2)],
  ],
  layerNormScaleGrad: [/2 float32 tensor\(s\)/, [{ epsilon: 1 }, x, y]],
  gatherRows: [
    /float32 \[B, N, \.\.\.\] and int32 \[B, M\]/,
    [{}, x, x],
    [{}, x, index(3, 3)],
    [{}, wrongRank, index(3, 1)],
    [{}, x, index(2)],
    [{}, x, i, i],
  ],
  scatterRows: [
    /float32 \[B, M, \.\.\.\] and int32 \[B, M\]|whole numbers/,
    [{ rows: 9 }, x, index(2, 4)],
    [{ rows: 9 }, x, x],
    [{ rows: 1.5 }, x, i],
  ],
  permuteRows: [
    /two int32 \[B, N\]/,
    [{}, x, i],
    [{}, x, index(2, 2), index(2, 2)],
    [{}, x, i, index(2, 2)],
  ],
  hogCells: [
    /one square image/,
    [{ nbins: 9, cells: 5 }, real(1, 3, 4, 4)],
    [{ nbins: 9, cells: 2 }, real(1, 3, 4, 6)],
    [{ nbins: 9, cells: 1.5 }, real(1, 3, 4, 4)],
    [{ nbins: 9, cells: 0 }, real(1, 3, 4, 4)],
    [{ nbins: 9, cells: 2 }, x],
  ],
  l2Normalize: [/one float32 tensor/, [{}, i]],
  clipFactor: [
    /one float32 tensor \[n\]/,
    [{ maxNorm: 1 }, x],
    [{ maxNorm: 1 }, scalar],
    [{ maxNorm: 1 }, index(3)],
  ],
  rankSum: [/one float32 tensor/, [{}, i], [{}, x, x]],
  adamwUpdate: [
    /p, m, v of one shape and three float32 scalars/,
    [step, x, x, y, scalar, scalar, scalar],
    [step, x, x, x, scalar, scalar, wrongRank],
    [step, x, x, x, scalar, scalar],
  ],
};

Deno.test("OPS are each tried with inputs that do not fit", () => {
  deepStrictEqual(
    ["input", "constant", ...Object.keys(MISUSES)].toSorted(),
    Object.keys(OPS).toSorted(),
  );
});

type AnyMisuses = readonly [RegExp, ...readonly Misuse<OpName>[]];

for (
  const [op, [wanted, ...uses]] of Object.entries(MISUSES) as unknown as [
    OpName,
    AnyMisuses,
  ][]
) {
  Deno.test(`${op} refuses inputs that do not fit and says what it wants`, () => {
    for (const [attributes, ...inputs] of uses) {
      const faults = faultsOf(traceGraph((g) => ({
        y: g.apply(
          op,
          attributes,
          inputs.map(({ shape, dtype }, k) => g.input(`${k}`, shape, dtype)),
        ),
      })));
      strictEqual(faults.length, 1);
      match(faults[0] ?? "", new RegExp(`^node ${inputs.length} \\(${op}\\)`));
      match(faults[0] ?? "", new RegExp(`wanted .*(${wanted.source})`));
    }
  });
}

Deno.test("faults of shapes name dtype and shape of every input", () => {
  deepStrictEqual(
    faultsOf(traceGraph((g) => ({
      y: g.apply("gatherRows", {}, [
        g.input("x", [2, 3]),
        g.input("index", [4, 5], "int32"),
      ]),
    }))),
    [
      'node 2 (gatherRows): found "float32 [2, 3] and int32 [4, 5]", wanted float32 [B, N, ...] and int32 [B, M]',
    ],
  );
});
