/** Classifiers that trainings of this library leave: in a run's folder, or in a file. */
import { join } from "node:path";
import {
  averageName,
  decodeFinetuneConfig,
  decodeProbeConfig,
  describeFaults,
  excerpt,
  left,
  type Result,
  right,
} from "../../../core/mod.ts";
import {
  broken,
  type DescribedCheckpoint,
  readDescription,
  readModel,
  readSnapshot,
} from "../../checkpoint/checkpoint_files.ts";
import { CHECKPOINT_FILES } from "../../checkpoint/layout.ts";
import type { Unusable } from "../../checkpoint/read_checkpoint.ts";
import type { HostTensors } from "../../engine/tensors.ts";
import type { Snapshot } from "../../engine/state.ts";
import type { Task } from "../../engine/task.ts";
import {
  type Candidates,
  firstWhole,
  reachedCandidates,
  runFolderOf,
} from "../../run/latest_checkpoint.ts";
import { identityOf } from "../../tasks/identities.ts";
import type { TrainError } from "../../train_error.ts";
import { readTraining } from "../../run/training_file.ts";
import { isObject } from "../image_statistics.ts";
import {
  type ClassifierFacts,
  parseFacts,
  readClassifierFacts,
} from "./classifier_facts.ts";
import {
  classifierOf,
  type ClassifierOrigin,
  type OpenedClassifier,
  probedClassifier,
  refuse,
} from "./classifier_parts.ts";

/** Options of opening a classifier. */
export interface OpenClassifierOptions {
  /**
   * The running means of a fine-tuning's parameters in place of these themselves; `false`
   * by default.
   */
  readonly averages?: boolean;
  /** Path of a probe's encoder, where it is not where it was. */
  readonly encoder?: string;
  /**
   * What runs of earlier versions and configurations without names of classes do not say:
   * asked for where nothing at the path says it.
   */
  readonly facts?: ClassifierFacts;
}

/** The part of a state that gives scores. */
type ScoringState = Pick<Snapshot, "parameters" | "statistics" | "averages">;

/** A training as its files say it. */
interface FoundTraining {
  readonly task: string;
  readonly config: unknown;
  readonly state: ScoringState;
  readonly steps: readonly [done: number, total: number];
}

/** What ends with a head for classes. */
export const WITHOUT_HEAD =
  "it has no head for classes: `finetune` trains one with the encoder, `probe` one on its features";

/** The state of a checkpoint that gives scores; running means only where they are wanted. */
async function scoringState(
  checkpoint: string,
  task: Task<unknown>,
  described: DescribedCheckpoint,
  averages: boolean,
): Promise<Result<Unusable, ScoringState>> {
  if (averages) return await readSnapshot(checkpoint, task, described);
  const tensors = await readModel(checkpoint, task, described);
  if (tensors._tag === "Left") return tensors;
  const shapes = task.stateShapes(described.file.step);
  const of = (kind: "parameters" | "statistics"): HostTensors =>
    new Map(shapes[kind].map(({ name }) => [
      name,
      tensors.right.get(name)?.data as Float32Array,
    ]));
  return right({
    ...{ parameters: of("parameters"), statistics: of("statistics") },
    averages: new Map(),
  });
}

/** Reads the training of a checkpoint, or says in which way it is not as it was written. */
const trainingAt =
  (averages: boolean) =>
  async (checkpoint: string): Promise<Result<Unusable, FoundTraining>> => {
    const described = await readDescription(checkpoint);
    if (described._tag === "Left") return described;
    const { task, config, step, totalSteps } = described.right.file;
    const identity = identityOf(task, config, totalSteps);
    if (identity._tag === "Left") {
      return broken(checkpoint, describeFaults(identity.left));
    }
    const state = await scoringState(
      ...[checkpoint, identity.right, described.right, averages] as const,
    );
    return state._tag === "Left"
      ? state
      : right({ task, config, steps: [step, totalSteps], state: state.right });
  };

/** Parameters of a fine-tuning, or their running means. */
function chosenParameters(
  { parameters, averages }: ScoringState,
  wantsAverages: boolean,
): HostTensors | null {
  if (!wantsAverages) return parameters;
  return averages.size === 0 ? null : new Map(
    [...parameters.keys()].map((name) =>
      [name, averages.get(averageName(name)) ?? new Float32Array()] as const
    ),
  );
}

/** The classifier of a training. */
async function classifierIn(
  origin: ClassifierOrigin,
  { task, config, state }: Omit<FoundTraining, "steps">,
  facts: ClassifierFacts,
  { averages = false, encoder }: OpenClassifierOptions,
): Promise<Result<TrainError, OpenedClassifier>> {
  const { path } = origin;
  if (task === "probe") {
    const probe = decodeProbeConfig(Infinity)(config);
    return probe._tag === "Left"
      ? refuse(path, describeFaults(probe.left))
      : await probedClassifier(origin, facts, probe.right, state, encoder);
  }
  const tuned = decodeFinetuneConfig(config);
  if (tuned._tag === "Left") return refuse(path, describeFaults(tuned.left));
  const parameters = chosenParameters(state, averages);
  if (parameters === null) {
    return refuse(
      path,
      "its run kept no running means of the weights (`--ema`)",
    );
  }
  const { model } = tuned.right;
  return classifierOf(origin, facts, {
    ...{ model, headInput: "normOfMean", parameters },
  });
}

/** Why a training of some kind gives no classifier of pictures; `null` for those that do. */
function withoutClasses(task: string): string | null {
  switch (task) {
    case "finetune":
    case "probe":
      return null;
    case "pretrain":
      return `it is a pre-training, and ${WITHOUT_HEAD}`;
    default:
      return `it is of a run of ${
        excerpt(task)
      }, wanted one of finetune or probe`;
  }
}

/** Facts that a run has written down, else those that are given. */
async function factsOf(
  folder: string,
  given: ClassifierFacts | undefined,
): Promise<Result<TrainError, ClassifierFacts>> {
  const known = await readClassifierFacts(folder);
  if (known._tag === "Left") return known;
  const facts = known.right ?? given;
  return facts !== undefined ? right(facts) : refuse(
    folder,
    "its run did not write down its classes, as earlier versions did not; going on with it (`--resume`) does",
  );
}

/**
 * The classifier of a run: of its newest checkpoint that is as it was written.
 *
 * @param from The path that was asked for.
 * @param candidates The checkpoints there.
 */
export async function classifierOfRun(
  from: string,
  candidates: Candidates,
  options: OpenClassifierOptions,
): Promise<Result<TrainError, OpenedClassifier>> {
  const [newest] = candidates.paths;
  const described = await readDescription(newest);
  const reason = described._tag === "Left"
    ? null
    : withoutClasses(described.right.file.task);
  if (reason !== null) return refuse(from, reason);
  const facts = await factsOf(runFolderOf(newest), options.facts);
  if (facts._tag === "Left") return facts;
  const reached = await reachedCandidates(candidates);
  const { isChosen } = candidates;
  const found = await firstWhole(
    ...[from, { ...reached, isChosen }] as const,
    ...[trainingAt(options.averages ?? false), "can be opened"] as const,
  );
  if (found._tag === "Left") return found;
  const { path, read, skipped } = found.right;
  const origin = {
    path: join(path, CHECKPOINT_FILES.model),
    ...{ steps: read.steps, skipped },
  };
  return await classifierIn(origin, read, facts.right, options);
}

/** The kind of training of a checkpoint; `null` if it does not say so well. */
export async function taskOfCheckpoint(
  checkpoint: string,
): Promise<string | null> {
  const described = await readDescription(checkpoint);
  return described._tag === "Left" ? null : described.right.file.task;
}

/** The configuration in the metadata of a file; `null` if there is none. */
function configIn(metadata: Readonly<Record<string, string>> | null): unknown {
  try {
    return JSON.parse(metadata?.["config"] ?? "null");
  } catch {
    return null;
  }
}

/**
 * The kind of training that wrote a file, which names none: only a probe has a width, only
 * a fine-tuning both a model and classes.
 *
 * @returns `null` for every other file.
 */
export function taskOfMetadata(
  metadata: Readonly<Record<string, string>> | null,
): "finetune" | "probe" | null {
  const config = configIn(metadata);
  if (!isObject(config) || config["classes"] === undefined) return null;
  if (config["width"] !== undefined) return "probe";
  const isVit = isObject(config["model"]) && "embedDim" in config["model"];
  return isVit ? "finetune" : null;
}

/** A training in a file of its own: what its metadata say. */
function describedIn(
  metadata: Readonly<Record<string, string>>,
  given: ClassifierFacts | undefined,
) {
  const { totalSteps, step, note } = metadata;
  const config = configIn(metadata);
  const facts = note === undefined
    ? given === undefined
      ? left("it does not name its classes, as files of earlier versions")
      : right(given)
    : parseFacts(note);
  const task = taskOfMetadata(metadata) ?? "";
  const identity = identityOf(task, config, Number(totalSteps));
  const steps = [Number(step), Number(totalSteps)] as const;
  return { task, config, facts, identity, steps };
}

/**
 * The classifier in a file that a training wrote beside its folder (`--output`).
 *
 * @param metadata Metadata of the file, a configuration among them.
 */
export async function classifierOfFile(
  path: string,
  metadata: Readonly<Record<string, string>>,
  options: OpenClassifierOptions,
): Promise<Result<TrainError, OpenedClassifier>> {
  const { identity, facts, steps, ...known } = describedIn(
    ...[metadata, options.facts] as const,
  );
  if (identity._tag === "Left") {
    return refuse(path, describeFaults(identity.left));
  }
  if (facts._tag === "Left") return refuse(path, facts.left);
  const filed = await readTraining(identity.right, path);
  if (filed._tag === "Left") return filed;
  const training = { ...known, state: filed.right.snapshot };
  const origin = { path, steps, skipped: [] };
  return await classifierIn(origin, training, facts.right, options);
}
