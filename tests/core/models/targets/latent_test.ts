import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  gradientName,
  type Graph,
  initialParameters,
  interpretGraph,
  modelScope,
  type ModelSpec,
  type Owner,
  parameterSpecs,
  patchCount,
  prune,
  rootKey,
  stepGraph,
  traceGraph,
  trainableParameterNames,
} from "../../../../core/mod.ts";
import type { NamedValues } from "../../../../core/graph/interpret.ts";
import { encode } from "../../../../core/models/encoder.ts";
import type {
  LocalMimNodes,
  StepSpec,
} from "../../../../core/models/local_mim.ts";
import { modelSpec } from "../../../arbitraries.ts";
import { right } from "../../../right.ts";
import { randomInputs } from "../random_inputs.ts";

/** A step with latent targets, of some images. */
interface Latent extends StepSpec {
  readonly latentTap: number;
  readonly model: ModelSpec & Required<Pick<ModelSpec, "latent">>;
}

/** Steps of four images whose first blocks are frozen as far as the tap, or are not. */
const latentSteps: fc.Arbitrary<Latent> = modelSpec
  .filter(({ depth }) => depth > 1)
  .chain((model) =>
    fc.record({
      tap: fc.integer({ min: 0, max: model.depth - 2 }),
      every: fc.constantFrom(1, 2, 4),
      weight: fc.constantFrom(0.5, 1, 3),
      isFrozen: fc.boolean(),
    }).map(({ tap, every, weight, isFrozen }): Latent => ({
      model: { ...model, latent: { taps: [tap], every, weight } },
      batch: 4,
      samples: 4,
      liveStages: model.stages.flatMap((stage, k) =>
        stage.tap > tap ? [k] : []
      ),
      isTrainable: (owner) => !isFrozen || owner._tag === "Stage" ||
        owner._tag === "Block" && owner.index > tap,
      latentTap: tap,
    }))
  );

/** Outputs of a step beside losses and gradients. */
const watched = ({ latent }: LocalMimNodes) => ({
  target: latent?.target ?? -1,
  prediction: latent?.prediction ?? -1,
});

const graphOf = (step: StepSpec): Graph => right(stepGraph(step, watched));

/** Features of all patches of all images, each normalised, by formulas. */
function features({ model, latentTap }: Latent, inputs: NamedValues) {
  const { inChannels: C, imageSize: S, embedDim: D } = model;
  const L = patchCount(model);
  const graph = right(traceGraph((g) => {
    const images = g.input("images", [4, C, S, S]);
    const scope = modelScope<Owner>(g);
    const { blocks } = encode(scope, model, images, null);
    return { tokens: blocks[latentTap] ?? -1 };
  }));
  const { tokens = new Float64Array() } = interpretGraph(graph, inputs);
  return (image: number, patch: number): readonly number[] => {
    const start = (image * (1 + L) + 1 + patch) * D;
    const own = [...tokens.subarray(start, start + D)];
    const mean = own.reduce((sum, x) => sum + x, 0) / D;
    const square = own.reduce((sum, x) => sum + (x - mean) ** 2, 0) / D;
    const deviation = Math.sqrt(square + model.layerNormEps);
    return own.map((x) => (x - mean) / deviation);
  };
}

const near = (a: number, b: number, tolerance: number, what = ""): void =>
  ok(
    Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)),
    `${what} ${a} ${b}`,
  );

Deno.test("the target of a latent step is what the frozen encoder makes of whole images, one in `every`", () => {
  fc.assert(
    fc.property(latentSteps, fc.nat(), (step, seed) => {
      const { model } = step;
      const inputs = randomInputs(model, 4, seed);
      const { target } = interpretGraph(graphOf(step), inputs);
      const wanted = features(step, inputs);
      const { every } = model.latent;
      const [L, D] = [patchCount(model), model.embedDim];
      strictEqual(target?.length, 4 / every * L * D);
      for (let row = 0; row < 4 / every; row++) {
        for (let patch = 0; patch < L; patch++) {
          wanted(row * every, patch).forEach((value, d) =>
            near(target[(row * L + patch) * D + d]!, value, 1e-9)
          );
        }
      }
    }),
    { numRuns: 10 },
  );
});

/** Mean square of what a prediction misses of a target on hidden patches, image by image. */
function latentLoss(
  { model }: Latent,
  prediction: ArrayLike<number>,
  target: ArrayLike<number>,
  mask: ArrayLike<number>,
): number {
  const [L, D, { every }] = [patchCount(model), model.embedDim, model.latent];
  let [sum, count] = [0, 0];
  for (let i = 0; i < target.length; i++) {
    const [image, patch] = [Math.floor(i / (L * D)), Math.floor(i / D) % L];
    if (mask[image * every * L + patch] !== 1) continue;
    sum += (prediction[i]! - target[i]!) ** 2;
    count++;
  }
  return sum / count;
}

/** The total loss with a target that stays what it is. */
function lossAt(
  step: Latent,
  graph: Graph,
  inputs: NamedValues,
  target: ArrayLike<number>,
): number {
  const found = interpretGraph(graph, inputs);
  const stages = step.liveStages.reduce(
    (sum, k) => sum + step.model.stages[k]!.weight * found[`loss/${k}`]![0]!,
    0,
  );
  const latent = latentLoss(step, found.prediction!, target, inputs.mask!);
  return stages + step.model.latent.weight * latent;
}

Deno.test("the loss of a latent step is that of its stages and the weighted error on hidden patches", () => {
  fc.assert(
    fc.property(latentSteps, fc.nat(), (step, seed) => {
      const graph = graphOf(step);
      const inputs = randomInputs(step.model, 4, seed);
      const found = interpretGraph(graph, inputs);
      const { target, prediction, loss } = found;
      near(loss![0]!, lossAt(step, graph, inputs, target!), 1e-10);
      const own = latentLoss(step, prediction!, target!, inputs.mask!);
      near(found["loss/latent"]![0]!, own, 1e-10);
    }),
    { numRuns: 10 },
  );
});

Deno.test("the gradient of a latent step is the slope of its loss while the target stays, frozen blocks or not", () => {
  fc.assert(
    fc.property(latentSteps, fc.nat(), (step, seed) => {
      const graph = graphOf(step);
      const inputs = randomInputs(step.model, 4, seed);
      const others = randomInputs(step.model, 4, seed + 1);
      const found = interpretGraph(graph, inputs);
      const names = trainableParameterNames(step);
      const at = (h: number): number => {
        const moved = names.map((name) =>
          [
            name,
            inputs[name]!.map((x, i) => x + h * others[name]![i]!),
          ] as const
        );
        const shifted = { ...inputs, ...Object.fromEntries(moved) };
        return lossAt(step, graph, shifted, found.target!);
      };
      const slope = names.reduce(
        (sum, name) =>
          sum +
          found[gradientName(name)]!.reduce(
            (s, x, i) => s + x * others[name]![i]!,
            0,
          ),
        0,
      );
      near(slope, (at(1e-5) - at(-1e-5)) / 2e-5, 1e-6);
    }),
    { numRuns: 8 },
  );
});

const withoutLatent = ({ latent: _, ...model }: ModelSpec): ModelSpec => model;

Deno.test("a step whose latent targets do not act yet is that of a model without, and its layer has no gradient", () => {
  fc.assert(
    fc.property(latentSteps, fc.nat(), (step, seed) => {
      const idle = { ...step, latentTap: null };
      const graph = right(stepGraph(idle));
      const plain = right(
        stepGraph({ ...idle, model: withoutLatent(step.model) }),
      );
      const outputs = Object.fromEntries(
        Object.keys(plain.outputs).map((name) => [name, graph.outputs[name]!]),
      );
      deepStrictEqual(prune({ ...graph, outputs }), plain);
      const others = Object.keys(graph.outputs)
        .filter((name) => !(name in outputs));
      const layer = `decoder.${step.model.stages.length - 1}.latent`;
      const own = [`${layer}.weight`, `${layer}.bias`];
      deepStrictEqual(others, own.map(gradientName));
      const found = interpretGraph(graph, randomInputs(step.model, 4, seed));
      for (const name of own) {
        ok(found[gradientName(name)]!.every((value) => value === 0));
      }
    }),
    { numRuns: 8 },
  );
});

Deno.test("a model with latent targets has the parameters of one without, with the same first values, and a layer of zeros behind", () => {
  fc.assert(
    fc.property(latentSteps, ({ model }) => {
      const plain = parameterSpecs(withoutLatent(model));
      const all = parameterSpecs(model);
      deepStrictEqual(all.slice(0, -2), plain);
      const index = model.stages.length - 1;
      const { embedDim: D, decoderEmbedDim: d } = model;
      deepStrictEqual(
        all.slice(-2).map(({ name, shape, owner }) => [name, shape, owner]),
        [["weight", [D, d]], ["bias", [D]]].map(([kind, shape]) => [
          `decoder.${index}.latent.${kind}`,
          shape,
          { _tag: "Stage", index },
        ]),
      );
      const first = initialParameters(model, rootKey(3));
      for (
        const [name, data] of initialParameters(
          withoutLatent(model),
          rootKey(3),
        )
      ) {
        deepStrictEqual(first.get(name), data);
      }
      for (const { name } of all.slice(-2)) {
        ok(first.get(name)!.every((value) => value === 0));
      }
    }),
    { numRuns: 8 },
  );
});

Deno.test("losses and gradients of latent parts of a batch add up to those of the whole, where groups are whole", () => {
  fc.assert(
    fc.property(latentSteps, fc.nat(), (step, seed) => {
      fc.pre(step.model.latent.every < 4);
      const whole = right(stepGraph(step));
      const half = right(stepGraph({ ...step, batch: 2 }));
      const inputs = randomInputs(step.model, 4, seed);
      const ofImages = [
        "images",
        "mask",
        "idsKeep",
        "idsShuffle",
        "idsRestore",
      ];
      const parts = [0, 1].map((part) =>
        interpretGraph(
          half,
          Object.fromEntries(
            Object.entries(inputs).map(([name, data]) => [
              name,
              ofImages.includes(name)
                ? data.subarray(
                  part * data.length / 2,
                  (part + 1) * data.length / 2,
                )
                : data,
            ]),
          ),
        )
      );
      for (
        const [name, values] of Object.entries(interpretGraph(whole, inputs))
      ) {
        const scale = values.reduce((top, v) => Math.max(top, Math.abs(v)), 1);
        values.forEach((value, i) =>
          ok(
            Math.abs(value - parts[0]![name]![i]! - parts[1]![name]![i]!) <=
              1e-11 * scale,
            name,
          )
        );
      }
    }),
    { numRuns: 8 },
  );
});

Deno.test("no gradient of a latent step enters the target, whatever trains", () => {
  fc.assert(
    fc.property(latentSteps, (step) => {
      const all = { ...step, isTrainable: () => true };
      const { nodes, outputs } = graphOf(all);
      // What the target is computed from, and nothing else is: its own images on.
      const target = new Set([outputs.target!]);
      for (let id = outputs.target!; id >= 0; id--) {
        if (target.has(id)) {
          nodes[id]!.inputs.forEach((input) => target.add(input));
        }
      }
      const plain = right(stepGraph({ ...all, latentTap: null }));
      const isOwn = (id: number): boolean =>
        target.has(id) && nodes[id]!.op === "softmax";
      strictEqual(
        nodes.filter((_, id) => isOwn(id)).length,
        step.latentTap + 1,
      );
      const gradientsOf = (graph: Graph): number =>
        graph.nodes.filter(({ op }) => op === "softmaxGrad").length;
      strictEqual(gradientsOf({ nodes, outputs }), gradientsOf(plain));
    }),
    { numRuns: 8 },
  );
});
