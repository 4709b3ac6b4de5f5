/** Layers that the parts of a model belong to. */
import type { FreezeConfig } from "../config/parts.ts";
import type { ModelSpec, Owner } from "../models/model_spec.ts";
import { firstBlockLayer } from "./layers.ts";
import type { Phase } from "./plan.ts";

/** Fields of a plan that decide which layer a part of the model belongs to. */
export interface LayerMap {
  /** Configuration of the plan. */
  readonly config: {
    /** The model. */
    readonly model: Pick<ModelSpec, "stages">;
    /** Parts that freeze with layer 0. */
    readonly freeze: Pick<FreezeConfig, "freezePatchEmbed" | "classToken">;
  };
}

/**
 * Layer of a part of the model. Norm and decoder of a stage belong to the layer
 * that the stage taps.
 *
 * @returns A function from a part to the index of its layer, or `null` if it never freezes.
 */
export function layerOfOwner(
  plan: LayerMap,
): (owner: Owner) => number | null {
  const { freeze, model } = plan.config;
  const first = firstBlockLayer(freeze);
  return (owner) => {
    switch (owner._tag) {
      case "ClassToken":
        return freeze.classToken === "withLayer0" ? 0 : null;
      case "PatchEmbed":
        return first === 1 ? 0 : null;
      case "Block":
        return owner.index + first;
      case "Stage": {
        const stage = model.stages[owner.index];
        return stage === undefined ? null : stage.tap + first;
      }
    }
  };
}

/** True if a part of the model trains during a phase: a stage as long as it is live. */
export function isTrainable(
  plan: LayerMap,
  phase: Pick<Phase, "frozenLayers" | "liveStages">,
): (owner: Owner) => boolean {
  const layerOf = layerOfOwner(plan);
  return (owner) => {
    if (owner._tag === "Stage") return phase.liveStages.includes(owner.index);
    const layer = layerOf(owner);
    return layer === null || layer >= phase.frozenLayers;
  };
}
