/**
 * What trials have found, a file each, so that a search that was stopped goes on.
 *
 * ```text
 * trials/layers-2-step-400.json  trials/together.json
 * ```
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { fileResult, replaceFile } from "../../train/mod.ts";
import { mustWork } from "../command/describe_errors.ts";
import type { Trial } from "./trials.ts";

/** What a trial has found. */
export interface TrialResult extends Trial {
  /** Mean loss of the run in the steps that it is judged by. */
  readonly own: number;
  /** Mean loss of the trial in them; `null` if it was not finite. */
  readonly loss: number | null;
  /** Seconds that it took. */
  readonly seconds: number;
}

/** Relative rise of the loss; infinite for one that was not finite. */
export const riseOf = ({ own, loss }: TrialResult): number =>
  loss === null ? Infinity : loss / own - 1;

const pathOf = (folder: string, { name }: Trial): string =>
  join(folder, "trials", `${name}.json`);

/** Makes the folder of the results. */
export async function makeTrialFolder(folder: string): Promise<void> {
  const path = join(folder, "trials");
  mustWork(await fileResult(path, () => mkdir(path, { recursive: true })));
}

/**
 * The result of a trial that was finished before.
 *
 * @param own Loss of the run in the steps that it is judged by: that of another run is
 * another one.
 * @returns `null` where there is none, or one of another run or horizon.
 */
export async function keptResult(
  folder: string,
  trial: Trial,
  own: number,
): Promise<TrialResult | null> {
  try {
    const text = await readFile(pathOf(folder, trial), "utf8");
    const kept = JSON.parse(text) as TrialResult;
    const { loss, seconds } = kept;
    const isNumber = loss === null || Number.isFinite(loss);
    const same = { ...trial, own, loss, seconds };
    return isNumber && isDeepStrictEqual(kept, same) ? kept : null;
  } catch {
    return null;
  }
}

/** Keeps the result of a trial. */
export async function keepResult(
  folder: string,
  result: TrialResult,
): Promise<void> {
  const text = `${JSON.stringify(result, null, 2)}\n`;
  mustWork(await replaceFile(pathOf(folder, result), text));
}
