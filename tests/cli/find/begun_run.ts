/**
 * A small pre-training for the search of freeze times, and the search as a user starts it.
 *
 * @module
 */
import { strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { type ProgramEnd, runProgram, startProgram } from "../../programs.ts";
import { pretrain, writeSmallIdx } from "../pretrain/program.ts";

const DEVICE = ["--backend", "wasm"];
const PROGRAM = "find_freeze_times.ts";

/** A grid of four trials. */
export const WALK = ["--layers", "2,5", "--times", "0.3,0.8"];

/** Runs the search to its end. */
export const find = (...args: readonly string[]): Promise<ProgramEnd> =>
  runProgram(PROGRAM, ...args, ...DEVICE);

/** Starts the search. */
export const startFind = (...args: readonly string[]): Deno.ChildProcess =>
  startProgram(PROGRAM, ...args, ...DEVICE);

/**
 * A run of eight steps, none of them warm-up, with checkpoints after each two.
 *
 * @param freezing Flags of when layers freeze; by default none does.
 * @returns Its folder.
 */
export async function begun(
  parent: string,
  freezing: readonly string[] = ["--t0", "1"],
): Promise<string> {
  const data = await writeSmallIdx(join(parent, "data"), {
    train: 32,
    t10k: 9,
  });
  const run = join(parent, "run");
  const end = await pretrain(
    ...["--data", data, "--output-dir", run, ...DEVICE, "--judge", "never"],
    ..."--image-size 16 --batch-size 8 --epochs 2 --warmup-epochs 0".split(" "),
    ..."--keep 9 --save-every-steps 2 --no-tensorboard".split(" "),
    ...freezing,
  );
  strictEqual(end.code, 0, end.stderr);
  return run;
}
