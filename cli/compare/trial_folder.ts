/**
 * The folder of an experiment: what its trials have in common, and every part of them that
 * is finished.
 *
 * ```text
 * experiment.json   trials/METHOD-SEED/{pretrain/, pretrain.json, JUDGE/, JUDGE.json}
 * results.jsonl   table.md   accuracy.svg
 * ```
 */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { excerpt } from "../../core/mod.ts";
import {
  differences,
  fileResult,
  replaceFile,
  type TopAccuracies,
} from "../../train/mod.ts";
import { must, refuse } from "../command/command_failed.ts";
import { describeTraining, mustWork } from "../command/describe_errors.ts";
import type { Experiment, Judge, Trial } from "./experiment.ts";
import { UNTRAINED } from "./methods.ts";
import { configDigest, type PretrainResult } from "./pretrain_result.ts";

/** A part of a trial. */
export type Part = "pretrain" | Judge;

/** The parts of a trial in their order; an untrained encoder is only judged. */
export const partsOf = (
  { method }: Pick<Trial, "method">,
  judges: readonly Judge[],
): readonly Part[] => method === UNTRAINED ? judges : ["pretrain", ...judges];

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
 * @param isMade True if a new one is made where there is none; else that is refused.
 * @returns True if it was begun before.
 * @throws {CommandFailed} where it holds another one.
 */
export async function openExperiment(
  folder: string,
  experiment: Experiment,
  isMade: boolean,
): Promise<boolean> {
  const path = join(folder, EXPERIMENT_FILE);
  const before = await readJson(path);
  if (before !== null) {
    const now: unknown = JSON.parse(JSON.stringify(experiment));
    const [first] = differences(before, now);
    return first === undefined || refuse(
      `${folder} holds another experiment: ${first.path} was ${first.a}, now ${first.b}; give the same flags to go on, or another --output-dir`,
    );
  }
  if (!isMade) {
    refuse(
      `--with: found "${folder}", wanted the folder of an experiment, with ${EXPERIMENT_FILE} and ${RESULTS_FILE}`,
    );
  }
  const make = () => mkdir(folder, { recursive: true });
  must(await fileResult(folder, make), describeTraining);
  must(await replaceFile(path, asText(experiment)), describeTraining);
  return false;
}

/** The folder into which results go, and results from elsewhere that count as done. */
export interface Done {
  readonly own: string;
  readonly known: readonly TrialResult[];
}

type TrialName = Pick<Trial, "method" | "seed">;

/** The result of a part of a trial, `null` where it is not finished. */
export async function finishedPart<A extends PartTime>(
  { own, known }: Done,
  trial: TrialName,
  part: Part,
): Promise<A | null> {
  const path = join(trialFolder(own, trial), `${part}.json`);
  const found = await readJson(path) as A | null;
  if (found !== null) return found;
  const { method, seed } = trial;
  const elsewhere = known.find((one) =>
    one.method === method && one.seed === seed
  );
  const result = part === "pretrain"
    ? elsewhere?.pretrain
    : elsewhere?.judged[part];
  return (result ?? null) as A | null;
}

/**
 * Refuses trials that were done with another configuration.
 *
 * @throws {CommandFailed} naming the first.
 */
export async function checkTrials(
  done: Done,
  trials: readonly Trial[],
): Promise<void> {
  for (const { config, ...trial } of trials) {
    if (trial.method === UNTRAINED) continue;
    const before = await finishedPart<PretrainResult & PartTime>(
      ...[done, trial, "pretrain"] as const,
    );
    if (before === null || before.config === configDigest(config)) continue;
    refuse(
      `${trial.method} of seed ${trial.seed} was pre-trained before with other settings; give the method another name, or another --output-dir`,
    );
  }
}

/** Keeps the result of a part; from now on it is finished. */
export async function keepPart(
  { own }: Done,
  trial: TrialName,
  part: Part,
  result: unknown,
): Promise<void> {
  const path = join(trialFolder(own, trial), `${part}.json`);
  mustWork(await replaceFile(path, asText(result)));
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
  /** What the judges found. */
  readonly judged: Readonly<Partial<Record<Judge, TrialScores>>>;
}

/** Judges that have finished a trial. */
async function judgesOf(
  { own, known }: Done,
  { method, seed }: TrialName,
): Promise<readonly Judge[]> {
  const files = await readdir(trialFolder(own, { method, seed }))
    .catch(() => []);
  const here = files.filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
    .filter((part) => part !== "pretrain");
  const elsewhere = known.filter((one) =>
    one.method === method && one.seed === seed
  ).flatMap(({ judged }) => Object.keys(judged));
  return [...new Set([...here, ...elsewhere])] as Judge[];
}

/**
 * Reads a trial.
 *
 * @returns `null` where it is not pre-trained, or no judge has finished.
 */
async function trialResult(
  done: Done,
  { method, seed }: TrialName,
): Promise<TrialResult | null> {
  const of = <A extends PartTime>(part: Part) =>
    finishedPart<A>(done, { method, seed }, part);
  const pretrain = await of<PretrainResult & PartTime>("pretrain");
  if (pretrain === null && method !== UNTRAINED) return null;
  const judged: Partial<Record<Judge, TrialScores>> = {};
  for (const judge of await judgesOf(done, { method, seed })) {
    const scores = await of<TrialScores>(judge);
    if (scores !== null) judged[judge] = scores;
  }
  return Object.keys(judged).length === 0
    ? null
    : { method, seed, pretrain, judged };
}

/** Seeds of a method that are begun or known, rising. */
async function seedsOf(
  { own, known }: Done,
  method: string,
): Promise<readonly number[]> {
  const names = await readdir(join(own, "trials")).catch(() => []);
  const begun = names.filter((name) => name.startsWith(`${method}-`))
    .map((name) => name.slice(method.length + 1))
    .filter((seed) => /^\d+$/.test(seed)).map(Number);
  const elsewhere = known.filter((one) => one.method === method)
    .map(({ seed }) => seed);
  return [...new Set([...begun, ...elsewhere])].toSorted((a, b) => a - b);
}

/** The finished trials of some methods and of the untrained encoder, of all seeds there are. */
export async function trialResults(
  done: Done,
  methods: readonly string[],
): Promise<readonly TrialResult[]> {
  const results: TrialResult[] = [];
  for (const method of [...methods, UNTRAINED]) {
    for (const seed of await seedsOf(done, method)) {
      const result = await trialResult(done, { method, seed });
      if (result !== null) results.push(result);
    }
  }
  return results;
}

/** File of all finished trials, a line each. */
export const RESULTS_FILE = "results.jsonl";

/**
 * A trial as a line of the file.
 *
 * @throws {Error} where the line is none.
 */
function resultOf(line: string): TrialResult {
  const trial: Partial<TrialResult> = JSON.parse(line);
  const { method, seed, judged, pretrain } = trial;
  const isWhole = typeof method === "string" && Number.isSafeInteger(seed) &&
    typeof judged === "object" && judged !== null && pretrain !== undefined;
  if (!isWhole) throw new Error(`a line is no trial: ${excerpt(line)}`);
  return trial as TrialResult;
}

/**
 * Results in the folder of the same experiment, of another machine or an earlier time:
 * `experiment.json` and `results.jsonl` suffice.
 *
 * @throws {CommandFailed} where it holds none, or another experiment.
 */
export async function knownResults(
  folder: string,
  experiment: Experiment,
): Promise<readonly TrialResult[]> {
  await openExperiment(folder, experiment, false);
  const path = join(folder, RESULTS_FILE);
  const text = must(
    await fileResult(path, () => readFile(path, "utf8")),
    describeTraining,
  );
  try {
    return text.split("\n").filter((line) => line !== "").map(resultOf);
  } catch (error) {
    return refuse(`${path} is damaged: ${(error as Error).message}`);
  }
}
