import { ok } from "node:assert/strict";
import {
  gradients,
  type GraphBuilder,
  interpretGraph,
  traceGraph,
} from "../../../core/mod.ts";
import {
  frozenBatchNorm,
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

Deno.test("trainedBatchNorm() and its gradients are PyTorch's, running statistics too", () => {
  const graph = right(traceGraph((g) => {
    const [x, dy] = ["x", "dy"].map((name) =>
      g.input(name, recorded[name]?.shape ?? [])
    ) as [number, number];
    const nodes = nodesOf(g);
    const { y, mean, variance } = trainedBatchNorm(g, x, nodes);
    const loss = g.sumTo(g.multiply(y, dy), []);
    const [dx = -1, dweight = -1, dbias = -1] = gradients(g, loss, [
      x,
      nodes.gain,
      nodes.bias,
    ]);
    return { y, dx, dweight, dbias, mean_after: mean, var_after: variance };
  }));
  for (const [name, found] of Object.entries(interpretGraph(graph, inputs))) {
    ok(largestDifference(found, numbers(name)) < 1e-10, name);
  }
});

Deno.test("frozenBatchNorm() is PyTorch's in inference", () => {
  const graph = right(traceGraph((g) => ({
    y: frozenBatchNorm(g, g.input("x", recorded.x?.shape ?? []), nodesOf(g)),
  })));
  const { y } = interpretGraph(graph, inputs);
  ok(largestDifference(y, numbers("inferred")) < 1e-10);
});
