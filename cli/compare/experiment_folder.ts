/**
 * The folder of an experiment: what it is, and every part of it that is finished.
 *
 * ```text
 * experiment.json   trials/METHOD-SEED/{pretrain/, pretrain.json, finetune.json, probe.json}
 * results.jsonl   table.md   accuracy.svg
 * ```
 *
 * @module
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { left, type Result, right, withNewWords } from "../../core/mod.ts";
import {
  describeTrainError,
  differences,
  fileResult,
  replaceFile,
  type TrainError,
} from "../../train/mod.ts";
import type { Experiment, Trial } from "./experiment.ts";
import { UNTRAINED } from "./methods.ts";

/** Parts of a trial, in their order. */
export const PARTS = ["pretrain", "finetune", "probe"] as const;

/** One of them. */
export type Part = typeof PARTS[number];

/** The parts of a trial; an untrained encoder is only judged. */
export const partsOf = ({ method }: Pick<Trial, "method">): readonly Part[] =>
  method === UNTRAINED ? PARTS.slice(1) : PARTS;

const EXPERIMENT_FILE = "experiment.json";

/** Folder of a trial. */
export const trialFolder = (
  folder: string,
  { method, seed }: Pick<Trial, "method" | "seed">,
): string => join(folder, "trials", `${method}-${seed}`);

const asText = (value: unknown): string =>
  `${JSON.stringify(value, null, 2)}\n`;

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Opens the folder of an experiment, new or begun.
 *
 * @param folder Where it is.
 * @param experiment What it must be.
 * @returns Whether it was begun before; or, in words, why it cannot be that one's.
 */
export async function openExperiment(
  folder: string,
  experiment: Experiment,
): Promise<Result<string, boolean>> {
  const path = join(folder, EXPERIMENT_FILE);
  const before = await readJson(path);
  if (before !== null) {
    const now: unknown = JSON.parse(JSON.stringify(experiment));
    const [first] = differences(withNewWords(before, "pretrain"), now);
    return first === undefined ? right(true) : left(
      `${folder} holds another experiment: ${first.path} was ${first.a}, now ${first.b}; give the same flags to go on, or another --output-dir`,
    );
  }
  const made = await fileResult(
    folder,
    () => mkdir(folder, { recursive: true }),
  );
  const written = made._tag === "Left"
    ? made
    : await replaceFile(path, asText(experiment));
  return written._tag === "Left"
    ? left(describeTrainError(written.left))
    : right(false);
}

/**
 * The result of a part of a trial.
 *
 * @param folder The trial's folder.
 * @param part Which part.
 * @returns `null` if it is not finished.
 */
export async function finishedPart<A>(
  folder: string,
  part: Part,
): Promise<A | null> {
  return await readJson(join(folder, `${part}.json`)) as A | null;
}

/**
 * Keeps the result of a part; from now on it is finished.
 *
 * @param folder The trial's folder.
 * @param part Which part.
 * @param result Its result.
 */
export function keepPart(
  folder: string,
  part: Part,
  result: unknown,
): Promise<Result<TrainError, void>> {
  return replaceFile(join(folder, `${part}.json`), asText(result));
}
