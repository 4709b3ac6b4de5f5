/**
 * The programs that judge encoders as a user runs them, and what they judge.
 *
 * @module
 */
import {
  DEFAULT_PRETRAIN_CONFIG,
  MODEL_PRESETS,
  planOf,
} from "../../../core/mod.ts";
import { initialSnapshot, orThrow, pretrainTask } from "../../../train/mod.ts";
import { writeCheckpoint } from "../../../train/checkpoint/write_checkpoint.ts";
import type { ProgramEnd } from "../../programs.ts";

export {
  runProgram as runExample,
  startProgram as startExample,
} from "../../programs.ts";

/** The last line of what a program printed, which is JSON. */
export function lastLine({ stdout }: ProgramEnd): Record<string, unknown> {
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}

/** Writes a checkpoint of an untrained small encoder; gives its path. */
export async function writeNano(folder: string): Promise<string> {
  const config = { ...DEFAULT_PRETRAIN_CONFIG, model: MODEL_PRESETS.nano };
  const plan = orThrow(planOf(config, 10_000));
  const start = initialSnapshot(config, plan);
  return orThrow(
    await writeCheckpoint(folder, pretrainTask({ config, plan }), start),
  );
}
