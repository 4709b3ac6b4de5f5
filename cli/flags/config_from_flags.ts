/**
 * A pre-training configuration changed by flags.
 *
 * @module
 */
import {
  allStages,
  decodePretrainConfig,
  type Fault,
  type Faults,
  gridSize,
  left,
  MODEL_PRESETS,
  type ModelSpec,
  peakRate,
  type PretrainConfig,
  type RateMode,
  type Result,
  stagesOnGrid,
} from "../../core/mod.ts";
import { clippingAt } from "./clip_flag.ts";
import { namedByFlags } from "./faults_by_flags.ts";
import {
  effectiveBatch,
  type MethodValues,
  rateFor256,
} from "./method_flags.ts";

const contradictions = (values: MethodValues): readonly Fault[] => [
  ...(values.lr === undefined || values.blr === undefined ? [] : [
    {
      _tag: "Inconsistent",
      path: "--lr",
      found: values.lr,
      wanted: "either --lr or --blr",
    } as const,
  ]),
  ...(values["lr-lr"] === undefined ||
      (values["lr-mode"] ?? "scaled") === "scaled"
    ? []
    : [
      {
        _tag: "Inconsistent",
        path: "--lr-lr",
        found: values["lr-lr"],
        wanted: "--lr-mode scaled, the only one with a power",
      } as const,
    ]),
];

function modelOf(base: ModelSpec, values: MethodValues): ModelSpec {
  const preset: ModelSpec = values.model === undefined
    ? base
    : MODEL_PRESETS[values.model];
  const sizes = {
    imageSize: values["image-size"] ?? preset.imageSize,
    patchSize: values["patch-size"] ?? preset.patchSize,
  };
  const stages = values["all-stages"] ? allStages(preset.depth) : preset.stages;
  return {
    ...preset,
    ...sizes,
    numHeads: values.heads ?? preset.numHeads,
    maskRatio: values["mask-ratio"] ?? preset.maskRatio,
    hogNbins: values["hog-nbins"] ?? preset.hogNbins,
    stages: stagesOnGrid(stages, gridSize({ ...preset, ...sizes })),
  };
}

function modeOf(base: RateMode, values: MethodValues): RateMode {
  const power = values["lr-lr"];
  switch (values["lr-mode"]) {
    case "scaled":
      return { _tag: "LayerWise", power: power ?? 1 };
    case "unscaled":
      return { _tag: "LayerWise", power: 0 };
    case "uniform":
      return { _tag: "Uniform" };
  }
  return power === undefined ? base : { _tag: "LayerWise", power };
}

function withTraining(
  base: PretrainConfig,
  values: MethodValues,
): PretrainConfig {
  const { training } = base;
  return {
    ...base,
    training: {
      epochs: values.epochs ?? training.epochs,
      warmupEpochs: values["warmup-epochs"] ?? training.warmupEpochs,
      batchSize: values["batch-size"] ?? training.batchSize,
      accumIter: values["accum-iter"] ?? training.accumIter,
      seed: values.seed ?? training.seed,
    },
  };
}

/** Only what is not float32 is written down. */
function withPrecision(
  { frozenPrecision, ...config }: PretrainConfig,
  values: MethodValues,
): PretrainConfig {
  const precision = values["frozen-precision"] ?? frozenPrecision;
  return precision === "int8"
    ? { ...config, frozenPrecision: precision }
    : config;
}

/** The base's length holds where the flag was not given. */
const withClipping = (
  { clipGrad = 0, ...config }: PretrainConfig,
  values: MethodValues,
): PretrainConfig => ({
  ...config,
  ...clippingAt(values["clip-grad"] ?? clipGrad),
});

function changed(base: PretrainConfig, values: MethodValues): PretrainConfig {
  const precise = withPrecision(withTraining(base, values), values);
  const config = withClipping(precise, values);
  const { model, freeze, rate, optimizer } = config;
  const sameRate = values.blr === undefined &&
    effectiveBatch(config) === effectiveBatch(base);
  const blr = values.blr ?? rateFor256(base);
  return {
    ...config,
    model: modelOf(model, values),
    freeze: {
      t0: values.t0 ?? freeze.t0,
      scale: values["how-scale"] ?? freeze.scale,
      freezePatchEmbed: values["dont-freeze-pe"]
        ? false
        : freeze.freezePatchEmbed,
      classToken: values["class-token"] === undefined
        ? freeze.classToken
        : values["class-token"] === "never-frozen"
        ? "neverFrozen"
        : "withLayer0",
    },
    rate: {
      baseRate: values.lr ??
        (sameRate ? rate.baseRate : peakRate(blr, effectiveBatch(config))),
      endRate: values["min-lr"] ?? rate.endRate,
      mode: modeOf(rate.mode, values),
      stagePower: values["sr-lr"] ?? rate.stagePower,
      warmup: values["warmup-mode"] ?? rate.warmup,
    },
    optimizer: {
      ...optimizer,
      weightDecay: values["weight-decay"] ?? optimizer.weightDecay,
    },
  };
}

/**
 * A configuration changed by flags.
 *
 * @param base What holds where no flag is given; its rate goes with the batch.
 * @param values Flags that were given.
 * @returns The configuration, or every fault in it, named by flags.
 */
export function configFromFlags(
  base: PretrainConfig,
  values: MethodValues,
): Result<Faults, PretrainConfig> {
  const [first, ...others] = contradictions(values);
  if (first !== undefined) return left([first, ...others]);
  const config = decodePretrainConfig(changed(base, values));
  return config._tag === "Left" ? left(namedByFlags(config.left)) : config;
}
