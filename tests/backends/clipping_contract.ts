/**
 * What every engine must keep of clipped steps, and of the sums by which it is seen
 * whether gradients are finite.
 *
 * @module
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Backend, HostTensor } from "../../backends/backend.ts";
import {
  clipFactor,
  globalNorm,
  gradientName,
  gradientSquares,
  type Graph,
  inputSignatures,
  traceGraph,
} from "../../core/mod.ts";
import { sumsOfSquares } from "../../core/optim/gradient_norm.ts";
import {
  asGradients,
  clippedGraphs,
  clippedScalars,
  clippedStart,
  CLIPPING,
  type Named,
} from "../golden_clipping.ts";
import { largestDifference } from "../golden_files.ts";
import { right } from "../right.ts";
import type { ContractTest } from "./op_cases.ts";

const hostTensor = (graph: Graph, name: string, x: ArrayLike<number>) => {
  const shape = inputSignatures(graph)[name]!.shape;
  return { shape, data: Float32Array.from(x) } satisfies HostTensor;
};

/** Runs a graph once; outputs named like inputs take their place. */
async function ran(
  backend: Backend,
  graph: Graph,
  given: Readonly<Record<string, ArrayLike<number>>>,
): Promise<Named> {
  const inputs = Object.keys(inputSignatures(graph));
  const shared = Object.keys(graph.outputs).filter((name) =>
    inputs.includes(name)
  );
  const replaces = Object.fromEntries(shared.map((name) => [name, name]));
  const program = await backend.compile(graph, { replaces });
  if (program._tag === "Left") throw new Error(program.left._tag);
  const tensors = new Map(
    inputs.map((name) => [
      name,
      backend.upload(hostTensor(graph, name, given[name]!)),
    ]),
  );
  const outputs = await program.right.run(tensors);
  if (outputs._tag === "Left") throw new Error(outputs.left._tag);
  const found: Record<string, readonly number[]> = {};
  for (const [name, tensor] of outputs.right) {
    found[name] = [...await tensor.read()];
    tensor.dispose();
  }
  tensors.forEach((tensor) => tensor.dispose());
  program.right.dispose();
  return found;
}

async function takesClippedSteps(backend: Backend): Promise<void> {
  let state = clippedStart;
  for (const [step, { gradients, norm, after }] of CLIPPING.steps.entries()) {
    const graphs = clippedGraphs(Object.keys(gradients));
    const given = asGradients(gradients);
    const { squares } = await ran(backend, graphs.squares, given);
    const found = globalNorm(squares!);
    ok(Math.abs(found - norm) <= 1e-6 * norm, `${found} for ${norm}`);
    const clip = clipFactor(CLIPPING.maxNorm)(found);
    const scalars = clippedScalars(step + 1, clip);
    const moved = await ran(backend, graphs.update, {
      ...state,
      ...given,
      ...scalars,
    });
    state = { ...state, ...moved };
    for (const [name, wanted] of Object.entries(after)) {
      const error = largestDifference(state[name], wanted);
      ok(error <= 1e-6, `${name} after step ${step} is off by ${error}`);
    }
  }
}

/** Long enough that a sum in a row would lose digits. */
const LARGE = { name: "large", shape: [300, 700] };
const SMALL = { name: "small", shape: [3] };
const GRAPH = right(gradientSquares([SMALL, LARGE, { name: "t", shape: [1] }]));

const given = (small: readonly number[]) => ({
  [gradientName("small")]: small,
  [gradientName("large")]: new Float32Array(210_000).map((_, i) =>
    Math.fround(1 + i % 7)
  ),
  [gradientName("t")]: [-3],
});

async function sumsSquares(backend: Backend): Promise<void> {
  const { squares = [] } = await ran(backend, GRAPH, given([1, 2, 2]));
  // 30,000 times 1 + 4 + … + 49.
  const wanted = [9, 30_000 * 140, 9];
  wanted.forEach((sum, i) => ok(Math.abs(squares[i]! / sum - 1) < 1e-6));
  for (const bad of [NaN, Infinity, -Infinity, 1e30]) {
    const found = await ran(backend, GRAPH, given([0, bad, 0]));
    deepStrictEqual(
      found["squares"]?.map(Number.isFinite),
      [false, true, true],
      `${bad}: ${found["squares"]}`,
    );
  }
}

/** More tensors than any device binds, whose squares an optimizer takes as well. */
const MANY = Array.from({ length: 40 }, (_, i) => `g${i}`);

const sharing = () =>
  right(traceGraph((g) => {
    const gradients = MANY.map((name) => g.scale(g.input(name, [3]), 2));
    const means = gradients.map((x, i) =>
      g.apply("mix", { weight: 0.5 }, [
        g.input(`mean${i}`, [3]),
        g.apply("square", {}, [x]),
      ])
    );
    return {
      squares: sumsOfSquares(g, gradients),
      ...Object.fromEntries(means.map((mean, i) => [`mean${i}`, mean])),
    };
  }));

async function sumsSharedSquares(backend: Backend): Promise<void> {
  const numbers = MANY.flatMap((name, i) => [
    [name, [i, 1, 2]],
    [`mean${i}`, [2, 2, 2]],
  ]);
  const found = await ran(backend, sharing(), Object.fromEntries(numbers));
  MANY.forEach((_, i) => {
    strictEqual(found["squares"]?.[i], 4 * i * i + 20);
    deepStrictEqual(found[`mean${i}`], [1 + 2 * i * i, 3, 9]);
  });
}

/** Promises about clipping. */
export const CLIPPING_TESTS: readonly ContractTest[] = [
  {
    name: "run() takes PyTorch's steps of AdamW with clipped gradients",
    run: takesClippedSteps,
  },
  {
    name:
      "run() sums the squares of each gradient, and shows which are not finite",
    run: sumsSquares,
  },
  {
    name:
      "run() sums the squares of many gradients that something else squares too",
    run: sumsSharedSquares,
  },
];
