/**
 * Linear probes as files.
 *
 * @module
 */
import { type ProbeConfig, probeShapes } from "../../core/mod.ts";
import type { TrainingIdentity } from "../training_file.ts";

/**
 * What `trainingParts` and `readTraining` must know of a probe. Its tensors have
 * the names of MAE's checkpoints.
 *
 * @param config The probe.
 * @param totalSteps Its length, `probeLength`.
 */
export function probeIdentity(
  config: ProbeConfig,
  totalSteps: number,
): TrainingIdentity {
  return { config, totalSteps, shapesAt: () => probeShapes(config) };
}
