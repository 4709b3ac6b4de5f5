/**
 * `config.json` of an exported encoder.
 *
 * @module
 */
import type { ModelSpec } from "../../../core/mod.ts";
import type { EncoderExport } from "./encoder_files.ts";

/** timm's models by width, depth, heads and patch side. */
const TIMM_NAMES: ReadonlyMap<string, string> = new Map([
  ["192 12 3 16", "vit_tiny_patch16_224"],
  ["384 12 6 16", "vit_small_patch16_224"],
  ["768 12 12 16", "vit_base_patch16_224"],
  ["1024 24 16 16", "vit_large_patch16_224"],
  ["1280 32 16 14", "vit_huge_patch14_224"],
]);

/** timm's model that is changed by arguments where none has the sizes. */
const ANY_NAME = "vit_base_patch16_224";

const architectureOf = (
  { embedDim, depth, numHeads, patchSize }: ModelSpec,
): string =>
  TIMM_NAMES.get(`${embedDim} ${depth} ${numHeads} ${patchSize}`) ?? ANY_NAME;

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

/**
 * The configuration that timm and transformers.js read, each its own fields.
 *
 * @param encoder The encoder.
 */
export function timmConfig(
  { model, normalization, resizeSize }: EncoderExport,
): Readonly<Record<string, unknown>> {
  const side = model.imageSize;
  return {
    architecture: architectureOf(model),
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
