/** Test of an engine's numbers before a run. */
import {
  gradients,
  type Graph,
  type GraphBuilder,
  interpretGraph,
  left,
  type NodeId,
  type Result,
  right,
  type Shape,
  sizeOf,
  traceGraph,
} from "../core/mod.ts";
import type { Backend, BackendError, DeviceTensors } from "./backend.ts";
import { verifyInt8 } from "./program_inputs.ts";

/** Needs of a run beside the ops of a layer. */
export interface TestedNeeds {
  /** Products with constant matrices in 8-bit integers; by default none. */
  readonly int8?: boolean;
  /** Terms of its longest sum, of which two millions are tested at most; by default few. */
  readonly longestSum?: number;
}

/** Tokens and widths that no tile or workgroup size divides. */
const SHAPES: Readonly<Record<string, Shape>> = {
  x: [2, 7, 12],
  gain: [12],
  bias: [12],
  weight: [10, 12],
  offset: [10],
};

/** A layer with attention and its gradients: the kinds of ops that training is made of. */
function build(g: GraphBuilder): Readonly<Record<string, NodeId>> {
  const names = Object.keys(SHAPES);
  const inputs = names.map((name) => g.input(name, SHAPES[name] ?? []));
  const [x = -1, gain = -1, bias = -1, weight = -1, offset = -1] = inputs;
  const normed = g.apply("layerNorm", { epsilon: 1e-6 }, [x, gain, bias]);
  const rows = g.reshape(normed, [14, 12]);
  const hidden = g.add(g.matmul(rows, weight, { transposeB: true }), offset);
  const active = g.reshape(g.apply("gelu", {}, [hidden]), [2, 7, 10]);
  const scores = g.matmul(active, active, { transposeB: true });
  const mixed = g.matmul(g.apply("softmax", {}, [scores]), active);
  const loss = g.sumTo(g.apply("square", {}, [mixed]), []);
  const derivatives = gradients(g, loss, inputs);
  return {
    loss,
    ...Object.fromEntries(
      names.map((name, i) => [`gradient of ${name}`, derivatives[i] ?? -1]),
    ),
  };
}

/** A computation for an engine, and its numbers. */
interface Test {
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly build: (g: GraphBuilder) => Readonly<Record<string, NodeId>>;
  readonly numbers: (shape: Shape) => Float32Array;
  /** All numbers of each output, where they are known without the interpreter. */
  readonly wanted?: number;
  /** Largest error relative to the largest number of a tensor, or to 1 if that is larger. */
  readonly tolerance: number;
}

const LAYER: Test = {
  shapes: SHAPES,
  build,
  // In `(−½, ½)`; they repeat after no size in use.
  numbers: (shape) =>
    Float32Array.from(
      { length: sizeOf(shape) },
      (_, i) => (i * 37 % 101) / 101 - 0.5,
    ),
  tolerance: 1e-4,
};

/** Terms of the longest sum in the layer. */
const LAYER_SUM = 14;

/** Most terms of a tested sum: more would take too much time and memory. */
const MOST_TERMS = 2 ** 21;

/**
 * A product and a sum of so many ones, as gradients of weights and of biases are sums:
 * exact in any order, and any missing term shows.
 */
const sumTest = (terms: number): Test => ({
  shapes: { rows: [terms, 3], others: [terms, 2] },
  build: (g) => {
    const rows = g.input("rows", [terms, 3]);
    const others = g.input("others", [terms, 2]);
    return {
      [`a product that sums ${terms} terms`]: g.matmul(rows, others, {
        transposeA: true,
      }),
      [`a sum of ${terms} terms`]: g.sumTo(rows, [3]),
    };
  },
  numbers: (shape) => new Float32Array(sizeOf(shape)).fill(1),
  wanted: terms,
  tolerance: 0,
});

const worstError = (
  found: ArrayLike<number>,
  wanted: Float64Array,
): number => {
  const scale = wanted.reduce((top, v) => Math.max(top, Math.abs(v)), 1);
  return wanted.reduce((worst, v, i) => {
    const error = Math.abs(v - (found[i] ?? NaN)) / scale;
    return error <= worst ? worst : error;
  }, 0);
};

/** The expected numbers of a test. */
function wantedOf(
  graph: Graph,
  { shapes, numbers, wanted }: Test,
): Readonly<Record<string, Float64Array>> {
  if (wanted !== undefined) {
    return Object.fromEntries(
      Object.entries(graph.outputs).map(([name, id]) => [
        name,
        new Float64Array(sizeOf(graph.nodes[id]?.shape ?? [])).fill(wanted),
      ]),
    );
  }
  const inputs = Object.entries(shapes).map(([name, shape]) => [
    name,
    Float64Array.from(numbers(shape)),
  ]);
  return interpretGraph(graph, Object.fromEntries(inputs));
}

/** The first output whose numbers are wrong. */
async function firstWrong(
  { device }: Backend,
  outputs: DeviceTensors,
  graph: Graph,
  test: Test,
): Promise<BackendError | null> {
  const wanted = wantedOf(graph, test);
  const { tolerance } = test;
  for (const [what, tensor] of outputs) {
    const found = await tensor.read();
    const error = worstError(found, wanted[what] ?? new Float64Array());
    // Not `error > tolerance`, which NaN would pass.
    if (!(error <= tolerance)) {
      return {
        _tag: "WrongNumbers",
        device: device.name,
        what,
        error,
        tolerance,
      };
    }
  }
  return null;
}

/**
 * Runs a layer with attention and its gradients on an engine and compares every
 * number with the reference interpreter. Takes well under a second; leaves no tensors behind.
 *
 * @param backend The engine to be tested.
 * @param needs Further needs of the run, which are tested too.
 * @returns The engine itself, or what is wrong with it.
 */
export async function selfTest(
  backend: Backend,
  { int8 = false, longestSum = 0 }: TestedNeeds = {},
): Promise<Result<BackendError, Backend>> {
  const layer = await tested(backend, LAYER);
  if (layer._tag === "Left") return layer;
  const sum = longestSum > LAYER_SUM
    ? await tested(backend, sumTest(Math.min(longestSum, MOST_TERMS)))
    : layer;
  if (sum._tag === "Left" || !int8) return sum;
  const verified = await verifyInt8(backend);
  return verified._tag === "Left" ? verified : sum;
}

async function tested(
  backend: Backend,
  test: Test,
): Promise<Result<BackendError, Backend>> {
  const { shapes, build, numbers } = test;
  const graph = traceGraph(build);
  if (graph._tag === "Left") return failed(backend, "the test does not fit");
  const program = await backend.compile(graph.right);
  if (program._tag === "Left") return program;
  const inputs = new Map(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      backend.upload({ shape, data: numbers(shape) }),
    ]),
  );
  try {
    const outputs = await program.right.run(inputs);
    if (outputs._tag === "Left") return outputs;
    const wrong = await firstWrong(backend, outputs.right, graph.right, test);
    outputs.right.forEach((tensor) => tensor.dispose());
    return wrong === null ? right(backend) : left(wrong);
  } catch (thrown) {
    return failed(backend, String(thrown));
  } finally {
    inputs.forEach((tensor) => tensor.dispose());
    program.right.dispose();
  }
}

const failed = (
  { device }: Backend,
  reason: string,
): Result<BackendError, never> =>
  left({ _tag: "ExecutionFailed", device: device.name, reason });
