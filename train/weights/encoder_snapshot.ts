/**
 * Pre-training that starts from an encoder.
 *
 * @module
 */
import type { FreezePlan, PretrainConfig } from "../../core/mod.ts";
import type { Snapshot } from "../engine/snapshot.ts";
import { initialSnapshot } from "../tasks/pretrain.ts";
import type { EncoderStart } from "./encoder_start.ts";

/**
 * The moment before the first step of a run whose encoder was trained before. The
 * decoders start as the seed says.
 *
 * Pre-training has fixed positions. An encoder that learned its own is a start all
 * the same; `report.positions.offFixed` says how far its table is from the fixed one.
 *
 * @param config The run.
 * @param plan Its plan.
 * @param start The encoder, of the run's model.
 */
export function encoderSnapshot(
  config: PretrainConfig,
  plan: FreezePlan,
  start: EncoderStart,
): Snapshot {
  const first = initialSnapshot(config, plan);
  return {
    ...first,
    parameters: new Map(
      [...first.parameters].map(([name, values]) => [
        name,
        start.parameters.get(name) ?? values,
      ]),
    ),
  };
}
