/**
 * Small models unlike the golden one, and a run of 100 steps of each.
 *
 * @module
 */
import {
  EARLIER_WARMUP,
  type FreezePlan,
  freezePlan,
  type ModelSpec,
  type OptimizerConfig,
  patchCount,
  randomMasking,
  type StageScale,
  visibleCount,
} from "../../../core/mod.ts";
import type { NamedValues } from "../../../core/graph/interpret.ts";
import { randomInputs } from "../../core/models/random_inputs.ts";
import { right } from "../../right.ts";

/** Samples of the batch. */
export const BATCH = 2;
/** Recorded steps. */
export const STEPS = [0, 1, 2];

const SCHEDULE = {
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
} as const;

/** What a `config.json` says. */
type OtherConfig =
  & Omit<ModelSpec, "stages">
  & {
    readonly taps: readonly number[];
    readonly decoderScales: readonly StageScale[];
    readonly schedule: typeof SCHEDULE;
    readonly situations: readonly {
      readonly name: string;
      readonly frozenLayers: number;
      readonly firstIteration: number;
    }[];
  };

/** Three stages, one image channel, two blocks a decoder, class token with layer 0. */
const SMALL: OtherConfig = {
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
  schedule: SCHEDULE,
  situations: [
    { name: "none", frozenLayers: 0, firstIteration: 20 },
    { name: "late", frozenLayers: 4, firstIteration: 82 },
  ],
};

/** Longer sums and more blocks, with gradients that are further apart. */
const LARGER: OtherConfig = {
  ...SMALL,
  imageSize: 96,
  patchSize: 16,
  inChannels: 3,
  embedDim: 48,
  depth: 8,
  numHeads: 4,
  mlpRatio: 4,
  taps: [1, 4, 7],
  decoderScales: [4, 2, 1],
  decoderEmbedDim: 32,
  decoderDepth: 1,
  hogNbins: 9,
  maskRatio: 0.75,
  situations: [
    { name: "none", frozenLayers: 0, firstIteration: 20 },
    { name: "late", frozenLayers: 6, firstIteration: 82 },
  ],
};

/** A model with everything that its recorded steps come from. */
export interface OtherModel {
  /** Its `config.json`. */
  readonly config: OtherConfig;
  /** Its sizes. */
  readonly model: ModelSpec;
  /** Its plan. */
  readonly plan: FreezePlan;
  /** Its optimizer. */
  readonly optimizer: OptimizerConfig;
  /** Parameters, images and a mask. */
  readonly numbers: NamedValues;
}

function modelOf(config: OtherConfig): ModelSpec {
  const { taps, decoderScales, schedule: _, situations: __, ...sizes } = config;
  const stages = taps.map((tap, k) => ({
    tap,
    scale: decoderScales[k]!,
    weight: 1,
  }));
  return { ...sizes, stages };
}

const planOf = (model: ModelSpec): FreezePlan =>
  right(freezePlan({
    model,
    freeze: {
      t0: SCHEDULE.t0,
      scale: SCHEDULE.howScale,
      freezePatchEmbed: true,
      classToken: "withLayer0",
    },
    rate: {
      baseRate: SCHEDULE.lr,
      endRate: SCHEDULE.minLr,
      mode: { _tag: "LayerWise", power: 1 },
      stagePower: 0,
      warmup: EARLIER_WARMUP[SCHEDULE.warmupMode],
    },
    totalSteps: 100,
    warmupSteps: 10,
  }));

function otherModel(config: OtherConfig): OtherModel {
  const model = modelOf(config);
  return {
    config,
    model,
    plan: planOf(model),
    optimizer: {
      _tag: "AdamW",
      beta1: SCHEDULE.betas[0],
      beta2: SCHEDULE.betas[1],
      epsilon: SCHEDULE.eps,
      weightDecay: SCHEDULE.weightDecay,
    },
    numbers: randomInputs(model, BATCH, 7),
  };
}

/** The models by what they are. */
export const OTHER_MODELS = {
  small: otherModel(SMALL),
  larger: otherModel(LARGER),
} as const;

/** Noise of a step. */
export const noiseAt = ({ model }: OtherModel, step: number): Float64Array =>
  Float64Array.from(
    { length: BATCH * patchCount(model) },
    (_, i) => Math.fround(Math.abs(Math.sin(37 * step + 11 * i + 1))),
  );

/** Masks of a step. */
export const maskingAt = (other: OtherModel, step: number) =>
  randomMasking(
    noiseAt(other, step),
    patchCount(other.model),
    visibleCount(other.model),
  );

/** All inputs of a step, with the parameters before the first. */
export const inputsAt = (other: OtherModel, step: number): NamedValues => ({
  ...other.numbers,
  ...Object.fromEntries(
    Object.entries(maskingAt(other, step)).map((
      [name, values],
    ) => [name, Float64Array.from(values)]),
  ),
});
