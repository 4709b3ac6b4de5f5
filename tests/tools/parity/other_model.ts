/**
 * A small model unlike the golden one: three stages, one image channel, two
 * blocks a decoder, class token with layer 0, and a run of 100 steps of it.
 *
 * @module
 */
import {
  type FreezePlan,
  freezePlan,
  type ModelSpec,
  type NamedValues,
  type OptimizerConfig,
  randomMasking,
} from "../../../core/mod.ts";
import { randomInputs } from "../../core/model/random_inputs.ts";
import { right } from "../../right.ts";

/** Samples of the batch. */
export const BATCH = 2;
/** Recorded steps. */
export const STEPS = [0, 1, 2];

/** Patches, and how many of them are seen. */
const [PATCHES, KEPT] = [4, 2];

/** Its `config.json`. */
export const OTHER_CONFIG = {
  imageSize: 16,
  patchSize: 8,
  inChannels: 1,
  embedDim: 16,
  depth: 5,
  numHeads: 2,
  mlpRatio: 2,
  taps: [0, 2, 4],
  decoderScales: [8, 1, 0.5],
  decoderEmbedDim: 16,
  decoderDepth: 2,
  decoderNumHeads: 2,
  hogNbins: 6,
  maskRatio: 0.5,
  layerNormEps: 1e-6,
  schedule: {
    t0: 0.5,
    howScale: "linear",
    lr: 2e-3,
    minLr: 0,
    epochs: 4,
    iterationsPerEpoch: 25,
    warmupEpochs: 0.4,
    warmupMode: "figure",
    classToken: "with layer 0",
    weightDecay: 0.1,
    betas: [0.8, 0.9],
    eps: 1e-7,
  },
  situations: [
    { name: "none", frozenLayers: 0, firstIteration: 20 },
    { name: "late", frozenLayers: 4, firstIteration: 82 },
  ],
} as const;

const { schedule } = OTHER_CONFIG;

/** Its sizes. */
export const MODEL: ModelSpec = (() => {
  const { taps, decoderScales, schedule: _, situations: __, ...sizes } =
    OTHER_CONFIG;
  const stages = taps.map((tap, k) => ({
    tap,
    scale: decoderScales[k]!,
    weight: 1,
  }));
  return { ...sizes, stages };
})();

/** Its plan. */
export const PLAN: FreezePlan = right(freezePlan({
  model: MODEL,
  freeze: {
    t0: schedule.t0,
    scale: schedule.howScale,
    freezePatchEmbed: true,
    classToken: "withLayer0",
  },
  rate: {
    baseRate: schedule.lr,
    endRate: schedule.minLr,
    mode: { _tag: "LayerWise", power: 1 },
    stagePower: 0,
    warmup: schedule.warmupMode,
  },
  totalSteps: 100,
  warmupSteps: 10,
}));

/** Its optimizer. */
export const OPTIMIZER: OptimizerConfig = {
  _tag: "AdamW",
  beta1: schedule.betas[0],
  beta2: schedule.betas[1],
  epsilon: schedule.eps,
  weightDecay: schedule.weightDecay,
};

/** Parameters, images and a mask. */
export const NUMBERS = randomInputs(MODEL, BATCH, 7);

/** Noise of a step. */
export const noiseAt = (step: number): Float64Array =>
  Float64Array.from(
    { length: BATCH * PATCHES },
    (_, i) => Math.fround(Math.abs(Math.sin(37 * step + 11 * i + 1))),
  );

/** Masks of a step. */
export const maskingAt = (step: number) =>
  randomMasking(noiseAt(step), PATCHES, KEPT);

/** All inputs of a step, with the parameters before the first. */
export const inputsAt = (step: number): NamedValues => ({
  ...NUMBERS,
  ...Object.fromEntries(
    Object.entries(maskingAt(step)).map((
      [name, values],
    ) => [name, Float64Array.from(values)]),
  ),
});
