/**
 * The model of the golden numbers in `golden/tiny`.
 *
 * @module
 */
import { MODEL_PRESETS, type ModelSpec } from "../core/mod.ts";

/** ViT-S with twelve blocks, narrow, on 64 pixels. */
export const TINY_MODEL: ModelSpec = {
  ...MODEL_PRESETS["vit-s"],
  imageSize: 64,
  embedDim: 36,
  numHeads: 3,
  decoderEmbedDim: 24,
  decoderNumHeads: 2,
};
