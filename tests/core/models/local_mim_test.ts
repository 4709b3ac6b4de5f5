import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import {
  type Graph,
  interpretGraph,
  type LocalMimNodes,
  MODEL_PRESETS,
  type NodeId,
  patchCount,
  randomMasking,
  stepGraph,
  visibleCount,
} from "../../../core/mod.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";
import {
  goldenTensors,
  largestDifference,
  numbersOf,
} from "../../golden_files.ts";
import { right } from "../../right.ts";
import { TINY_MODEL } from "../../tiny_model.ts";

/** Names of the golden activations. */
const watched = (nodes: LocalMimNodes): Readonly<Record<string, NodeId>> => ({
  visible_tokens: nodes.visibleTokens,
  ...Object.fromEntries(
    nodes.blocks.map((block, i) => [`block_out.${i}`, block]),
  ),
  ...Object.fromEntries(
    nodes.stages.flatMap(({ index, latent, prediction, target, mask }) => [
      [`latent.${index}`, latent],
      [`pred.${index}`, prediction],
      [`target.${index}`, target],
      [`mask_scaled.${index}`, mask],
    ]),
  ),
});

const forward = (graph: Parameters<typeof stepGraph>[0]): Graph =>
  right(stepGraph({ ...graph, isTrainable: () => false }, watched));

/** Three images, noise and weights of ViTFreeze 30e80f9. */
function tinyInputs(): NamedValues {
  const inputs = goldenTensors("tiny/tiny_inputs.safetensors");
  const weights = goldenTensors("tiny/tiny_weights.safetensors");
  const masking = randomMasking(
    numbersOf(inputs, "noise.0"),
    patchCount(TINY_MODEL),
    visibleCount(TINY_MODEL),
  );
  return {
    images: numbersOf(inputs, "images"),
    ...Object.fromEntries(
      Object.entries(masking).map((
        [name, values],
      ) => [name, Float64Array.from(values)]),
    ),
    ...Object.fromEntries(
      [...weights.keys()].map((name) => [name, numbersOf(weights, name)]),
    ),
  };
}

const tiny = {
  model: TINY_MODEL,
  batch: 3,
  samples: 3,
  liveStages: [0, 1, 2, 3],
  isTrainable: () => false,
};

Deno.test("localMim() computes every activation of the reference in float64 to 1e-13", () => {
  const wanted = goldenTensors("tiny/tiny_forward_f64.safetensors");
  const found = interpretGraph(forward(tiny), tinyInputs());
  const compared = Object.keys(found).filter((name) => wanted.has(name));
  strictEqual(compared.length, 1 + 12 + 4 * 4);
  for (const name of compared) {
    const difference = largestDifference(found[name], numbersOf(wanted, name));
    ok(difference <= 1e-13, `${name}: ${difference}`);
  }
  const losses = numbersOf(wanted, "stage_losses");
  losses.forEach((loss, k) =>
    ok(Math.abs(found[`loss/${k}`]![0]! - loss) <= 1e-14)
  );
  ok(
    Math.abs(found.loss![0]! - numbersOf(wanted, "total_loss")[0]!) <= 1e-14,
  );
});

Deno.test("localMim() weighs each stage by its own weight, whichever others are live", () => {
  const weights = [3, 0.5, 2, 7];
  const model = {
    ...TINY_MODEL,
    stages: TINY_MODEL.stages.map((stage, k) => ({
      ...stage,
      weight: weights[k]!,
    })),
  };
  const inputs = tinyInputs();
  const lives = fc.subarray([0, 1, 2, 3], { minLength: 1 });
  const plain = interpretGraph(forward(tiny), inputs);
  fc.assert(
    fc.property(lives, (liveStages) => {
      const found = interpretGraph(
        forward({ ...tiny, model, liveStages }),
        inputs,
      );
      const wanted = liveStages.reduce(
        (sum, k) => sum + weights[k]! * plain[`loss/${k}`]![0]!,
        0,
      );
      ok(Math.abs(found.loss![0]! - wanted) <= 1e-12 * wanted);
    }),
    { numRuns: 6 },
  );
});

for (
  const name of Object.keys(MODEL_PRESETS) as (keyof typeof MODEL_PRESETS)[]
) {
  Deno.test(`localMim() of ${name} can be traced and predicts as many cells as its targets have`, () => {
    const model = MODEL_PRESETS[name];
    const graph = forward({
      model,
      batch: 2,
      samples: 2,
      liveStages: [0, 1, 2, 3],
      isTrainable: () => false,
    });
    const shapeOf = (output: string) =>
      graph.nodes[graph.outputs[output] ?? -1]?.shape.join();
    const grid = model.imageSize / model.patchSize;
    model.stages.forEach(({ scale }, k) => {
      const cells = (scale * grid) ** 2;
      const channels = model.inChannels * 9;
      strictEqual(shapeOf(`pred.${k}`), [2, cells, channels].join());
      strictEqual(shapeOf(`target.${k}`), [2, cells, channels].join());
      strictEqual(shapeOf(`mask_scaled.${k}`), [2, cells].join());
    });
  });
}
