/**
 * Models by name.
 *
 * @module
 */
import { localMimStages, type ModelSpec } from "./model_spec.ts";

const preset = (
  embedDim: number,
  depth: number,
  numHeads: number,
  other: Partial<ModelSpec> = {},
): ModelSpec => ({
  imageSize: 224,
  patchSize: 16,
  inChannels: 3,
  embedDim,
  depth,
  numHeads,
  mlpRatio: 4,
  stages: localMimStages(depth),
  decoderEmbedDim: 256,
  decoderDepth: 1,
  decoderNumHeads: 8,
  hogNbins: 9,
  maskRatio: 0.75,
  layerNormEps: 1e-6,
  ...other,
});

/**
 * Models by name: the Vision Transformers of the papers at 224×224, and two for
 * small pictures (`nano` for 28–32 pixels, `micro` for 64).
 */
export const MODEL_PRESETS = {
  nano: preset(96, 8, 3, {
    imageSize: 32,
    patchSize: 4,
    inChannels: 1,
    decoderEmbedDim: 48,
    decoderNumHeads: 3,
  }),
  micro: preset(128, 12, 4, {
    imageSize: 64,
    patchSize: 8,
    decoderEmbedDim: 64,
    decoderNumHeads: 4,
  }),
  "vit-ti": preset(192, 12, 3),
  "vit-s": preset(384, 12, 6),
  "vit-b": preset(768, 12, 12),
  "vit-l": preset(1024, 24, 16),
  "vit-h": preset(1280, 32, 16, { patchSize: 14 }),
} as const satisfies Record<string, ModelSpec>;

/** Name of a preset. */
export type ModelName = keyof typeof MODEL_PRESETS;
