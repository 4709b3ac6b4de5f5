/**
 * Flags for everything that determines a pre-training run, spelled like the
 * reference's, and the configuration that they make.
 */
import {
  decodePretrainConfig,
  effectiveBatch,
  type Fault,
  type Faults,
  left,
  MODEL_PRESETS,
  type ModelName,
  modelNamed,
  type ModelSpec,
  nearestHint,
  peakRate,
  type PretrainConfig,
  type RateMode,
  type Result,
  right,
} from "../../core/mod.ts";
import { withValues } from "./configuration.ts";
import {
  choiceFlag,
  type Flag,
  type FlagValues,
  FROM_ZERO,
  numberFlag,
  PART,
  strictlyBetween,
  switchFlag,
  under,
  wholeFlag,
} from "./flags.ts";
import { LATENT_FLAGS, latentFaults, withLatent } from "./latent_flags.ts";
import {
  isOneStage,
  keptObjective,
  OBJECTIVE_FLAGS,
  objectiveBase,
  objectiveFaults,
  objectiveModel,
} from "./objective_flags.ts";
import {
  CURRICULUM_FLAG,
  FREEZE_FLAGS,
  withFreezeTimes,
} from "./schedule_flags.ts";

/** Rate for 256 samples that gives a configuration's rate for its batch. */
const rateFor256 = (config: PretrainConfig): number =>
  config.rate.baseRate * 256 / effectiveBatch(config);

const PRESETS = Object.keys(MODEL_PRESETS) as ModelName[];

const presetOf = (model: ModelSpec): ModelName | undefined =>
  PRESETS.find((name) => MODEL_PRESETS[name] === model);

/** A model by its own name or by that of timm, MAE or transformers. */
export const MODEL_FLAG: Flag<string> = {
  metavar: PRESETS.join("|"),
  help:
    "sizes of the Vision Transformer; also by timm's name with patch and image size, for example vit_base_patch32_384",
  isChoice: true,
  parse: (text) => {
    const model = modelNamed(text);
    return model._tag === "Right"
      ? right(text)
      : left(`${model.left.wanted}${nearestHint(text, PRESETS)}`);
  },
  read: ({ model }: PretrainConfig) => presetOf(model),
};

const MODEL_FLAGS = under("Model", {
  "model": MODEL_FLAG,
  "image-size": wholeFlag(1, "side of the square images, pixels", {
    at: "model.imageSize",
    initial: "the model's",
  }),
  "patch-size": wholeFlag(1, "side of a patch, pixels", {
    at: "model.patchSize",
    initial: "the model's",
  }),
  "heads": wholeFlag(1, "attention heads of the encoder", {
    at: "model.numHeads",
    initial: "the model's",
  }),
  "mask-ratio": numberFlag(
    strictlyBetween("a number in (0, 1)"),
    "part of the patches that is hidden",
    { at: "model.maskRatio" },
  ),
  ...OBJECTIVE_FLAGS,
});

/** Least part of an image's area that a random crop takes where nothing is said. */
const LEAST_CROP = 0.2;

const CROP_FLAG: Flag<number> = {
  ...numberFlag(PART, "least part of an image's area that a random crop takes"),
  at: "cropScale",
  unset: LEAST_CROP,
  read: ({ cropScale }: PretrainConfig) => cropScale?.[0] ?? LEAST_CROP,
  write: (least: number) => [least, 1],
};

/** Length of a training and its randomness, wherever there is a `training`. */
export const LENGTH_FLAGS = under("Schedule", {
  "epochs": wholeFlag(1, "times that every image is seen", {
    at: "training.epochs",
  }),
  "warmup-epochs": numberFlag(FROM_ZERO, "epochs of warm-up among them", {
    at: "training.warmupEpochs",
  }),
  "batch-size": wholeFlag(1, "images computed at once", {
    at: "training.batchSize",
  }),
  "accum-iter": wholeFlag(1, "batches for one optimizer step", {
    at: "training.accumIter",
  }),
  "seed": wholeFlag(0, "seed of all randomness", { at: "training.seed" }),
});

/** Decay and clipping, wherever there are an `optimizer` and `clipGrad`. */
export const DECAY_FLAGS = under("Optimization", {
  "weight-decay": numberFlag(FROM_ZERO, "decoupled weight decay", {
    at: "optimizer.weightDecay",
  }),
  "clip-grad": numberFlag(
    FROM_ZERO,
    "greatest length of all gradients together, longer ones are scaled down; 0 is off",
    { at: "clipGrad", unset: 0 },
  ),
});

/** Rates by layer. */
export const RATE_MODE_FLAG = choiceFlag(
  ["scaled", "unscaled", "uniform"],
  "rates by layer from lr/t_i, by layer from lr, or one for all",
  {
    read: ({ rate: { mode } }: Pick<PretrainConfig, "rate">) =>
      mode._tag === "Uniform" ? "uniform" : "scaled",
  },
);

const RATE_FLAGS = under("Optimization", {
  "blr": numberFlag(FROM_ZERO, "base rate: learning rate for 256 images", {
    read: (config: PretrainConfig) => Number(rateFor256(config).toPrecision(6)),
  }),
  "lr": numberFlag(FROM_ZERO, "learning rate for the real batch, not blr", {
    initial: "blr × batch-size × accum-iter / 256",
  }),
  "min-lr": numberFlag(FROM_ZERO, "rate at the end of the common cosine", {
    at: "rate.endRate",
  }),
  "lr-mode": RATE_MODE_FLAG,
  "lr-lr": numberFlag(FROM_ZERO, "power p of the rates lr/t_i^p (LR-LR)", {
    at: "rate.mode.power",
  }),
  "sr-lr": numberFlag(
    FROM_ZERO,
    "power p of the stage factors (1/(S-s+1))^p (SR-LR), 0 is off",
    { at: "rate.stagePower" },
  ),
  "warmup-mode": choiceFlag(
    { "per-layer": "perLayer", "shared": "shared" } as const,
    "ramp to each layer's rate and freeze by the whole run, or as the reference's code",
    { at: "rate.warmup" },
    { figure: "per-layer", code: "shared" },
  ),
});

/** Flags of model, freezing, rates and training. */
export const METHOD_FLAGS = {
  ...MODEL_FLAGS,
  ...LENGTH_FLAGS,
  ...FREEZE_FLAGS,
  ...under("Freezing", {
    "class-token": choiceFlag(
      { "with-layer-0": "withLayer0", "never-frozen": "neverFrozen" } as const,
      "when the class token freezes",
      { at: "freeze.classToken" },
    ),
    "dont-freeze-pe": switchFlag("never freeze the patch embedding", {
      at: "freeze.freezePatchEmbed",
      write: () => false,
    }),
    "frozen-precision": choiceFlag(
      ["float32", "int8"],
      "how frozen blocks compute their products; int8 is faster and rougher, on onnx",
      { at: "frozenPrecision", unset: "float32" },
    ),
  }),
  ...under("Freezing", {
    "grow-batch": switchFlag(
      "move the parameters by more images at once as freezing makes them cheaper, so that it costs what it did at first; rates go with the images",
      { at: "growBatch", write: () => true },
    ),
  }),
  ...LATENT_FLAGS,
  ...under("Schedule", { "stage-weights": CURRICULUM_FLAG }),
  ...under("Images", { "crop-scale": CROP_FLAG }),
  ...RATE_FLAGS,
  ...DECAY_FLAGS,
} as const;

/** Values of the method's flags. */
export type MethodValues = FlagValues<typeof METHOD_FLAGS>;

const contradiction = (
  path: string,
  found: unknown,
  wanted: string,
): Fault => ({ _tag: "Inconsistent", path, found, wanted });

const contradictions = (
  base: PretrainConfig,
  values: MethodValues,
): readonly Fault[] => {
  const { lr, blr, "lr-lr": power, "lr-mode": mode = "scaled" } = values;
  return [
    ...lr === undefined || blr === undefined
      ? []
      : [contradiction("--lr", lr, "either --lr or --blr")],
    ...power === undefined || mode === "scaled" ? [] : [
      contradiction(
        "--lr-lr",
        power,
        "--lr-mode scaled, the only one with a power",
      ),
    ],
    ...objectiveFaults(base, values),
    ...latentFaults(base, values, isOneStage(base, values)),
  ];
};

/** Rates by layer as flags say. */
export function rateMode(
  base: RateMode,
  mode: MethodValues["lr-mode"],
  power?: number,
): RateMode {
  switch (mode) {
    case "scaled":
      return { _tag: "LayerWise", power: power ?? 1 };
    case "unscaled":
      return { _tag: "LayerWise", power: 0 };
    case "uniform":
      return { _tag: "Uniform" };
  }
  return power === undefined ? base : { _tag: "LayerWise", power };
}

/** The model of a name that `--model` takes. */
export function modelOf(name: string): Result<Fault, ModelSpec> {
  const named = modelNamed(name);
  if (named._tag === "Left") return named;
  const { preset, ...sizes } = named.right;
  return right({ ...MODEL_PRESETS[preset], ...sizes });
}

/** A configuration with flags applied; its rate goes with the batch. */
function changed(
  given: PretrainConfig,
  model: ModelSpec,
  values: MethodValues,
): PretrainConfig {
  const base = objectiveBase(given, values);
  const { model: _, "lr-lr": power, ...placed } = values;
  const config = withFreezeTimes(
    withValues(METHOD_FLAGS, placed, { ...base, model }),
    values,
  );
  const sameRate = values.blr === undefined &&
    effectiveBatch(config) === effectiveBatch(base);
  const blr = values.blr ?? rateFor256(base);
  const baseRate = values.lr ??
    (sameRate ? base.rate.baseRate : peakRate(blr, effectiveBatch(config)));
  const mode = rateMode(base.rate.mode, values["lr-mode"], power);
  return {
    ...config,
    model: withLatent(
      objectiveModel(config.model, values),
      given.model.latent,
      values,
    ),
    rate: { ...config.rate, baseRate, mode },
  };
}

/**
 * A configuration changed by flags.
 *
 * @param base Defaults where no flag is given; its rate goes with the batch.
 * @returns The configuration, or every fault in it.
 */
export function configFromFlags(
  base: PretrainConfig,
  given: MethodValues,
): Result<Faults, PretrainConfig> {
  const values = keptObjective(base, given);
  const [first, ...others] = contradictions(base, values);
  if (first !== undefined) return left([first, ...others]);
  const { model: name } = values;
  const model = name === undefined ? right(base.model) : modelOf(name);
  return model._tag === "Left"
    ? left([model.left])
    : decodePretrainConfig(changed(base, model.right, values));
}
