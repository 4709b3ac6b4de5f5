import { ok } from "node:assert/strict";
import {
  gradients,
  type Graph,
  type GraphBuilder,
  interpretGraph,
  type NodeId,
  traceGraph,
} from "../../../core/mod.ts";
import {
  type BatchNormNodes,
  frozenBatchNorm,
  rankedBatchNorm,
  type TrainedBatchNorm,
  trainedBatchNorm,
} from "../../../core/nn/batch_norm.ts";
import { goldenJson, largestDifference } from "../../golden_files.ts";
import { right } from "../../right.ts";

interface Stored {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const { batch_norm: recorded } = goldenJson("convolution/convolution.json") as {
  readonly batch_norm: Readonly<Record<string, Stored>>;
};

const numbers = (name: string): readonly number[] =>
  recorded[name]?.values ?? [];

const inputs = Object.fromEntries(
  ["x", "weight", "bias", "running_mean", "running_var", "dy"].map((name) => [
    name,
    Float64Array.from(numbers(name)),
  ]),
);

const nodesOf = (g: GraphBuilder) => {
  const [gain, bias, mean, variance] = [
    "weight",
    "bias",
    "running_mean",
    "running_var",
  ].map((name) => g.input(name, recorded[name]?.shape ?? [])) as [
    number,
    number,
    number,
    number,
  ];
  return { gain, bias, mean, variance };
};

/** The graph of a normalisation that learns, with its gradients. */
const trainedGraph = (
  norm: (
    g: GraphBuilder,
    x: NodeId,
    nodes: BatchNormNodes,
  ) => TrainedBatchNorm,
): Graph =>
  right(traceGraph((g) => {
    const [x, dy] = ["x", "dy"].map((name) =>
      g.input(name, recorded[name]?.shape ?? [])
    ) as [number, number];
    const nodes = nodesOf(g);
    const { y, mean, variance } = norm(g, x, nodes);
    const loss = g.sumTo(g.multiply(y, dy), []);
    const [dx = -1, dweight = -1, dbias = -1] = gradients(g, loss, [
      x,
      nodes.gain,
      nodes.bias,
    ]);
    return { y, dx, dweight, dbias, mean_after: mean, var_after: variance };
  }));

const [BATCH = 0] = recorded.x?.shape ?? [];

const ranked = trainedGraph((g, x, nodes) =>
  rankedBatchNorm(g, x, nodes, BATCH)
);

for (
  const [name, graph] of [
    ["trainedBatchNorm()", trainedGraph(trainedBatchNorm)],
    ["rankedBatchNorm() of one rank", ranked],
  ] as const
) {
  Deno.test(`${name} and its gradients are PyTorch's, running statistics too`, () => {
    for (const [name, found] of Object.entries(interpretGraph(graph, inputs))) {
      ok(largestDifference(found, numbers(name)) < 1e-10, name);
    }
  });
}

Deno.test("rankedBatchNorm() gives numbers for equal pixels, however far from the running mean", () => {
  for (const pixel of [0, 0.1, 1 / 3, 1e4, 12345.678]) {
    const x = new Float64Array(numbers("x").length).fill(pixel);
    const results = interpretGraph(ranked, { ...inputs, x });
    for (const [name, values] of Object.entries(results)) {
      ok(values.every(Number.isFinite), `${name} of ${pixel}`);
    }
  }
});

Deno.test("frozenBatchNorm() is PyTorch's in inference", () => {
  const graph = right(traceGraph((g) => ({
    y: frozenBatchNorm(g, g.input("x", recorded.x?.shape ?? []), nodesOf(g)),
  })));
  const { y } = interpretGraph(graph, inputs);
  ok(largestDifference(y, numbers("inferred")) < 1e-10);
});
