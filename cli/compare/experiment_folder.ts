/**
 * The folder of an experiment: what it is, and every part of it that is finished.
 *
 * ```text
 * experiment.json   trials/METHOD-SEED/{pretrain/, pretrain.json, finetune.json, probe.json}
 * results.jsonl   table.md   accuracy.svg
 * ```
 */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { withNewWords } from "../../core/mod.ts";
import {
  differences,
  fileResult,
  replaceFile,
  type TopAccuracies,
} from "../../train/mod.ts";
import { must, refuse } from "../command/command_failed.ts";
import { describeTraining, mustWork } from "../command/describe_errors.ts";
import type { Experiment, Trial } from "./experiment.ts";
import { UNTRAINED } from "./methods.ts";
import type { PretrainResult } from "./pretrain_part.ts";

/** Parts of a trial, in their order. */
export const PARTS = ["pretrain", "finetune", "probe"] as const;

/** One of them. */
export type Part = typeof PARTS[number];

/** The parts of a trial; an untrained encoder is only evaluated. */
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

/** Fields that are absent in files of earlier experiments. */
const EARLIER = { background: "none" } as const;

const completed = (json: unknown): unknown =>
  typeof json === "object" && json !== null ? { ...EARLIER, ...json } : json;

/**
 * Opens the folder of an experiment, new or begun.
 *
 * @returns True if it was begun before.
 * @throws {CommandFailed} where it holds another one.
 */
export async function openExperiment(
  folder: string,
  experiment: Experiment,
): Promise<boolean> {
  const path = join(folder, EXPERIMENT_FILE);
  const before = completed(await readJson(path));
  if (before !== null) {
    const now: unknown = JSON.parse(JSON.stringify(experiment));
    const [first] = differences(withNewWords(before, "pretrain"), now);
    return first === undefined || refuse(
      `${folder} holds another experiment: ${first.path} was ${first.a}, now ${first.b}; give the same flags to go on, or another --output-dir`,
    );
  }
  const make = () => mkdir(folder, { recursive: true });
  must(await fileResult(folder, make), describeTraining);
  must(await replaceFile(path, asText(experiment)), describeTraining);
  return false;
}

/** The result of a part of a trial, `null` if it is not finished. */
export async function finishedPart<A>(
  folder: string,
  part: Part,
): Promise<A | null> {
  return await readJson(join(folder, `${part}.json`)) as A | null;
}

/** Keeps the result of a part; from now on it is finished. */
export async function keepPart(
  folder: string,
  part: Part,
  result: unknown,
): Promise<void> {
  mustWork(await replaceFile(join(folder, `${part}.json`), asText(result)));
}

/** Duration of a part, by the wall. */
export interface PartTime {
  /** Seconds from its start to its end, in all sittings. */
  readonly wallSeconds: number;
}

/** Result of an evaluation. */
export interface TrialScores extends TopAccuracies, PartTime {
  /** Share of the validation images that are of the most frequent class. */
  readonly mostFrequent?: number;
  /** True if the classifier's loss ended no lower than that of a uniform guess. */
  readonly diverged?: boolean;
}

/** True if an evaluation is meaningful: it did not diverge, and beats the most frequent class. */
export const saysSomething = (
  { top1, mostFrequent = 0, diverged = false }: TrialScores,
): boolean => !diverged && top1 > mostFrequent;

/** A finished trial. */
export interface TrialResult extends Pick<Trial, "method" | "seed"> {
  /** Its pre-training; `null` if it has none. */
  readonly pretrain: (PretrainResult & PartTime) | null;
  readonly finetune: TrialScores;
  /** Accuracies of a linear classifier on the frozen encoder. */
  readonly probe: TrialScores;
}

/** Reads a trial. */
export async function trialResult(
  folder: string,
  trial: Pick<Trial, "method" | "seed">,
): Promise<TrialResult | null> {
  const { method, seed } = trial;
  const own = trialFolder(folder, trial);
  const pretrain = await finishedPart<TrialResult["pretrain"]>(own, "pretrain");
  const finetune = await finishedPart<TrialScores>(own, "finetune");
  const probe = await finishedPart<TrialScores>(own, "probe");
  const isMissing = pretrain === null && method !== UNTRAINED;
  return isMissing || finetune === null || probe === null
    ? null
    : { method, seed, pretrain, finetune, probe };
}
