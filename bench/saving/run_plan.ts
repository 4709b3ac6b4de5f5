/** The papers' run, whose saving is asked for. */
import {
  type FreezePlan,
  planOf,
  type PretrainConfig,
  type WarmupMode,
} from "../../core/mod.ts";
import { orThrow } from "../../train/mod.ts";

/** Images of an epoch of ImageNet. */
const IMAGES = 1_281_167;

/** The papers' run of a model, 100 epochs, 10 of them warm-up of either kind. */
export function runPlan(
  { model, ...rest }: PretrainConfig,
  warmup: WarmupMode,
): FreezePlan {
  const training = { ...rest.training, epochs: 100, warmupEpochs: 10 };
  const rate = { ...rest.rate, warmup };
  return orThrow(planOf({ ...rest, model, rate, training }, IMAGES));
}
