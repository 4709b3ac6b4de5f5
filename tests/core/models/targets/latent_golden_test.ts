import { deepStrictEqual, ok } from "node:assert/strict";
import {
  gradientName,
  interpretGraph,
  maeModel,
  MODEL_PRESETS,
  type ModelSpec,
  parameterSpecs,
  patchCount,
  randomMasking,
  sizeOf,
  stepGraph,
  visibleCount,
} from "../../../../core/mod.ts";
import type { NamedValues } from "../../../../core/graph/interpret.ts";
import { goldenJson, goldenTensors, numbersOf } from "../../../golden_files.ts";
import { right } from "../../../right.ts";

/** A step of PyTorch 1.13 (`golden/latent/make.py`). */
interface Recorded {
  readonly tap: number;
  readonly every: number;
  readonly weight: number;
  readonly own: number;
  readonly latent: number;
  readonly loss: number;
  /** `Σ target·sin(1.7·i + 0.3)`, and the same of each gradient. */
  readonly target: number;
  readonly gradients: Readonly<Record<string, number>>;
}

const { cases } = goldenJson("latent/latent.json") as {
  readonly cases: readonly Recorded[];
};

/** The MAE of `golden/mae`. */
const MAE: ModelSpec = {
  ...maeModel({ ...MODEL_PRESETS.nano, depth: 4, maskRatio: 0.75 }),
  ...{ imageSize: 16, patchSize: 4, inChannels: 3, embedDim: 24, numHeads: 3 },
  ...{ decoderEmbedDim: 16, decoderDepth: 2, decoderNumHeads: 2 },
};

/** Images of a step. */
const BATCH = 3;

const wave = (i: number): number => Math.sin(1.7 * i + 0.3);

const functional = (values: Float64Array): number =>
  values.reduce((sum, value, i) => sum + value * wave(i), 0);

/** Weights, images and masks of PyTorch's step. */
function inputsOf(model: ModelSpec): NamedValues {
  const weights = goldenTensors("mae/tiny_weights.safetensors");
  const given = goldenTensors("mae/tiny_inputs.safetensors");
  const masking = randomMasking(
    numbersOf(given, "noise.0"),
    patchCount(model),
    visibleCount(model),
  );
  const parameters = parameterSpecs(model).map(({ name, shape }) => {
    const scale = name.endsWith(".weight") ? 0.25 : 0.1;
    const made = () =>
      Float64Array.from({ length: sizeOf(shape) }, (_, i) => scale * wave(i));
    const isNew = name.includes(".latent.");
    return [name, isNew ? made() : numbersOf(weights, name)] as const;
  });
  return {
    images: numbersOf(given, "images"),
    ...Object.fromEntries(
      Object.entries(masking).map(([name, values]) =>
        [name, Float64Array.from(values)] as const
      ),
    ),
    ...Object.fromEntries(parameters),
  };
}

for (const recorded of cases) {
  const { tap, every, weight } = recorded;
  Deno.test(`features of block ${tap} for one image in ${every} as latent targets of an MAE are PyTorch's, with its losses and gradients`, () => {
    const model = { ...MAE, latent: { taps: [tap], every, weight } };
    const graph = right(stepGraph(
      {
        ...{ model, batch: BATCH, samples: BATCH, liveStages: [0] },
        isTrainable: () => true,
        latentTap: tap,
      },
      ({ latent }) => ({ target: latent?.target ?? -1 }),
    ));
    const found = interpretGraph(graph, inputsOf(model));
    const near = (value: number, wanted: number, name: string): void =>
      ok(
        Math.abs(value - wanted) <= 1e-7 * Math.max(1, Math.abs(wanted)),
        `${name}: ${value}, wanted ${wanted}`,
      );
    near(found["loss/0"]![0]!, recorded.own, "loss of the stage");
    near(found["loss/latent"]![0]!, recorded.latent, "latent loss");
    near(found.loss![0]!, recorded.loss, "loss");
    near(functional(found.target!), recorded.target, "target");
    deepStrictEqual(
      Object.keys(recorded.gradients).toSorted(),
      parameterSpecs(model).map(({ name }) => name).toSorted(),
    );
    for (const [name, wanted] of Object.entries(recorded.gradients)) {
      near(functional(found[gradientName(name)]!), wanted, name);
    }
  });
}
