import fc from "fast-check";
import { deepStrictEqual, ok } from "node:assert/strict";
import {
  gradientName,
  type Graph,
  interpretGraph,
  type ModelSpec,
  parameterSpecs,
  prune,
  stepGraph,
  trainableParameterNames,
} from "../../../core/mod.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";
import type { StepSpec } from "../../../core/models/local_mim.ts";
import { modelSpec } from "../../arbitraries.ts";
import { right } from "../../right.ts";
import { randomInputs } from "./random_inputs.ts";

const wholeStep = (model: ModelSpec, batch: number): StepSpec => ({
  model,
  batch,
  samples: batch,
  liveStages: model.stages.map((_, k) => k),
  isTrainable: () => true,
});

/** Any part of a model may train, not only what a plan would let train. */
const steps: fc.Arbitrary<StepSpec> = modelSpec.chain((model) =>
  fc.record({
    live: fc.subarray(model.stages.map((_, k) => k), { minLength: 1 }),
    blocks: fc.subarray(Array.from({ length: model.depth }, (_, i) => i)),
    patchEmbed: fc.boolean(),
    classToken: fc.boolean(),
  }).map(({ live, blocks, patchEmbed, classToken }): StepSpec => ({
    ...wholeStep(model, 2),
    liveStages: live,
    isTrainable: (owner) =>
      owner._tag === "ClassToken"
        ? classToken
        : owner._tag === "PatchEmbed"
        ? patchEmbed
        : owner._tag === "Stage" || blocks.includes(owner.index),
  }))
);

Deno.test("stepGraph() is the whole step without the nodes that no wanted gradient needs", () => {
  fc.assert(
    fc.property(steps, (step) => {
      const graph = right(stepGraph(step));
      const whole = right(stepGraph({ ...step, isTrainable: () => true }));
      const outputs = Object.fromEntries(
        Object.keys(graph.outputs).map((name) => [
          name,
          whole.outputs[name] ?? -1,
        ]),
      );
      deepStrictEqual(graph, prune({ nodes: whole.nodes, outputs }));
    }),
    { numRuns: 30 },
  );
});

/** Parameters that should train: of trainable parts, told by their names not those of a stage without a loss. */
const movingNames = (
  { model, liveStages, isTrainable }: StepSpec,
): readonly string[] =>
  parameterSpecs(model).filter(({ owner }) => isTrainable(owner))
    .map(({ name }) => name)
    .filter((name) => {
      const [, stage] = /^(?:decoder|norm)\.(\d+)\./.exec(name) ?? [];
      return stage === undefined || liveStages.includes(Number(stage));
    });

Deno.test("stepGraph() gives the losses of live stages and the gradients of trained parameters, nothing else", () => {
  fc.assert(
    fc.property(steps, (step) => {
      deepStrictEqual(
        Object.keys(right(stepGraph(step)).outputs).toSorted(),
        [
          "loss",
          ...step.liveStages.map((k) => `loss/${k}`),
          ...movingNames(step).map(gradientName),
        ].toSorted(),
      );
    }),
    { numRuns: 30 },
  );
});

Deno.test("stepGraph() leaves no decoder, norm or finer target of a stage without a loss", () => {
  fc.assert(
    fc.property(steps, (step) => {
      const { model, liveStages } = step;
      const { nodes } = right(stepGraph(step));
      const stagesRead = nodes.flatMap((node) => {
        const name = node.op === "input" ? node.attributes.name : "";
        const [, stage] = /^(?:decoder|norm)\.(\d+)\./.exec(name) ?? [];
        return stage === undefined ? [] : [Number(stage)];
      });
      deepStrictEqual(
        [...new Set(stagesRead)].toSorted((a, b) => a - b),
        liveStages,
      );
      const scales = liveStages.map((k) => model.stages[k]!)
        .filter(({ target }) => target === undefined)
        .map(({ scale }) => scale);
      const finest = Math.max(...scales) * model.imageSize / model.patchSize;
      deepStrictEqual(
        nodes.flatMap((node) =>
          node.op === "hogCells" ? [node.attributes.cells] : []
        ),
        scales.length === 0 ? [] : [finest],
      );
    }),
    { numRuns: 30 },
  );
});

/** `Σ gradient·direction` over all parameters. */
const slopeAlong = (found: NamedValues, direction: NamedValues): number =>
  Object.entries(direction).reduce((sum, [name, values]) => {
    const gradient = found[gradientName(name)];
    return sum + values.reduce((s, v, i) => s + v * (gradient?.[i] ?? NaN), 0);
  }, 0);

const shiftedAlong = (
  inputs: NamedValues,
  direction: NamedValues,
  step: number,
): NamedValues => ({
  ...inputs,
  ...Object.fromEntries(
    Object.entries(direction).map(([name, values]) => [
      name,
      values.map((v, i) => (inputs[name]?.[i] ?? NaN) + step * v),
    ]),
  ),
});

Deno.test("stepGraph() has the slope of its loss along any direction of all parameters", () => {
  fc.assert(
    fc.property(modelSpec, fc.nat(), (model, seed) => {
      const step = wholeStep(model, 2);
      const graph = right(stepGraph(step));
      const inputs = randomInputs(model, 2, seed);
      const others = randomInputs(model, 2, seed + 1);
      const direction = Object.fromEntries(
        trainableParameterNames(step).map((name) => [name, others[name]!]),
      );
      const loss = (h: number): number =>
        interpretGraph(graph, shiftedAlong(inputs, direction, h)).loss![0]!;
      const slope = slopeAlong(interpretGraph(graph, inputs), direction);
      const wanted = (loss(1e-5) - loss(-1e-5)) / 2e-5;
      ok(
        Math.abs(slope - wanted) <= 1e-6 * Math.max(1, Math.abs(wanted)),
        `${slope} vs ${wanted}`,
      );
    }),
    { numRuns: 12 },
  );
});

/** The numbers of one of two samples, of every input that has two. */
function sampleOf(
  inputs: NamedValues,
  graph: Graph,
  sample: 0 | 1,
): NamedValues {
  const perSample = ["images", "mask", "idsKeep", "idsShuffle", "idsRestore"];
  return Object.fromEntries(
    graph.nodes.flatMap((node) => {
      const name = node.op === "input" ? node.attributes.name : "";
      const values = inputs[name] ?? new Float64Array();
      const half = values.length / 2;
      const part = perSample.includes(name)
        ? values.subarray(sample * half, (sample + 1) * half)
        : values;
      return name === "" ? [] : [[name, part]];
    }),
  );
}

Deno.test("stepGraph() of micro-batches add up to losses and gradients of the whole batch", () => {
  fc.assert(
    fc.property(modelSpec, fc.nat(), (model, seed) => {
      const whole = right(stepGraph(wholeStep(model, 2)));
      const half = right(stepGraph({ ...wholeStep(model, 1), samples: 2 }));
      const inputs = randomInputs(model, 2, seed);
      const together = interpretGraph(whole, inputs);
      const [first, second] = ([0, 1] as const).map((sample) =>
        interpretGraph(half, sampleOf(inputs, half, sample))
      );
      for (const [name, values] of Object.entries(together)) {
        const scale = values.reduce((top, v) => Math.max(top, Math.abs(v)), 1);
        values.forEach((v, i) => {
          const sum = first![name]![i]! + second![name]![i]!;
          ok(Math.abs(v - sum) <= 1e-12 * scale, `${name}: ${v} vs ${sum}`);
        });
      }
    }),
    { numRuns: 12 },
  );
});

/** `Σ M·mean((prediction − target)²) / Σ M` over all samples, as LocalMIM defines it. */
function maskedMean(
  prediction: ArrayLike<number>,
  target: ArrayLike<number>,
  mask: ArrayLike<number>,
): number {
  const channels = prediction.length / mask.length;
  const weights = Array.from(mask);
  const error = (cell: number): number =>
    Array.from({ length: channels }, (_, c) => cell * channels + c)
      .reduce((sum, i) => sum + (prediction[i]! - target[i]!) ** 2, 0) /
    channels;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.reduce((sum, m, cell) => sum + m * error(cell), 0) / total;
}

Deno.test("stepGraph() gives the masked mean over the whole batch of each stage, also where samples hide cells in part and differently", () => {
  fc.assert(
    fc.property(modelSpec, fc.nat(), (model, seed) => {
      const step = wholeStep(model, 3);
      const graph = right(
        stepGraph(
          step,
          ({ stages }) =>
            Object.fromEntries(stages.flatMap(({ index, ...nodes }) => [
              [`prediction/${index}`, nodes.prediction],
              [`target/${index}`, nodes.target],
              [`mask/${index}`, nodes.mask],
            ])),
        ),
      );
      const found = interpretGraph(graph, randomInputs(model, 3, seed));
      for (const stage of step.liveStages) {
        const [prediction, target, mask] = ["prediction", "target", "mask"]
          .map((kind) => found[`${kind}/${stage}`]!);
        const wanted = maskedMean(prediction!, target!, mask!);
        const loss = found[`loss/${stage}`]![0]!;
        ok(Math.abs(loss - wanted) <= 1e-12 * wanted, `${loss} vs ${wanted}`);
      }
    }),
    { numRuns: 20 },
  );
});

Deno.test("stepGraph() names the fault of a model that does not fit together", () => {
  const model = { ...modelOfOddWidth(), embedDim: 10 };
  const result = stepGraph(wholeStep(model, 1));
  ok(result._tag === "Left");
});

function modelOfOddWidth(): ModelSpec {
  const [model] = fc.sample(modelSpec, { numRuns: 1, seed: 1 });
  return { ...model!, numHeads: 3 };
}
