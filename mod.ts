/**
 * Freezing-aware self-supervised pre-training of Vision Transformers.
 *
 * Grouped by what people do: plan, graph (objectives of one's own), data, devices, train,
 * ranks, evaluate, weights, plot. Importing this module loads no tensor library and nothing that
 * draws; `selectBackend` and `plots` load what they need.
 *
 * @module
 */
export * from "./api/plan.ts";
export * from "./api/graph.ts";
export * from "./api/data.ts";
export * from "./api/devices.ts";
export * from "./api/train.ts";
export * from "./api/ranks.ts";
export * from "./api/evaluate.ts";
export * from "./api/weights.ts";
export type * from "./api/plot.ts";

/** Functions that draw a run as SVG text. */
export type Plots = typeof import("./api/plot.ts");

/**
 * Loads what draws pictures: plans, losses, learning rates, accuracies, reconstructions.
 *
 * @returns All functions of `@vitfreeze/vitfreeze/plot`.
 *
 * @example A plan as SVG text
 * ```ts
 * import * as vit from "@vitfreeze/vitfreeze";
 * import { match } from "node:assert/strict";
 *
 * const { planPlot } = await vit.plots();
 * const plan = vit.orThrow(vit.planOf(vit.DEFAULT_PRETRAIN_CONFIG, 1_281_167));
 *
 * match(planPlot(plan), /patch embed/);
 * ```
 */
export async function plots(): Promise<Plots> {
  return await import("./api/plot.ts");
}
