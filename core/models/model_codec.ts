/** Limits of the models that can be built. */
import {
  type Codec,
  decode,
  numberIn,
  oneOf,
  POSITIVE,
  wholeBetween,
  wholeFrom,
} from "../codec/codec.ts";
import { listOf, optional, recordOf, refined } from "../codec/structures.ts";
import {
  type Fault,
  type Faults,
  inconsistent,
  type Result,
} from "../result.ts";
import {
  gridSize,
  type LatentTargets,
  type ModelSpec,
  patchCount,
  type StageScale,
  type StageSpec,
  type StageTarget,
  targetChannels,
  targetOf,
  visibleCount,
} from "./model_spec.ts";

/**
 * Largest sizes of a model. The largest Vision Transformers have some fifty blocks
 * of a width of some thousands and look at some thousand patches.
 */
export const MODEL_LIMITS = {
  /** Side of an image or a patch, pixels. */
  imageSize: 16_384,
  /** Patches of an image. */
  patches: 65_536,
  /** Image channels. */
  inChannels: 1024,
  /** Width of the encoder and of a decoder. */
  width: 65_536,
  /** Encoder blocks; also stages, for each has a block of its own. */
  depth: 512,
  /** Hidden width of an MLP as a multiple of the width. */
  mlpRatio: 64,
  /** Blocks of one decoder. */
  decoderDepth: 32,
  /** Orientation bins of the target. */
  hogNbins: 1024,
} as const;

const multiple = (
  path: "imageSize" | "embedDim" | "decoderEmbedDim",
  divisor: number,
  name: string,
) =>
(spec: ModelSpec): readonly Fault[] =>
  inconsistent(
    spec[path] % divisor === 0,
    path,
    spec[path],
    `a multiple of ${divisor} (${name})`,
  );

const widths = (spec: ModelSpec): readonly Fault[] => {
  const finest = Math.max(...spec.stages.map(({ scale }) => scale));
  return [
    multiple("imageSize", spec.patchSize, "patchSize"),
    multiple("embedDim", 4, "position table"),
    multiple("embedDim", spec.numHeads, "numHeads"),
    multiple("decoderEmbedDim", 4, "position table"),
    multiple("decoderEmbedDim", spec.decoderNumHeads, "decoderNumHeads"),
    ...(finest > 4
      ? [multiple("decoderEmbedDim", finest, "head of the finest stage")]
      : []),
  ].flatMap((check) => check(spec));
};

const hiddenWidth = (spec: ModelSpec): readonly Fault[] =>
  inconsistent(
    Number.isInteger(spec.mlpRatio * spec.embedDim),
    "mlpRatio",
    spec.mlpRatio,
    "a ratio that makes mlpRatio · embedDim a whole number",
  );

const taps = ({ stages, depth }: ModelSpec): readonly Fault[] =>
  stages.flatMap(({ tap }, k) => {
    const previous = stages[k - 1]?.tap ?? -1;
    const last = k === stages.length - 1;
    return inconsistent(
      tap > previous && (last ? tap === depth - 1 : tap < depth),
      `stages[${k}].tap`,
      tap,
      last
        ? `${
          depth - 1
        }, the last block: blocks behind the last tap learn nothing`
        : `a block after ${previous} and before ${depth}, taps go from shallow to deep`,
    );
  });

const lastWeight = ({ stages }: ModelSpec): readonly Fault[] =>
  inconsistent(
    (stages.at(-1)?.weight ?? 0) > 0,
    `stages[${stages.length - 1}].weight`,
    stages.at(-1)?.weight,
    "more than 0: the last stage outlives the others",
  );

const cells = (spec: ModelSpec): readonly Fault[] =>
  spec.stages.flatMap(({ scale }, k) => [
    ...inconsistent(
      scale <= spec.patchSize,
      "patchSize",
      spec.patchSize,
      `at least ${scale}, the cells along a patch that stages[${k}] predicts (scale)`,
    ),
    ...inconsistent(
      scale >= 1 || gridSize(spec) % 2 === 0,
      "imageSize",
      spec.imageSize,
      `a multiple of ${
        2 * spec.patchSize
      }: cells of stages[${k}] are 2 × 2 patches (scale ½)`,
    ),
  ]);

/** Cells whose pixels are predicted: whole ones, and some values to normalise by. */
const pixelCells = (spec: ModelSpec): readonly Fault[] =>
  spec.stages.flatMap((stage, k) => {
    const { scale } = stage;
    const target = targetOf(stage);
    if (target === "hog") return [];
    const path = `stages[${k}].scale`;
    const isWhole = scale >= 1 && spec.patchSize % scale === 0;
    const least = target === "pixels" ? 1 : 2;
    return [
      ...inconsistent(
        isWhole,
        path,
        scale,
        `1 or more cells along a patch of ${spec.patchSize} pixels (patchSize), each of whole pixels (target ${target})`,
      ),
      ...inconsistent(
        !isWhole || targetChannels(spec, stage) >= least,
        path,
        scale,
        `cells of at least ${least} values, so that they have a deviation (target ${target})`,
      ),
    ];
  });

/** Taps of latent targets: from shallow to deep, of blocks that can be frozen. */
const latentTaps = ({ latent, depth }: ModelSpec): readonly Fault[] =>
  (latent?.taps ?? []).flatMap((tap, i, taps) => {
    const before = taps[i - 1] ?? -1;
    return inconsistent(
      tap > before && tap < depth - 1,
      `latent.taps[${i}]`,
      tap,
      `a block ${before < 0 ? "" : `after ${before} and `}before ${
        depth - 1
      }, the last one, which never freezes`,
    );
  });

const patches = (spec: ModelSpec): readonly Fault[] =>
  inconsistent(
    patchCount(spec) <= MODEL_LIMITS.patches,
    "imageSize",
    spec.imageSize,
    `at most ${MODEL_LIMITS.patches} patches of ${spec.patchSize} pixels (patchSize)`,
  );

const masking = (spec: ModelSpec): readonly Fault[] => {
  const [all, visible] = [patchCount(spec), visibleCount(spec)];
  return inconsistent(
    visible >= 1 && visible < all,
    "maskRatio",
    spec.maskRatio,
    `a ratio that leaves 1 to ${all - 1} of ${all} patches visible`,
  );
};

/** Faults between the sizes of a model, each of which is in its range. */
function modelConstraints(spec: ModelSpec): readonly Fault[] {
  const grid = gridSize(spec);
  return [
    ...widths(spec),
    ...hiddenWidth(spec),
    ...taps(spec),
    ...lastWeight(spec),
    ...latentTaps(spec),
    ...(Number.isInteger(grid)
      ? [
        ...patches(spec),
        ...cells(spec),
        ...pixelCells(spec),
        ...masking(spec),
      ]
      : []),
  ];
}

const stageCodec: Codec<StageSpec> = recordOf<StageSpec>({
  tap: wholeFrom(0),
  scale: oneOf<StageScale>(8, 4, 2, 1, 0.5),
  weight: numberIn("a number of at least 0", (weight) => weight >= 0),
  target: optional(oneOf<StageTarget>("hog", "pixels", "normalisedPixels")),
});

const latentCodec: Codec<LatentTargets> = recordOf<LatentTargets>({
  taps: listOf(wholeFrom(0), MODEL_LIMITS.depth),
  every: wholeFrom(1),
  weight: POSITIVE,
});

/** Sizes end far above those of any Vision Transformer, so that a file which claims more asks for no memory. */
const sizes: Codec<ModelSpec> = recordOf<ModelSpec>({
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
  latent: optional(latentCodec),
  decoderEmbedDim: wholeBetween(4, MODEL_LIMITS.width),
  decoderDepth: wholeBetween(1, MODEL_LIMITS.decoderDepth),
  decoderNumHeads: wholeBetween(1, MODEL_LIMITS.width),
  hogNbins: wholeBetween(1, MODEL_LIMITS.hogNbins),
  maskRatio: numberIn(
    "a number in (0, 1)",
    (ratio) => ratio > 0 && ratio < 1,
  ),
  layerNormEps: numberIn("a number above 0", (epsilon) => epsilon > 0),
});

/** Accepts the models that can be built. */
export const modelCodec: Codec<ModelSpec> = refined(sizes, modelConstraints);

/** The model with one tap behind the last block, where a head stands, and no latent targets. */
export const withHead = (
  { latent: _, ...model }: ModelSpec,
): ModelSpec => ({
  ...model,
  stages: [{ tap: model.depth - 1, scale: 1, weight: 1 }],
});

/** Accepts the models whose encoder can be built, whatever their stages. */
export const encoderCodec: Codec<ModelSpec> = refined(
  sizes,
  (model) => modelConstraints(withHead(model)),
);

/**
 * Checks the sizes of a model: each field in its range, patches that tile the
 * image, widths that heads and position tables divide, taps from shallow to deep
 * that end at the last block, target cells of at least one pixel, of whole ones where
 * pixels are the target, at least one visible and one masked patch.
 *
 * @returns The model, or every fault in it.
 */
export const checkModel: (input: unknown) => Result<Faults, ModelSpec> = decode(
  modelCodec,
);
