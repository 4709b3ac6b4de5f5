/** Objectives: stages, targets and decoders that belong together. */
import {
  cellSide,
  type ModelSpec,
  type StageScale,
  type StageSpec,
  type StageTarget,
  targetOf,
} from "./model_spec.ts";

/**
 * How an encoder learns by reconstruction.
 *
 * - `localMim`: small decoders at several depths (Wang et al., 2023).
 * - `mae`: one large decoder behind the last block (He et al., 2022).
 */
export type Objective = "localMim" | "mae";

/** MAE's decoder of ViT-B, which those of larger encoders are equal to. */
const MAE_DECODER = { width: 512, depth: 8, headWidth: 32 } as const;

/** Width and depth of MAE's decoder as a part of those of ViT-B. */
const MAE_PART = 2 / 3;

/** Widths of decoders are multiples of this: of half MAE's heads. */
const WIDTH_STEP = MAE_DECODER.headWidth / 2;

type Decoder = Pick<
  ModelSpec,
  "decoderEmbedDim" | "decoderDepth" | "decoderNumHeads"
>;

/**
 * MAE's decoder for an encoder: two thirds of its width and of its depth, as for ViT-B,
 * and for no encoder more than 512 and 8, as for ViT-L and ViT-H. Heads are 32 wide, or
 * 16 where those do not divide the width.
 */
function maeDecoder(
  { embedDim, depth }: Pick<ModelSpec, "embedDim" | "depth">,
): Decoder {
  const steps = Math.max(1, Math.round(MAE_PART * embedDim / WIDTH_STEP));
  const width = Math.min(MAE_DECODER.width, steps * WIDTH_STEP);
  const { headWidth } = MAE_DECODER;
  return {
    decoderEmbedDim: width,
    decoderDepth: Math.min(
      MAE_DECODER.depth,
      Math.max(1, Math.round(MAE_PART * depth)),
    ),
    decoderNumHeads: width / (width % headWidth === 0 ? headWidth : WIDTH_STEP),
  };
}

/**
 * A model with MAE's objective in place of its own: one stage behind the last block that
 * predicts the normalised pixels of hidden patches, by a decoder of two thirds of the
 * encoder's width and depth, at most 512 wide and 8 deep. For ViT-B, ViT-L and ViT-H it
 * is the decoder of the paper.
 *
 * @param model Sizes of the encoder; its stages and decoders do not matter.
 * @see He et al., Masked Autoencoders Are Scalable Vision Learners, 2022, section 3 and
 * appendix A: {@link https://arxiv.org/abs/2111.06377}
 *
 * @example
 * ```ts
 * import { maeModel, MODEL_PRESETS } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const { stages, decoderEmbedDim, decoderDepth, decoderNumHeads } = maeModel(MODEL_PRESETS["vit-b"]);
 *
 * deepStrictEqual(stages, [{ tap: 11, scale: 1, weight: 1, target: "normalisedPixels" }]);
 * deepStrictEqual([decoderEmbedDim, decoderDepth, decoderNumHeads], [512, 8, 16]);
 * ```
 */
export function maeModel(model: ModelSpec): ModelSpec {
  const stage: StageSpec = {
    tap: model.depth - 1,
    scale: 1,
    weight: 1,
    target: "normalisedPixels",
  };
  return { ...model, stages: [stage], ...maeDecoder(model) };
}

/** Objective that a model has: MAE's if it has one stage and that predicts pixels of whole patches. */
export function objectiveOf({ stages }: Pick<ModelSpec, "stages">): Objective {
  const [first] = stages;
  return stages.length === 1 && first?.scale === 1 && targetOf(first) !== "hog"
    ? "mae"
    : "localMim";
}

const SCALES: readonly StageScale[] = [8, 4, 2, 1];

/** The most cells along a patch, not more than a stage has, whose sides are whole pixels, two or more where cells are normalised. */
function pixelScale(
  model: ModelSpec,
  { scale: most }: StageSpec,
  target: StageTarget,
): StageScale {
  const least = target === "pixels" ? 1 : 2;
  const fits = (scale: StageScale): boolean => {
    const side = cellSide(model, { scale });
    return scale <= most && Number.isInteger(side) && side >= least;
  };
  return SCALES.find(fits) ?? 1;
}

/**
 * A model all of whose stages predict one kind of target. Where pixels are predicted, a
 * stage keeps its cells if they are parts of one patch whose sides are whole pixels, two
 * or more where cells are normalised; else it gets the next larger ones that are.
 *
 * @param model Sizes and stages.
 */
export function withTarget(model: ModelSpec, target: StageTarget): ModelSpec {
  const stages = model.stages.map((stage): StageSpec => {
    const { target: _, ...own } = stage;
    return target === "hog"
      ? own
      : { ...own, target, scale: pixelScale(model, stage, target) };
  });
  return { ...model, stages };
}
