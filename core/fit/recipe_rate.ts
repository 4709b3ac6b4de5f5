/** Rates at which models of other widths learn, in steps of other sizes. */
import { effectiveBatch, RECIPES } from "../config/recipes.ts";
import type { PretrainConfig } from "../config/pretrain.ts";
import type { ModelSpec } from "../models/model_spec.ts";

/** Growth of a rate with the images of a step: as their root, for an adaptive optimizer. */
const WITH_IMAGES = 0.5;

/** A recipe's rate if its steps had one image. */
const rateOfOne = (recipe: PretrainConfig): number =>
  recipe.rate.baseRate / effectiveBatch(recipe) ** WITH_IMAGES;

const { small, paper } = RECIPES;

/** Fall of a rate with the width: the power at which both recipes lie on one line, 0.93. */
const WITH_WIDTH = Math.log(rateOfOne(small) / rateOfOne(paper)) /
  Math.log(paper.model.embedDim / small.model.embedDim);

/**
 * Learning rate of pre-training for a model and the images of its steps, on the line
 * through both recipes: `α = 0.002 · (images / 32)^½ · (64 / D)^0.93`.
 *
 * The recipe for small pictures (`D = 64`, 32 images a step) has 0.002 and that of the
 * paper (`D = 768`, 2048 images) 0.0016. Between them lie a factor of 64 in images and
 * of 12 in width. AdamW's rates go with the root of the batch (Malladi et al.), and
 * those of an optimal model with about one over its width (Yang et al.), which leaves
 * the power of the width to be what it has to be so that both recipes keep their rates.
 * The linear rule, by which a stated `blr` goes with the batch, would give ViT-B 2.5e-5 in
 * steps of 32 images, where it hardly moves.
 *
 * @param model The model; its width `D` counts.
 * @param images Samples of one optimizer step, at least 1.
 * @returns A rate above 0.
 *
 * @see Malladi et al., On the SDEs and Scaling Rules for Adaptive Gradient Algorithms,
 * 2022; Yang et al., Tensor Programs V, 2022.
 *
 * @example Both recipes keep their rates
 * ```ts
 * import { MODEL_PRESETS, recipeRate } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const { nano, "vit-b": vitB, "vit-ti": tiny } = MODEL_PRESETS;
 * const rates = [recipeRate(nano, 32), recipeRate(vitB, 2048), recipeRate(tiny, 128)];
 *
 * deepStrictEqual(rates.map((rate) => rate.toPrecision(3)), ["0.00200", "0.00160", "0.00145"]);
 * ```
 */
export function recipeRate(
  { embedDim }: Pick<ModelSpec, "embedDim">,
  images: number,
): number {
  const relative = embedDim / small.model.embedDim;
  return rateOfOne(small) * images ** WITH_IMAGES / relative ** WITH_WIDTH;
}
