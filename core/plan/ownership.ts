/**
 * Which layer a part of the model belongs to.
 *
 * @module
 */
import type { Owner } from "../models/parameters.ts";
import { firstBlockLayer } from "./layers.ts";
import type { FreezePlan, Phase } from "./plan.ts";

/**
 * Layer of a part of the model. Norm and decoder of a stage belong to the layer
 * that the stage taps.
 *
 * @param plan The plan.
 * @returns A function from a part to the index of its layer, or `null` if it never freezes.
 *
 * @example The decoder of the first stage freezes with block 1
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, layerOfOwner, planOf } from "@vitfreeze/vitfreeze/core";
 * import { strictEqual } from "node:assert/strict";
 *
 * const plan = planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167);
 *
 * strictEqual(plan._tag === "Right" && layerOfOwner(plan.right)({ _tag: "Stage", index: 0 }), 2);
 * ```
 */
export function layerOfOwner(
  plan: FreezePlan,
): (owner: Owner) => number | null {
  const { freeze } = plan.config;
  const first = firstBlockLayer(freeze);
  return (owner) => {
    switch (owner._tag) {
      case "ClassToken":
        return freeze.classToken === "withLayer0" ? 0 : null;
      case "PatchEmbed":
        return first === 1 ? 0 : null;
      case "Block":
        return owner.index + first;
      case "Stage":
        return plan.stages[owner.index]?.layer ?? null;
    }
  };
}

/**
 * Whether a part of the model trains during a phase.
 *
 * @param plan The plan.
 * @param phase One of its phases.
 */
export function isTrainable(
  plan: FreezePlan,
  phase: Phase,
): (owner: Owner) => boolean {
  const layerOf = layerOfOwner(plan);
  return (owner) => {
    const layer = layerOf(owner);
    return layer === null || layer >= phase.frozenLayers;
  };
}
