/**
 * Random models, configurations and plans without faults.
 *
 * @module
 */
import fc from "fast-check";
import type {
  FreezeConfig,
  FreezePlan,
  ModelSpec,
  OptimizerConfig,
  PretrainConfig,
  RateConfig,
  StageScale,
} from "../core/mod.ts";
import type { PlanConfig } from "../core/plan/plan.ts";
import type { StageSpec } from "../core/models/model_spec.ts";
import type { TrainingConfig } from "../core/config/parts.ts";
import { planFrom } from "../core/plan/freeze_plan.ts";
import { leastT0 } from "../core/plan/freeze_schedule.ts";
import { layerCount } from "../core/plan/layers.ts";
import type { Curriculum } from "../core/schedule/curriculum.ts";
import { listedTimes } from "../core/schedule/freeze_time.ts";

/** Records as literals make them: JSON gives them back strictly equal. */
function plainRecord<T>(
  model: { readonly [K in keyof T]: fc.Arbitrary<T[K]> },
): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true });
}

/**
 * Finite numbers between two others, both included. Most are spread evenly:
 * `fc.double` spreads exponents, so nearly all it gives between 0 and 1 is 0 to
 * any precision.
 */
export const between = (min: number, max: number): fc.Arbitrary<number> =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.integer({ min: 0, max: 2 ** 20 })
        .map((i) => Math.min(max, min + (max - min) * i / 2 ** 20)),
    },
    { weight: 1, arbitrary: fc.double({ min, max, noNaN: true }) },
  );

/** Sizes that decide which cells a stage may have. */
interface Cells {
  readonly patchSize: number;
  readonly grid: number;
  readonly inChannels: number;
}

const SCALES: readonly StageScale[] = [8, 4, 2, 1, 0.5];

/** What a stage may predict, and in which cells; histograms are what is not said. */
const kindsOfStage = (
  { patchSize, grid, inChannels }: Cells,
): readonly Pick<StageSpec, "scale" | "target">[] => {
  const scales = SCALES.filter((scale) =>
    scale <= patchSize && (scale >= 1 || grid % 2 === 0)
  );
  const whole = scales.filter((scale) => scale >= 1 && patchSize % scale === 0);
  const several = whole.filter((scale) =>
    (patchSize / scale) ** 2 * inChannels >= 2
  );
  return [
    ...scales.map((scale) => ({ scale })),
    ...whole.map((scale) => ({ scale, target: "pixels" as const })),
    ...several.map((scale) => ({ scale, target: "normalisedPixels" as const })),
  ];
};

const stagesOf = (
  depth: number,
  cells: Cells,
): fc.Arbitrary<readonly StageSpec[]> => {
  const kinds = kindsOfStage(cells);
  const blocks = Array.from({ length: depth - 1 }, (_, tap) => tap);
  return fc.subarray(blocks).chain((early) =>
    fc.tuple(
      ...[...early, depth - 1].map((tap) =>
        fc.tuple(fc.constantFrom(...kinds), between(0.1, 4))
          .map(([kind, weight]) => ({ tap, weight, ...kind }))
      ),
    )
  );
};

/** Small models that can be built, with at least one masked and one visible patch. */
export const modelSpec: fc.Arbitrary<ModelSpec> = plainRecord({
  patchSize: fc.constantFrom(1, 2, 4, 7, 8),
  grid: fc.integer({ min: 2, max: 4 }),
  depth: fc.integer({ min: 1, max: 6 }),
  inChannels: fc.constantFrom(1, 3),
}).chain(({ depth, ...cells }) => {
  const { patchSize, grid, inChannels } = cells;
  const patches = grid ** 2;
  const heads = fc.constantFrom(1, 2, 3);
  return plainRecord({
    stages: stagesOf(depth, cells),
    numHeads: heads,
    decoderNumHeads: heads,
    headWidth: fc.constantFrom(4, 8),
    masked: fc.integer({ min: 1, max: patches - 1 }),
    mlpRatio: fc.constantFrom(0.5, 1, 2, 4),
    decoderDepth: fc.constantFrom(1, 2),
    hogNbins: fc.integer({ min: 1, max: 9 }),
  }).map(({ headWidth, masked, ...sizes }) => ({
    ...sizes,
    imageSize: grid * patchSize,
    patchSize,
    inChannels,
    depth,
    embedDim: headWidth * sizes.numHeads,
    decoderEmbedDim: 8 * sizes.decoderNumHeads,
    maskRatio: (masked - 0.5) / patches,
    layerNormEps: 1e-6,
  }));
});

/** Freeze settings with any `t0` from `least` (not included) on. */
export const freezeConfig = (least: number): fc.Arbitrary<FreezeConfig> =>
  plainRecord({
    t0: fc.oneof(
      fc.constant(1),
      between(1e-6, 1).map((part) => least + (1 - least) * part),
    ).filter((t0) => t0 > least && t0 <= 1),
    scale: fc.constantFrom("linear", "squared", "cubic"),
    freezePatchEmbed: fc.boolean(),
    classToken: fc.constantFrom("withLayer0", "neverFrozen"),
  });

/** Rates with moderate exponents. */
export const rateConfig: fc.Arbitrary<RateConfig> = plainRecord({
  baseRate: between(1e-6, 1),
  endPart: between(0, 1),
  mode: fc.oneof(
    plainRecord({
      _tag: fc.constant("LayerWise" as const),
      power: between(0, 2),
    }),
    plainRecord({ _tag: fc.constant("Uniform" as const) }),
  ),
  stagePower: fc.oneof(fc.constant(0), between(0, 2)),
  warmup: fc.constantFrom("perLayer" as const, "shared" as const),
}).map(({ endPart, ...rate }) => ({
  ...rate,
  endRate: endPart * rate.baseRate,
}));

/** Either optimizer. */
export const optimizerConfig: fc.Arbitrary<OptimizerConfig> = fc.oneof(
  plainRecord({
    _tag: fc.constant("AdamW" as const),
    beta1: between(0, 0.999),
    beta2: between(0, 0.999),
    epsilon: between(1e-12, 1e-3),
    weightDecay: between(0, 1),
  }),
  plainRecord({
    _tag: fc.constant("Sgd" as const),
    momentum: between(0, 0.999),
    weightDecay: between(0, 1),
  }),
);

/** Short runs, warm-up shorter than the run. */
export const trainingConfig: fc.Arbitrary<TrainingConfig> = plainRecord({
  epochs: fc.integer({ min: 1, max: 20 }),
  warmupPart: between(0, 0.9),
  batchSize: fc.integer({ min: 1, max: 64 }),
  accumIter: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(),
}).map(({ warmupPart, ...training }) => ({
  ...training,
  warmupEpochs: warmupPart * training.epochs,
}));

/** Whole configurations; their first layer freezes after the warm-up if epochs have some steps. */
export const pretrainConfig: fc.Arbitrary<PretrainConfig> = fc.tuple(
  plainRecord({
    version: fc.constant(1 as const),
    model: modelSpec,
    freeze: freezeConfig(0.97),
    rate: rateConfig,
    optimizer: optimizerConfig,
    training: trainingConfig,
  }),
  fc.constantFrom({}, { frozenPrecision: "int8" as const }),
  fc.oneof(
    fc.constant({}),
    plainRecord({ clipGrad: between(1e-3, 100) }),
  ),
).map(([config, precision, clipping]) => ({
  ...config,
  ...precision,
  ...clipping,
}));

/** Most layers of a plan of {@link modelSpec}. */
const MOST_LAYERS = 7;

/** Freeze times of so many layers above a least one, from parts of what lies above it. */
const timesAbove = (
  least: number,
  parts: readonly number[],
  layers: number,
): readonly number[] => [
  ...parts.slice(1, layers).map((part) => least + (1 - least) * part)
    .toSorted((a, b) => a - b),
  1,
];

/** What a plan can be made from. */
export const planConfig: fc.Arbitrary<PlanConfig> = plainRecord({
  model: modelSpec,
  freeze: freezeConfig(0),
  rate: rateConfig,
  totalSteps: fc.integer({ min: 1, max: 300 }),
  warmupPart: between(0, 0.99),
}).map(({ warmupPart, ...config }): PlanConfig => {
  const warmupSteps = Math.floor(warmupPart * config.totalSteps);
  const least = leastT0({ ...config, warmupSteps });
  const t0 = least + (1 - least) * config.freeze.t0;
  return {
    ...config,
    warmupSteps,
    freeze: { ...config.freeze, t0: Math.min(1, t0) },
  };
});

/** What a plan with listed freeze times can be made from. */
export const listedPlanConfig: fc.Arbitrary<PlanConfig> = fc.tuple(
  planConfig,
  fc.array(between(1e-3, 1), {
    minLength: MOST_LAYERS,
    maxLength: MOST_LAYERS,
  }),
).map(([config, parts]) => {
  const linear = { ...config.freeze, scale: "linear" } as const;
  const least = leastT0({ ...config, freeze: linear });
  const times = timesAbove(least, parts, layerCount(config));
  return { ...config, freeze: { ...linear, ...listedTimes(times) } };
});

/** Weights of so many stages over time. */
export const curriculumOf = (stages: number): fc.Arbitrary<Curriculum> =>
  fc.array(
    fc.tuple(
      between(0, 1),
      fc.array(fc.oneof(fc.constant(0), between(0, 4)), {
        minLength: stages - 1,
        maxLength: stages - 1,
      }),
      between(0.1, 4),
    ),
    { minLength: 1, maxLength: 5 },
  ).map((points) =>
    points.map(([time, weights, last]) => ({
      time,
      weights: [...weights, last],
    }))
      .toSorted((a, b) => a.time - b.time)
      .filter(({ time }, i, all) => time !== all[i - 1]?.time)
  );

/** What a plan with a curriculum can be made from. */
export const taughtPlanConfig: fc.Arbitrary<PlanConfig> = planConfig.chain(
  (config) =>
    curriculumOf(config.model.stages.length)
      .map((curriculum) => ({ ...config, curriculum })),
);

/** Plans whose stages keep their weights, so that phases are told apart by frozen layers. */
export const steadyPlan: fc.Arbitrary<FreezePlan> = fc
  .oneof(planConfig, listedPlanConfig).map(planFrom);

/** Plans of all kinds. */
export const freezePlan: fc.Arbitrary<FreezePlan> = fc
  .oneof(planConfig, listedPlanConfig, taughtPlanConfig).map(planFrom);
