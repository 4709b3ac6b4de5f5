/** Gradients that one kernel computes together: of norms, of weights and biases, and lengths of gradients. */
import { ok, strictEqual } from "node:assert/strict";
import type { GraphBuilder, NodeId } from "../../../../core/mod.ts";
import {
  assertMeaning,
  type Build,
  callNames,
  deviceTest,
  graphOf,
  listOf,
} from "./compiled.ts";

const EPSILON = { epsilon: 1e-3 };

/** Registers a test of meaning, and of how many calls have a name. */
function patternTest(
  name: string,
  build: Build,
  counts: Readonly<Record<string, number>>,
): void {
  deviceTest(name, async (backend) => {
    const graph = graphOf(build);
    const names = callNames(listOf(graph));
    for (const [part, count] of Object.entries(counts)) {
      const found = names.filter((call) => call.includes(part)).length;
      strictEqual(found, count, `${part}: ${names.join("; ")}`);
    }
    await assertMeaning(backend, graph, { tolerance: 1e-5 });
  });
}

/** The three gradients of a norm of rows. */
interface NormGradients {
  readonly dx: NodeId;
  readonly gain: NodeId;
  readonly bias: NodeId;
}

function normGradients(
  g: GraphBuilder,
  dy: NodeId,
  x = g.input("normed", g.shape(dy)),
): NormGradients {
  const width = g.shape(dy).at(-1)!;
  const gain = g.input("gain", [width]);
  return {
    dx: g.apply("layerNormGrad", EPSILON, [dy, x, gain]),
    gain: g.apply("layerNormScaleGrad", EPSILON, [dy, x]),
    bias: g.sumTo(dy, [width]),
  };
}

for (const shape of [[3, 7, 12], [40, 10], [1, 8], [2, 70, 1]]) {
  const size = shape.join("×");
  const dyOf = (g: GraphBuilder) => g.input("dy", shape);
  const norms = { "layerNormGrad": 1 };

  patternTest(`all gradients of a norm of ${size} are one kernel`, (g) => {
    return { ...normGradients(g, dyOf(g)) };
  }, norms);

  patternTest(`the gain's gradient alone, ${size}`, (g) => {
    return { gain: normGradients(g, dyOf(g)).gain };
  }, {});

  patternTest(`gradients of gain and bias, ${size}`, (g) => {
    const { gain, bias } = normGradients(g, dyOf(g));
    return { gain, bias };
  }, {});

  patternTest(`gradients of rows and gain, ${size}`, (g) => {
    const { gain, dx } = normGradients(g, dyOf(g));
    return { gain, dx };
  }, {});

  patternTest(`the norm's gradient read by more, ${size}`, (g) => {
    const dy = g.scale(dyOf(g), 0.5);
    return { ...normGradients(g, dy), y: g.apply("gelu", {}, [dy]) };
  }, {});
}

patternTest("gradients of gain and bias that are added", (g) => {
  const { dx, gain, bias } = normGradients(g, g.input("dy", [9, 12]));
  const residual = g.add(dx, g.input("residual", [9, 12]));
  return { sum: g.add(gain, bias), residual, turned: g.transpose(dx, [1, 0]) };
}, {});

patternTest("a norm's gradient that is a sum in parts", (g) => {
  const [a, b] = [g.input("a", [4, 900]), g.input("b", [900, 12])];
  return { ...normGradients(g, g.matmul(a, b)) };
}, {});

patternTest("a norm's gradient that is a sum in parts and an output", (g) => {
  const [a, b] = [g.input("a", [4, 900]), g.input("b", [900, 12])];
  const dy = g.matmul(a, b);
  return { dy, ...normGradients(g, dy) };
}, {});

patternTest("a norm's operands that are computed on the way", (g) => {
  const many = (name: string) =>
    [0, 1, 2, 3].map((i) => g.input(`${name}${i}`, [6, 12]))
      .reduce((sum, x) => g.add(sum, g.scale(x, 0.5)));
  return { ...normGradients(g, many("dy"), many("x")) };
}, {});

patternTest("a gain that is computed after the gain's gradient", (g) => {
  const [dy, x] = [g.input("dy", [6, 12]), g.input("x", [6, 12])];
  const gain = g.apply("layerNormScaleGrad", EPSILON, [dy, x]);
  const late = g.matmul(g.input("a", [1, 5]), g.input("b", [5, 12]));
  const next = g.reshape(late, [12]);
  return { gain, dx: g.apply("layerNormGrad", EPSILON, [dy, x, next]) };
}, {});

patternTest("two norms share a gradient", (g) => {
  const dy = g.input("dy", [6, 12]);
  const other = normGradients(g, dy, g.input("other", [6, 12]));
  const { dx, gain, bias } = normGradients(g, dy);
  return { dx, gain, bias, otherX: other.dx, otherGain: other.gain };
}, {});

/** Gradients of weights and bias of a linear map. */
function linearGradients(
  g: GraphBuilder,
  dy: NodeId,
  rows: number,
  width: number,
): { readonly weight: NodeId; readonly bias: NodeId } {
  const flat = g.reshape(dy, [rows, width]);
  const weight = g.matmul(flat, g.input("x", [rows, 10]), {
    transposeA: true,
  });
  return { weight, bias: g.sumTo(dy, [width]) };
}

for (const [rows, width] of [[12, 8], [15, 7], [400, 6], [3, 1]] as const) {
  const sums = { "with row sums": 1, "sum ": 0 };
  patternTest(
    `the bias's gradient is summed in the weights' product, ${rows}×${width}`,
    (g) => {
      return {
        ...linearGradients(g, g.input("dy", [rows, width]), rows, width),
      };
    },
    sums,
  );

  patternTest(`as tokens of samples, ${rows}×${width}`, (g) => {
    const dy = g.input("dy", [3, rows / 3 | 0, width]);
    return { ...linearGradients(g, dy, 3 * (rows / 3 | 0), width) };
  }, {});

  patternTest(`behind GELU, ${rows}×${width}`, (g) => {
    const [dy, x] = [g.input("dy", [rows, width]), g.input("u", [rows, width])];
    const inner = g.apply("geluGrad", {}, [dy, x]);
    return { inner, ...linearGradients(g, inner, rows, width) };
  }, sums);

  patternTest(
    `with a product that reads the bias's gradient, ${rows}×${width}`,
    (g) => {
      const dy = g.input("dy", [rows, width]);
      const { weight, bias } = linearGradients(g, dy, rows, width);
      return { y: g.multiply(weight, g.reshape(bias, [width, 1])) };
    },
    {},
  );
}

patternTest("two products share a bias's gradient", (g) => {
  const dy = g.input("dy", [12, 8]);
  const { weight, bias } = linearGradients(g, dy, 12, 8);
  const other = g.matmul(dy, g.input("z", [12, 4]), { transposeA: true });
  return { weight, bias: g.scale(bias, 2), other };
}, { "with row sums": 1 });

/** Sums of squares of tensors, side by side. */
const squaresOf = (g: GraphBuilder, tensors: readonly NodeId[]): NodeId =>
  g.concat(
    tensors.map((x) => g.reshape(g.sumTo(g.apply("square", {}, [x]), []), [1])),
    0,
  );

const SHAPES = [[3], [20, 9], [1], [5, 1, 4], [40, 500]];

const tensorsOf = (g: GraphBuilder): readonly NodeId[] =>
  SHAPES.map((shape, i) => g.input(`x${i}`, shape));

patternTest("lengths of inputs are two calls", (g) => {
  return { squares: squaresOf(g, tensorsOf(g)) };
}, { "squares of 5 tensors": 2, "": 2 });

patternTest("lengths of computed tensors, which are outputs too", (g) => {
  const [a, b, c] = tensorsOf(g) as [NodeId, NodeId, NodeId];
  const product = g.matmul(b, b, { transposeA: true });
  const all = [g.scale(a, 3), product, g.transpose(product, [1, 0]), c];
  return { squares: squaresOf(g, all), product };
}, { "squares of 4 tensors": 2 });

patternTest("lengths of which one is used besides", (g) => {
  const all = tensorsOf(g);
  const squares = squaresOf(g, all);
  const one = g.sumTo(g.apply("square", {}, [all[1]!]), []);
  return { squares, one: g.scale(one, 2) };
}, {});

patternTest("lengths that are scaled and joined by another number", (g) => {
  const squares = squaresOf(g, tensorsOf(g));
  return { y: g.concat([g.scale(squares, 0.5), g.input("s", [1])], 0) };
}, { "squares of 5 tensors": 2 });

Deno.test("gradients of biases and norms add no kernels that sum rows", () => {
  const names = callNames(listOf(graphOf((g) => {
    const dy = g.input("dy", [12, 8]);
    const { dx, gain, bias } = normGradients(g, dy);
    const inner = linearGradients(g, dx, 12, 8);
    return { gain, bias, weight: inner.weight, offset: inner.bias };
  })));
  ok(!names.some((name) => name.startsWith("sum ")), names.join("\n"));
});
