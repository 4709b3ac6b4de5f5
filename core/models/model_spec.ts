/**
 * A model of masked image modelling as data: sizes, stages, presets.
 *
 * Shape letters used everywhere: `B` batch, `L` patches of an image, `N` tokens
 * in a sequence, `D` width, `H` heads, `P` patch side, `C` image channels,
 * `G` patches along one side (`L = G²`), `S` stages.
 */
import type { Declared, ModelScope } from "../nn/scope.ts";

/** Cells along one side of a patch that a stage predicts. */
export type StageScale = 8 | 4 | 2 | 1 | 0.5;

/**
 * What a stage predicts of a hidden cell.
 *
 * - `hog`: histograms of oriented gradients, one for each image channel.
 * - `pixels`: its pixels.
 * - `normalisedPixels`: its pixels less their mean, over their deviation.
 */
export type StageTarget = "hog" | "pixels" | "normalisedPixels";

/** One depth at which the encoder is tapped and asked to reconstruct. */
export interface StageSpec {
  /** Block whose output is tapped, counted from 0. */
  readonly tap: number;
  /** Target cells along one side of a patch. */
  readonly scale: StageScale;
  /** Weight of this stage in the total loss, `≥ 0`; it stays with the stage when others are pruned. */
  readonly weight: number;
  /** What it predicts of a cell; `hog` where it is not said. */
  readonly target?: StageTarget;
}

/**
 * Targets that the frozen part of an encoder gives: its own features of hidden patches,
 * which the decoder of the last stage predicts besides.
 */
export interface LatentTargets {
  /**
   * Blocks whose features are targets once they are frozen, from shallow to deep, counted
   * from 0; of several frozen ones the deepest counts.
   */
  readonly taps: readonly number[];
  /** One image in so many has such targets: the first of every group of a batch; `≥ 1`. */
  readonly every: number;
  /** Weight of their loss in the total loss, `> 0`. */
  readonly weight: number;
}

/** Sizes of a ViT encoder and of the decoders on it. */
export interface ModelSpec {
  /** Side of the square image, pixels. */
  readonly imageSize: number;
  /** Side `P` of a patch, pixels; divides `imageSize`. */
  readonly patchSize: number;
  /** Image channels `C`. */
  readonly inChannels: number;
  /** Encoder width `D`; a multiple of 4 (position table) and of `numHeads`. */
  readonly embedDim: number;
  /** Encoder blocks. */
  readonly depth: number;
  /** Attention heads `H` of the encoder. */
  readonly numHeads: number;
  /** Hidden width of an MLP as a multiple of `D`. */
  readonly mlpRatio: number;
  /** Stages from shallow to deep. */
  readonly stages: readonly StageSpec[];
  /** Features of frozen blocks as targets; absent where there are none. */
  readonly latent?: LatentTargets;
  /** Decoder width. */
  readonly decoderEmbedDim: number;
  /** Blocks of one decoder. */
  readonly decoderDepth: number;
  /** Attention heads of a decoder. */
  readonly decoderNumHeads: number;
  /** Orientation bins of the HOG target over 180°. */
  readonly hogNbins: number;
  /** Part of the patches hidden from the encoder, in `(0, 1)`; at least one patch and not all. */
  readonly maskRatio: number;
  /** `ε` of every layer normalisation. */
  readonly layerNormEps: number;
}

/** The part of the model that a parameter belongs to; a plan maps parts to layers. */
export type Owner =
  | { readonly _tag: "ClassToken" }
  | { readonly _tag: "PatchEmbed" }
  | { readonly _tag: "Block"; readonly index: number }
  | { readonly _tag: "Stage"; readonly index: number };

/** One trainable tensor. */
export type ParameterSpec = Declared<Owner>;

/** The trace of a Vision Transformer. */
export type VitScope = ModelScope<Owner>;

/** True if weight decay applies: not to vectors, scalars and biases. */
export function isDecayed(
  parameter: Pick<ParameterSpec, "name" | "shape">,
): boolean {
  return parameter.shape.length > 1 && !parameter.name.endsWith(".bias");
}

/** Patches along one side of the image, `G`. */
export function gridSize(spec: ModelSpec): number {
  return spec.imageSize / spec.patchSize;
}

/** Patches of an image, `L = G²`. */
export function patchCount(spec: ModelSpec): number {
  return gridSize(spec) ** 2;
}

/** Patches that the encoder sees, `⌊L·(1 − maskRatio)⌋`. */
export function visibleCount(spec: ModelSpec): number {
  return Math.floor(patchCount(spec) * (1 - spec.maskRatio));
}

/** Target cells along one side of the image for a stage, `scale·G`. */
export function cellsPerSide(spec: ModelSpec, stage: StageSpec): number {
  return stage.scale * gridSize(spec);
}

/** What a stage predicts of a hidden cell. */
export function targetOf(
  { target = "hog" }: Pick<StageSpec, "target">,
): StageTarget {
  return target;
}

/**
 * Pixels along one side of a target cell, `P / scale`: whole where pixels are the
 * target.
 */
export function cellSide(
  { patchSize }: Pick<ModelSpec, "patchSize">,
  { scale }: Pick<StageSpec, "scale">,
): number {
  return patchSize / scale;
}

/** Values that describe one target cell: `nbins` of each image channel, or its pixels. */
export function targetChannels(
  spec: Pick<ModelSpec, "patchSize" | "inChannels" | "hogNbins">,
  stage: Pick<StageSpec, "scale" | "target">,
): number {
  const ofChannel = targetOf(stage) === "hog"
    ? spec.hogNbins
    : cellSide(spec, stage) ** 2;
  return ofChannel * spec.inChannels;
}

/**
 * LocalMIM's scales at other taps: 4, 2, 1 and ½ cells along a patch side.
 *
 * @param taps Blocks from shallow to deep, counted from 0.
 */
export function stagesAt(
  taps: readonly [number, number, number, number],
): readonly StageSpec[] {
  const scales: readonly StageScale[] = [4, 2, 1, 0.5];
  return scales.map((scale, k) => ({ tap: taps[k] ?? 0, scale, weight: 1 }));
}

/**
 * LocalMIM's four stages: taps at blocks 1, 3, depth − 3 and depth − 1 with 4, 2,
 * 1 and ½ cells along a patch side.
 *
 * @param depth Encoder blocks; the taps differ from 7 on.
 */
export function localMimStages(depth: number): readonly StageSpec[] {
  return stagesAt([1, 3, depth - 3, depth - 1]);
}

/**
 * The stages that a grid of patches allows: an odd one has no cells of 2×2 patches,
 * so that stages of scale ½ get scale 1.
 *
 * @param stages Stages of an even grid.
 * @param grid Patches along one side, `G`.
 */
export function stagesOnGrid(
  stages: readonly StageSpec[],
  grid: number,
): readonly StageSpec[] {
  return grid % 2 === 1
    ? stages.map((stage) => stage.scale < 1 ? { ...stage, scale: 1 } : stage)
    : stages;
}

/**
 * A stage after every block: scale 8 first, then two of 4, ones of 2 in the
 * middle, two of 1, and ½ last. The reference defines this for depth 12.
 *
 * @param depth Encoder blocks, at least 6.
 */
export function allStages(depth: number): readonly StageSpec[] {
  const scaleOf = (tap: number): StageScale =>
    tap === 0
      ? 8
      : tap < 3
      ? 4
      : tap < depth - 3
      ? 2
      : tap < depth - 1
      ? 1
      : 0.5;
  return Array.from(
    { length: depth },
    (_, tap) => ({ tap, scale: scaleOf(tap), weight: 1 }),
  );
}

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
 * Part of the patches of a small picture that is hidden. It has few patches: of the 36 of
 * `nano` the papers' 0.75 leave 9 to guess the others from.
 */
const SMALL_MASK_RATIO = 0.6;

/**
 * Models by name: the Vision Transformers of the papers at 224×224, and two for
 * small pictures (`nano` for about 28 pixels, `micro` for 64), which hide less of them.
 */
export const MODEL_PRESETS: Readonly<Record<ModelName, ModelSpec>> = {
  nano: preset(64, 6, 4, {
    imageSize: 24,
    patchSize: 4,
    inChannels: 1,
    stages: stagesAt([1, 3, 4, 5]),
    decoderEmbedDim: 32,
    decoderNumHeads: 4,
    maskRatio: SMALL_MASK_RATIO,
  }),
  micro: preset(128, 12, 4, {
    imageSize: 64,
    patchSize: 8,
    decoderEmbedDim: 64,
    decoderNumHeads: 4,
    maskRatio: SMALL_MASK_RATIO,
  }),
  "vit-ti": preset(192, 12, 3),
  "vit-s": preset(384, 12, 6),
  "vit-b": preset(768, 12, 12),
  "vit-l": preset(1024, 24, 16),
  "vit-h": preset(1280, 32, 16, { patchSize: 14 }),
};
