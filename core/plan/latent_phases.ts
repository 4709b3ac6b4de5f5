/** Phases in which latent targets act. */
import { firstBlockLayer } from "./layers.ts";
import type { Phase, PlanConfig } from "./plan.ts";

/**
 * Block whose features are latent targets in a phase: the deepest of the model's
 * `latent.taps` that is frozen.
 *
 * @returns A function from a phase to the block; `null` as long as none is frozen, and for
 * a model without latent targets.
 *
 * @example The features of block 1 are targets as soon as it is frozen
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, latentTapAt, planOf } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const { model } = DEFAULT_PRETRAIN_CONFIG;
 * const latent = { taps: [1, 3], every: 4, weight: 1 };
 * const plan = planOf({ ...DEFAULT_PRETRAIN_CONFIG, model: { ...model, latent } }, 1_281_167);
 * if (plan._tag === "Left") throw new Error("unreachable");
 *
 * deepStrictEqual(
 *   plan.right.phases.slice(0, 6).map(latentTapAt(plan.right)),
 *   [null, null, null, 1, 1, 3],
 * );
 * ```
 */
export function latentTapAt(
  { config: { model, freeze } }: {
    readonly config: {
      readonly model: Pick<PlanConfig["model"], "latent">;
      readonly freeze: Pick<PlanConfig["freeze"], "freezePatchEmbed">;
    };
  },
): (phase: Pick<Phase, "frozenLayers">) => number | null {
  const { taps = [] } = model.latent ?? {};
  const first = firstBlockLayer(freeze);
  return ({ frozenLayers }) =>
    taps.findLast((tap) => tap + first < frozenLayers) ?? null;
}
