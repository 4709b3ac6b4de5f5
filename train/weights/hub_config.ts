/** Sizes of an encoder in a `config.json` of timm or transformers. */
import {
  type Fault,
  type Faults,
  left,
  MODEL_PRESETS,
  type ModelSpec,
  type Result,
  right,
  SIZE_PRESETS,
} from "../../core/mod.ts";
import { type JsonObject, objectIn } from "./image_statistics.ts";

interface StatedSize {
  readonly path: string;
  /** The model's own name of it. */
  readonly field: keyof ModelSpec;
  readonly size: number;
}

/** Facts of a configuration that weights do not have, and sizes that must agree with them. */
export interface StatedEncoder {
  /** Heads, if it says them. */
  readonly numHeads: number | undefined;
  /** `ε` of the layer normalisations, if it says it. */
  readonly layerNormEps: number | undefined;
  /** Sizes that the weights must have. */
  readonly sizes: readonly StatedSize[];
}

/** transformers' models that compute the same function. */
const MODEL_TYPES = ["vit", "vit_mae", "vit_msn", "deit"];

/** Names of timm's models with the function of this encoder. */
const ARCHITECTURES = /^(?:vit|deit|flexivit|mae_vit)_/;

/** timm's other models that are named alike and compute something else. */
const UNLIKE = /quickgelu|_relpos|_srelpos|_rope|resnet|_r\d+_|hybrid/;

/** Heads of the models that have a size in their timm name. */
function headsOf(architecture: string): number | undefined {
  const sizes = Object.entries(SIZE_PRESETS);
  const [, preset] =
    sizes.find(([word]) => architecture.includes(`_${word}_`)) ?? [];
  return preset && MODEL_PRESETS[preset].numHeads;
}

/** Arguments of timm's models that leave the function of the encoder as it is. */
const HARMLESS =
  /^(num_classes|global_pool|img_size|patch_size|in_chans|embed_dim|depth|num_heads|mlp_ratio|qkv_bias|class_token|fc_norm|weight_init|dynamic_img_(size|pad)|strict_img_size|(\w+_)?drop(_path)?_rate)$/;

const fault = (path: string, found: unknown, wanted: string): Fault => ({
  _tag: "Inconsistent",
  path,
  found,
  wanted,
});

/** Fields of transformers with the model's names of them. */
const TRANSFORMERS_SIZES: readonly (readonly [string, keyof ModelSpec])[] = [
  ["image_size", "imageSize"],
  ["patch_size", "patchSize"],
  ["num_channels", "inChannels"],
  ["hidden_size", "embedDim"],
  ["num_hidden_layers", "depth"],
];

const TIMM_SIZES: readonly (readonly [string, keyof ModelSpec])[] = [
  ["img_size", "imageSize"],
  ["patch_size", "patchSize"],
  ["in_chans", "inChannels"],
  ["embed_dim", "embedDim"],
  ["depth", "depth"],
  ["mlp_ratio", "mlpRatio"],
];

/** A size: a number, or a side of a square. */
function sideOf(raw: unknown): number | null {
  const sides = Array.isArray(raw) ? raw : [raw];
  return sides.length > 0 && sides.length < 3 &&
      sides.every((side) => typeof side === "number" && side === sides[0])
    ? sides[0]
    : null;
}

/** Sizes that some fields say, and those fields that say none. */
function sizesIn(
  json: JsonObject,
  path: string,
  names: readonly (readonly [string, keyof ModelSpec])[],
): {
  readonly sizes: readonly StatedSize[];
  readonly faults: readonly Fault[];
} {
  const given = names.filter(([name]) => (json[name] ?? null) !== null);
  return {
    sizes: given.flatMap(([name, field]) => {
      const size = sideOf(json[name]);
      return size === null ? [] : [{ path: path + name, field, size }];
    }),
    faults: given.filter(([name]) => sideOf(json[name]) === null)
      .map(([name]) =>
        fault(path + name, json[name], "a number, or a side of a square")
      ),
  };
}

const numberIn = (json: JsonObject, name: string): number | undefined => {
  const value = json[name];
  return typeof value === "number" ? value : undefined;
};

/** Faults of a configuration of transformers that is of another function. */
function transformersFaults(config: JsonObject): readonly Fault[] {
  const { model_type: type, hidden_act: act = "gelu" } = config;
  return [
    ...MODEL_TYPES.includes(String(type))
      ? []
      : [fault("model_type", type, `one of ${MODEL_TYPES.join(", ")}`)],
    ...act === "gelu" ? [] : [fault("hidden_act", act, "gelu")],
  ];
}

function ofTransformers(config: JsonObject): Result<Faults, StatedEncoder> {
  const { sizes, faults } = sizesIn(config, "", TRANSFORMERS_SIZES);
  const [first, ...others] = [...transformersFaults(config), ...faults];
  return first !== undefined ? left([first, ...others]) : right({
    numHeads: numberIn(config, "num_attention_heads"),
    layerNormEps: numberIn(config, "layer_norm_eps"),
    sizes,
  });
}

/** Arguments that change what a model of timm computes. */
const foreignArguments = (args: JsonObject): readonly Fault[] =>
  Object.entries(args).filter(([name, value]) =>
    !HARMLESS.test(name) && Boolean(value)
  ).map(([name, value]) =>
    fault(`model_args.${name}`, value, "an encoder without it")
  );

function ofTimm(config: JsonObject): Result<Faults, StatedEncoder> {
  const architecture = String(config["architecture"]);
  const args = objectIn(config, "model_args");
  const { sizes, faults } = sizesIn(args, "model_args.", TIMM_SIZES);
  const { input_size: input } = objectIn(config, "pretrained_cfg");
  const isSquare = !Array.isArray(input) || input[1] === input[2];
  const isLike = ARCHITECTURES.test(architecture) && !UNLIKE.test(architecture);
  const wanted = "a plain Vision Transformer, vit_… or deit_…";
  const [first, ...others] = [
    ...isLike ? [] : [fault("architecture", architecture, wanted)],
    ...isSquare ? [] : [
      fault("pretrained_cfg.input_size", input, "square images"),
    ],
    ...foreignArguments(args),
    ...faults,
  ];
  return first !== undefined ? left([first, ...others]) : right({
    numHeads: numberIn(args, "num_heads") ?? headsOf(architecture),
    layerNormEps: undefined,
    sizes,
  });
}

/**
 * Reads a configuration. What `exportEncoder` writes has the fields of both.
 *
 * @returns Its facts; `null` if it is of neither library; or why the encoder that it
 * describes is another one.
 */
export function readHubConfig(
  config: JsonObject,
): Result<Faults, StatedEncoder | null> {
  const { model_type: type, architecture } = config;
  if (type !== undefined) return ofTransformers(config);
  return architecture === undefined ? right(null) : ofTimm(config);
}

/** Compares a configuration with the weights beside it. */
export function sizeFaults(
  { sizes }: StatedEncoder,
  model: ModelSpec,
): readonly Fault[] {
  return sizes.filter(({ field, size }) => model[field] !== size)
    .map(({ path, field, size }) =>
      fault(
        `config.json: ${path}`,
        size,
        `${model[field]}, as the weights have it`,
      )
    );
}
