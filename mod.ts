/**
 * Freezing-aware self-supervised pre-training of Vision Transformers.
 *
 * The pure core (schedules, plans, graphs, models), images, training, the choice of
 * a device and pictures. Importing this module loads neither a tensor library nor one
 * that draws; `selectBackend` and `plots` load what they need.
 *
 * @module
 */
import type { BackendError } from "./backends/backend.ts";
import type {
  BackendChoice,
  Selection,
  SelectOptions,
} from "./backends/select.ts";
import type { Result } from "./core/mod.ts";

export * from "./backends/backend.ts";
export type {
  BackendChoice,
  Selection,
  SelectOptions,
} from "./backends/select.ts";
export * from "./core/mod.ts";
export * from "./data/mod.ts";
export type * from "./plot/mod.ts";
export * from "./train/mod.ts";

/**
 * Opens a device and checks on a small gradient that it computes right.
 *
 * @param wanted `auto` for the best that this machine has, or a device by name.
 * @param options Threads, for a device that can choose.
 * @returns The engine and why it was chosen, or why the device cannot be used.
 */
export async function selectBackend(
  wanted: BackendChoice = "auto",
  options: SelectOptions = {},
): Promise<Result<BackendError, Selection>> {
  const backends = await import("./backends/select.ts");
  return await backends.selectBackend(wanted, options);
}

/** Functions that draw a run as SVG text. */
export type Plots = typeof import("./plot/mod.ts");

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
  return await import("./plot/mod.ts");
}
