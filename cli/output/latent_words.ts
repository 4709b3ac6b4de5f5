/** Latent targets of a plan in words. */
import { type FreezePlan, latentTapAt } from "../../core/mod.ts";

/** When the features of which block become targets: a text for each block. */
function beginnings(plan: FreezePlan): readonly string[] {
  const taps = plan.phases.map(latentTapAt(plan));
  return plan.phases.flatMap(({ from }, i) => {
    const tap = taps[i] ?? null;
    return tap === null || tap === taps[i - 1]
      ? []
      : [`of block ${tap} from step ${from} on`];
  });
}

/**
 * What latent targets do in a plan.
 *
 * @returns A line without a full stop, or `null` for a model without latent targets.
 */
export function latentWords(plan: FreezePlan): string | null {
  const { latent } = plan.config.model;
  if (latent === undefined) return null;
  const { taps, every, weight } = latent;
  const begun = beginnings(plan);
  if (begun.length === 0) {
    return `never act: block ${taps[0]} does not freeze before the end`;
  }
  const images = every === 1 ? "every image" : `one image in ${every}`;
  return `features ${begun.join(", ")}; ${images}, weight ${weight}`;
}
