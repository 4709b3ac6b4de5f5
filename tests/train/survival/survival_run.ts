/**
 * The run that is killed again and again.
 *
 * @module
 */
import type { CheckpointPolicy } from "../../../train/mod.ts";
import { TINY_CONFIG, tinyRun } from "../tiny_run.ts";

/** 36 steps; layers freeze at steps 15, 20, 25, 30 or thereabouts. */
export const SURVIVAL_RUN = tinyRun({
  training: { ...TINY_CONFIG.training, epochs: 6, warmupEpochs: 1 },
});

/** Saves often, so that a kill often meets the writing. */
export const SURVIVAL_POLICY: CheckpointPolicy = {
  everySteps: 2,
  everyMinutes: null,
  keepLast: 2,
  keepAtFreeze: true,
};
