/**
 * Which models can be built.
 *
 * @module
 */
import {
  type Codec,
  numberIn,
  oneOf,
  wholeBetween,
  wholeFrom,
} from "../codec/codec.ts";
import { listOf, recordOf, refined } from "../codec/structures.ts";
import { modelConstraints } from "./model_constraints.ts";
import { MODEL_LIMITS } from "./model_limits.ts";
import type { ModelSpec, StageScale, StageSpec } from "./model_spec.ts";

const stageCodec: Codec<StageSpec> = recordOf<StageSpec>({
  tap: wholeFrom(0),
  scale: oneOf<StageScale>(8, 4, 2, 1, 0.5),
  weight: numberIn("a number of at least 0", (weight) => weight >= 0),
});

/**
 * Accepts the models that can be built. Sizes end far above those of any Vision
 * Transformer, so that a file which claims more asks for no memory.
 */
export const modelCodec: Codec<ModelSpec> = refined(
  recordOf<ModelSpec>({
    imageSize: wholeBetween(1, MODEL_LIMITS.imageSize),
    patchSize: wholeBetween(1, MODEL_LIMITS.imageSize),
    inChannels: wholeBetween(1, MODEL_LIMITS.inChannels),
    embedDim: wholeBetween(4, MODEL_LIMITS.width),
    depth: wholeBetween(1, MODEL_LIMITS.depth),
    numHeads: wholeBetween(1, MODEL_LIMITS.width),
    mlpRatio: numberIn(
      `a number in (0, ${MODEL_LIMITS.mlpRatio}]`,
      (ratio) => ratio > 0 && ratio <= MODEL_LIMITS.mlpRatio,
    ),
    stages: listOf(stageCodec, MODEL_LIMITS.depth),
    decoderEmbedDim: wholeBetween(4, MODEL_LIMITS.width),
    decoderDepth: wholeBetween(1, MODEL_LIMITS.decoderDepth),
    decoderNumHeads: wholeBetween(1, MODEL_LIMITS.width),
    hogNbins: wholeBetween(1, MODEL_LIMITS.hogNbins),
    maskRatio: numberIn(
      "a number in (0, 1)",
      (ratio) => ratio > 0 && ratio < 1,
    ),
    layerNormEps: numberIn("a number above 0", (epsilon) => epsilon > 0),
  }),
  modelConstraints,
);
