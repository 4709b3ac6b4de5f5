/**
 * The format of a checkpoint, the same for every kind of training.
 *
 * ```text
 * step-000000123/
 *   model.safetensors       every parameter and running statistic under its timm,
 *                           torchvision or LocalMIM name in PyTorch's layout, and the
 *                           fixed position tables that other programs expect
 *   optimizer.safetensors   the optimizer's state of updated parameters
 *   averages.safetensors    running means of the parameters under the same names, where
 *                           they are kept
 *   run.json                kind, step, length and configuration of the training
 *   SHA512SUMS              digests of the others, as sha512sum writes them
 * ```
 */
import {
  averageName,
  left,
  type NamedShape,
  type Result,
  right,
  shown,
} from "../../core/mod.ts";
import type { Snapshot } from "../engine/state.ts";
import type { StateShapes, TrainingIdentity } from "../engine/task.ts";
import { digestDifference } from "../files/byte_reading.ts";

/** Content of `run.json`. */
export interface RunFile {
  /** Version of this form; checkpoints of version 1 have no digests, those before 3 are of pre-training. */
  readonly version: 1 | 2 | 3;
  /** Kind of training. */
  readonly task: string;
  /** Steps done. */
  readonly step: number;
  /** Optimizer steps of the whole training. */
  readonly totalSteps: number;
  /** Steps that were skipped because they were not finite; absent if there is none. */
  readonly skipped?: number;
  /** The configuration in its JSON form. */
  readonly config: unknown;
}

/** Files of a checkpoint. */
export const CHECKPOINT_FILES = {
  model: "model.safetensors",
  optimizer: "optimizer.safetensors",
  averages: "averages.safetensors",
  run: "run.json",
  digests: "SHA512SUMS",
} as const;

/** Folder of a run's checkpoints in the run's own. */
export const CHECKPOINTS_FOLDER = "checkpoints";

/** Kind of training of files that name none. */
export const FIRST_TASK = "pretrain";

/** State of a training by the file that holds it; a file without tensors is not written. */
export const STATE_FILES: readonly {
  readonly file: string;
  readonly kinds: readonly (keyof StateShapes)[];
}[] = [
  { file: CHECKPOINT_FILES.model, kinds: ["parameters", "statistics"] },
  { file: CHECKPOINT_FILES.optimizer, kinds: ["optimizer"] },
  { file: CHECKPOINT_FILES.averages, kinds: ["averages"] },
];

/**
 * Tensors of a kind with their names in the file: running means have those of the
 * parameters that they are of.
 */
export function storedTensors(
  { parameters, ...shapes }: StateShapes,
  kind: keyof StateShapes,
): readonly (NamedShape & { readonly stored: string })[] {
  if (kind === "parameters") return withOwnNames(parameters);
  if (kind !== "averages") return withOwnNames(shapes[kind]);
  const names = new Map(
    parameters.map(({ name }) => [averageName(name), name]),
  );
  return shapes.averages.map((mean) => ({
    ...mean,
    stored: names.get(mean.name) ?? mean.name,
  }));
}

const withOwnNames = (tensors: readonly NamedShape[]) =>
  tensors.map((tensor) => ({ ...tensor, stored: tensor.name }));

/**
 * Name of the checkpoint folder of a step; names sort like steps.
 *
 * @param step Steps done, below 10⁹.
 */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(9, "0")}`;
}

/** Steps done at a checkpoint, by its name. */
export function checkpointStep(name: string): number {
  return Number(name.replace("step-", ""));
}

/** True for the name of a whole checkpoint. */
export function isCheckpointName(name: string): boolean {
  return /^step-\d{9}$/.test(name);
}

/** Text of the `run.json` of a state. */
export function runFileText(
  { task, config, plan: { totalSteps } }: TrainingIdentity,
  { step, skipped }: Snapshot,
): string {
  const file: RunFile = {
    version: 3,
    task,
    step,
    totalSteps,
    ...skipped > 0 ? { skipped } : {},
    config,
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

const isCount = (x: unknown): boolean =>
  Number.isSafeInteger(x) && (x as number) >= 0;

/** The content of `run.json`, or what is wrong with it. */
export function parseRunFile(text: string): Result<string, RunFile> {
  const name = CHECKPOINT_FILES.run;
  try {
    const run = (JSON.parse(text) ?? {}) as Partial<RunFile>;
    const { version, step, totalSteps, skipped = 0 } = run;
    const task = version === 3 ? run.task : FIRST_TASK;
    return (version === 1 || version === 2 || version === 3) &&
        [step, totalSteps, skipped].every(isCount) && typeof task === "string"
      ? right({ ...run, task } as RunFile)
      : left(
        `${name} has version ${
          shown(version)
        }, wanted 1, 2 or 3 with whole numbers step, totalSteps and, if any, skipped, and from 3 on a task`,
      );
  } catch {
    return left(`${name} is not JSON`);
  }
}

/** SHA-512 in hexadecimal by the name of a file. */
export type Digests = ReadonlyMap<string, string>;

/** Content of the file of digests. */
export function digestsText(digests: Digests): string {
  return [...digests].map(([name, sha512]) => `${sha512}  ${name}\n`).join("");
}

/** The digests that such a text lists, or what is wrong with it. */
export function parseDigests(text: string): Result<string, Digests> {
  const lines = text.split("\n");
  const entries = lines.slice(0, -1).map((line) =>
    /^([0-9a-f]{128}) {2}(\S+)$/.exec(line)
  );
  return lines.at(-1) !== "" || entries.includes(null)
    ? left(`${CHECKPOINT_FILES.digests} is cut off or not a list of digests`)
    : right(new Map(entries.map((m) => [m?.[2] ?? "", m?.[1] ?? ""])));
}

/**
 * Reason why a file is not as it was written, or `null`.
 *
 * @param found SHA-512 of the file as it is, in hexadecimal.
 */
export function digestFault(
  digests: Digests,
  name: string,
  found: string,
): string | null {
  const wanted = digests.get(name);
  return wanted === undefined
    ? `${CHECKPOINT_FILES.digests} does not list it`
    : digestDifference(found, wanted);
}
