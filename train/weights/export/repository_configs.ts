/** Configurations of an exported encoder for timm and transformers. */
import { type ModelSpec, timmModelName } from "../../../core/mod.ts";
import { type Normalization, normalizationFor } from "../../../data/mod.ts";
import type { HostTensors } from "../../engine/tensors.ts";

/** An encoder and what others must know of it. */
export interface EncoderExport {
  /** Its sizes. */
  readonly model: ModelSpec;
  /** Its parameters by the model's names; if its own position table `pos_embed` is among them, it is written in place of the fixed one. */
  readonly parameters: HostTensors;
  /** Statistics that its images are normalised with. */
  readonly normalization: Normalization;
  /** Length of an image's shorter side before the middle is cut out, pixels, at least the model's image side. */
  readonly resizeSize: number;
  /** Title of the model card. */
  readonly title: string;
  /** Sentences on its training for the model card. */
  readonly history: readonly string[];
  /** Most bytes of numbers in `model.onnx`; what ONNX allows when left out. */
  readonly mostOnnxBytes?: number;
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

/** The configuration that timm and transformers.js read, each its own fields. */
export function timmConfig(
  { model, normalization, resizeSize }: EncoderExport,
): Readonly<Record<string, unknown>> {
  const side = model.imageSize;
  return {
    architecture: timmModelName(model) ?? ANY_NAME,
    num_classes: 0,
    num_features: model.embedDim,
    global_pool: "token",
    model_args: timmArguments(model),
    pretrained_cfg: {
      input_size: [model.inChannels, side, side],
      fixed_input_size: true,
      interpolation: "bicubic",
      crop_pct: side / resizeSize,
      crop_mode: "center",
      mean: normalization.mean,
      std: normalization.deviation,
      num_classes: 0,
      pool_size: null,
      first_conv: "patch_embed.proj",
      classifier: "head",
    },
    ...transformersSizes(model),
  };
}

/**
 * The configuration of a Hugging Face image processor that does what `evalTransform`
 * does: shorter side, middle, statistics.
 */
export function preprocessorConfig(
  { model, normalization, resizeSize }: EncoderExport,
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
