/** Models that both sides of a comparison can build. */
import {
  localMimStages,
  MODEL_PRESETS,
  type ModelName,
  type ModelSpec,
} from "../../core/mod.ts";

/** Name of a model that is compared. */
export type PeerModelName = "small" | Exclude<ModelName, "nano" | "micro">;

/**
 * Presets of twelve layers and more, and `small`: ViT-S with a quarter of its
 * width on 32 pixels.
 */
export const PEER_MODELS: Readonly<Record<PeerModelName, ModelSpec>> = {
  "small": {
    ...MODEL_PRESETS["vit-s"],
    imageSize: 32,
    patchSize: 4,
    embedDim: 96,
    depth: 12,
    numHeads: 3,
    stages: localMimStages(12),
    decoderEmbedDim: 96,
    decoderNumHeads: 3,
  },
  "vit-ti": MODEL_PRESETS["vit-ti"],
  "vit-s": MODEL_PRESETS["vit-s"],
  "vit-b": MODEL_PRESETS["vit-b"],
  "vit-l": MODEL_PRESETS["vit-l"],
  "vit-h": MODEL_PRESETS["vit-h"],
};

/**
 * The encoder of a model on images of half the side: without masking it sees as
 * many patches as the model's encoder does with three quarters of them hidden.
 * Its taps stay; their scales, which only decoders know, are all 1.
 *
 * @param model Sizes.
 */
export function encoderModel(model: ModelSpec): ModelSpec {
  return {
    ...model,
    imageSize: model.imageSize / 2,
    stages: model.stages.map((stage) => ({ ...stage, scale: 1 })),
  };
}
