/**
 * Models by name.
 *
 * @module
 */
import { localMimStages, type ModelSpec, stagesAt } from "./model_spec.ts";

/** Name of a preset. */
export type ModelName =
  | "nano"
  | "micro"
  | "vit-ti"
  | "vit-s"
  | "vit-b"
  | "vit-l"
  | "vit-h";

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
 * small pictures (`nano` for about 28 pixels, `micro` for 64).
 */
export const MODEL_PRESETS: Readonly<Record<ModelName, ModelSpec>> = {
  nano: preset(64, 6, 4, {
    imageSize: 24,
    patchSize: 4,
    inChannels: 1,
    stages: stagesAt([1, 3, 4, 5]),
    decoderEmbedDim: 32,
    decoderNumHeads: 4,
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
};
