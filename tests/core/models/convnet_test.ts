import { deepStrictEqual, ok } from "node:assert/strict";
import {
  convNetScoreGraph,
  convNetStepGraph,
  convNetTensors,
  gradientName,
  interpretGraph,
} from "../../../core/mod.ts";
import type { ResidualSpec } from "../../../core/models/convnets/residual.ts";
import {
  inputsOf as inputsFrom,
  type Summary,
  summary,
} from "./recorded_convnet.ts";
import { goldenJson, largestDifference } from "../../golden_files.ts";
import { right } from "../../right.ts";

interface RecordedStep extends ResidualSpec {
  readonly batch: number;
  readonly frozen: number;
  readonly loss: number;
  readonly scores: readonly number[];
  readonly gradients: Readonly<Record<string, Summary>>;
  readonly statistics: Readonly<Record<string, Summary>>;
}

const { steps } = goldenJson("convnet/convnet.json") as {
  readonly steps: readonly RecordedStep[];
};

const inputsOf = (step: RecordedStep) => inputsFrom(step, step.batch);

for (const step of steps) {
  const { family, frozen } = step;
  const of = `a ${family} with ${frozen} frozen layers`;

  Deno.test(`convNetStepGraph() of ${of} computes PyTorch's loss, gradients and running statistics`, () => {
    const graph = right(convNetStepGraph({ ...step, firstTrained: frozen }));
    const { loss, ...others } = interpretGraph(graph, inputsOf(step));
    ok(Math.abs((loss?.[0] ?? NaN) - step.loss) < 1e-10);
    const learning = new Set(
      convNetTensors(step).statistics
        .filter(({ owner }) => owner >= frozen).map(({ name }) => name),
    );
    const wanted = Object.fromEntries([
      ...Object.entries(step.gradients)
        .map(([name, numbers]) => [gradientName(name), numbers]),
      ...Object.entries(step.statistics).filter(([name]) => learning.has(name)),
    ]);
    deepStrictEqual(
      Object.keys(others).toSorted(),
      Object.keys(wanted).toSorted(),
    );
    for (const [name, values] of Object.entries(others)) {
      ok(largestDifference(summary(values), wanted[name]) < 1e-8, name);
    }
  });
}

Deno.test("convNetScoreGraph() scores each image alone, by running statistics", () => {
  const [step] = steps as [RecordedStep];
  const inputs = inputsOf(step);
  const { scores: all } = interpretGraph(
    right(convNetScoreGraph(step, step.batch)),
    inputs,
  );
  const size = step.inChannels * step.imageSize ** 2;
  const { scores: second } = interpretGraph(right(convNetScoreGraph(step, 1)), {
    ...inputs,
    images: inputs.images!.slice(size, 2 * size),
  });
  const { classes } = step;
  const part = all!.slice(classes, 2 * classes);
  ok(largestDifference(second, part) < 1e-12);
  ok(largestDifference(all, step.scores) > 1e-3, "batch statistics were used");
});
