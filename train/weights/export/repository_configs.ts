/** Configurations of an exported encoder for timm and transformers. */
import {
  type HeadInput,
  type ModelSpec,
  timmModelName,
} from "../../../core/mod.ts";
import {
  type Background,
  type Normalization,
  normalizationFor,
} from "../../../data/mod.ts";
import type { HostTensors } from "../../engine/tensors.ts";
import { OWN_FIELD } from "../encoder/own_field.ts";

/** A model and what others must know of it. */
export interface ModelExport {
  /** Its sizes. */
  readonly model: ModelSpec;
  /** Statistics that its images are normalised with. */
  readonly normalization: Normalization;
  /** Length of an image's shorter side before the middle is cut out, pixels, at least the model's image side. */
  readonly resizeSize: number;
  /** Colour that transparent parts of its images are blended onto, if that is known. */
  readonly background?: Background | undefined;
  /** Title of the model card. */
  readonly title: string;
  /** Sentences on its training for the model card. */
  readonly history: readonly string[];
  /** Most bytes of numbers in `model.onnx`; what ONNX allows by default. */
  readonly mostOnnxBytes?: number;
}

/** An encoder and what others must know of it. */
export interface EncoderExport extends ModelExport {
  /** Its parameters by the model's names; if its own position table `pos_embed` is among them, it is written in place of the fixed one. */
  readonly parameters: HostTensors;
}

/** A classifier and what others must know of it. */
export interface ClassifierExport extends ModelExport {
  /** The numbers that its head scores: of one tap that is the last. */
  readonly headInput: HeadInput;
  /** All its parameters, `imageClassifierParameters`. */
  readonly parameters: HostTensors;
  /** Names of the classes in the order of the scores. */
  readonly classNames: readonly string[];
}

/** timm's model that is changed by arguments where none has the sizes. */
const ANY_NAME = "vit_base_patch16_224";

/** Sizes as arguments of timm's `VisionTransformer`. */
const timmArguments = (model: ModelSpec): Record<string, unknown> => ({
  img_size: model.imageSize,
  patch_size: model.patchSize,
  in_chans: model.inChannels,
  embed_dim: model.embedDim,
  depth: model.depth,
  num_heads: model.numHeads,
  mlp_ratio: model.mlpRatio,
});

/** Sizes as Hugging Face's ViT has them. */
const transformersSizes = (model: ModelSpec): Record<string, unknown> => ({
  model_type: "vit",
  architectures: ["ViTModel"],
  image_size: model.imageSize,
  patch_size: model.patchSize,
  num_channels: model.inChannels,
  hidden_size: model.embedDim,
  num_hidden_layers: model.depth,
  num_attention_heads: model.numHeads,
  intermediate_size: model.embedDim * model.mlpRatio,
  hidden_act: "gelu",
  qkv_bias: true,
  layer_norm_eps: model.layerNormEps,
});

/** What other programs have no word for. */
const ownFields = ({ background }: ModelExport) =>
  background === undefined ? {} : { [OWN_FIELD]: { background } };

/** The configuration that timm and transformers.js read, each its own fields. */
export function timmConfig(
  encoder: ModelExport,
): Readonly<Record<string, unknown>> {
  const { model } = encoder;
  return {
    architecture: timmModelName(model) ?? ANY_NAME,
    num_classes: 0,
    num_features: model.embedDim,
    global_pool: "token",
    model_args: timmArguments(model),
    pretrained_cfg: pretrainedConfig(encoder, 0),
    ...transformersSizes(model),
    ...ownFields(encoder),
  };
}

/** timm's pooling before a head, and whether a norm of its own stands between. */
const poolingOf = (headInput: HeadInput) =>
  headInput === "normOfMean"
    ? { global_pool: "avg", fc_norm: true }
    : headInput.tokens === "patches"
    ? { global_pool: "avg", fc_norm: false }
    : { global_pool: "token", fc_norm: false };

/** The same of a classifier, with its classes as each of them names them. */
export function classifierConfig(
  classifier: ClassifierExport,
): Readonly<Record<string, unknown>> {
  const { model, classNames, headInput } = classifier;
  const pooling = poolingOf(headInput);
  const labels = classNames.map((name, k) => [k, name] as const);
  return {
    ...timmConfig(classifier),
    num_classes: classNames.length,
    global_pool: pooling.global_pool,
    model_args: { ...timmArguments(model), ...pooling },
    pretrained_cfg: pretrainedConfig(classifier, classNames.length),
    label_names: classNames,
    architectures: ["ViTForImageClassification"],
    num_labels: classNames.length,
    id2label: Object.fromEntries(labels),
    label2id: Object.fromEntries(labels.map(([k, name]) => [name, k])),
  };
}

/** timm's facts about the images and the head of a model. */
function pretrainedConfig(
  { model, normalization, resizeSize }: ModelExport,
  classes: number,
): Readonly<Record<string, unknown>> {
  const side = model.imageSize;
  return {
    input_size: [model.inChannels, side, side],
    fixed_input_size: true,
    interpolation: "bicubic",
    crop_pct: side / resizeSize,
    crop_mode: "center",
    mean: normalization.mean,
    std: normalization.deviation,
    num_classes: classes,
    pool_size: null,
    first_conv: "patch_embed.proj",
    classifier: "head",
  };
}

/**
 * The configuration of a Hugging Face image processor that does what `evalTransform`
 * does: shorter side, middle, statistics.
 */
export function preprocessorConfig(
  { model, normalization, resizeSize }: ModelExport,
): unknown {
  const side = model.imageSize;
  const { mean, deviation } = normalizationFor(normalization, 3);
  return {
    image_processor_type: "ViTImageProcessor",
    do_convert_rgb: true,
    do_resize: true,
    size: { shortest_edge: resizeSize },
    resample: 3,
    do_center_crop: true,
    crop_size: { height: side, width: side },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: mean,
    image_std: deviation,
  };
}
