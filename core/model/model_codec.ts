/**
 * Which models can be built.
 *
 * @module
 */
import { type Codec, numberIn, oneOf, wholeFrom } from "../codec.ts";
import { listOf, recordOf, refined } from "../codec_structures.ts";
import { modelConstraints } from "./model_constraints.ts";
import type { ModelSpec, StageScale, StageSpec } from "./model_spec.ts";

const stageCodec: Codec<StageSpec> = recordOf<StageSpec>({
  tap: wholeFrom(0),
  scale: oneOf<StageScale>(8, 4, 2, 1, 0.5),
  weight: numberIn("a number of at least 0", (weight) => weight >= 0),
});

/** Accepts the models that can be built. */
export const modelCodec: Codec<ModelSpec> = refined(
  recordOf<ModelSpec>({
    imageSize: wholeFrom(1),
    patchSize: wholeFrom(1),
    inChannels: wholeFrom(1),
    embedDim: wholeFrom(4),
    depth: wholeFrom(1),
    numHeads: wholeFrom(1),
    mlpRatio: numberIn("a number above 0", (ratio) => ratio > 0),
    stages: listOf(stageCodec),
    decoderEmbedDim: wholeFrom(4),
    decoderDepth: wholeFrom(1),
    decoderNumHeads: wholeFrom(1),
    hogNbins: wholeFrom(1),
    maskRatio: numberIn(
      "a number in (0, 1)",
      (ratio) => ratio > 0 && ratio < 1,
    ),
    layerNormEps: numberIn("a number above 0", (epsilon) => epsilon > 0),
  }),
  modelConstraints,
);
