/** The evaluation of a residual network, and its scores in words. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Backend, Program } from "../../backends/mod.ts";
import {
  type ConvNetSpec,
  left,
  phaseAt,
  type Result,
  right,
} from "../../core/mod.ts";
import { counted, evalTransform, type ImageSource } from "../../data/mod.ts";
import {
  compileConvNetScores,
  convNetError,
  type ConvNetRun,
  epochSteps,
  type EvaluationLine,
  type FiledTraining,
  fileResult,
  sharedBatches,
  type TrainError,
} from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import { mustWork } from "../command/describe_errors.ts";
import { percent } from "../output/words.ts";
import type { Evaluator } from "../runs/epoch_evaluation.ts";

/** One epoch. */
export interface EpochRecord {
  /** Its number, from 1. */
  readonly epoch: number;
  /** Mean cross entropy of its steps. */
  readonly loss: number;
  /** Part of the validation images that were named wrongly after it. */
  readonly error: number;
  /** Layers that are frozen in its last step. */
  readonly frozenLayers: number;
}

/** Epochs recorded in files of earlier versions. */
interface EarlierRecord {
  readonly step: number;
  readonly epochs: readonly EpochRecord[];
}

const isRecord = (x: unknown): x is EarlierRecord =>
  typeof x === "object" && x !== null && "step" in x && "epochs" in x &&
  Array.isArray(x.epochs);

/** Reads the record of an earlier version: from a note in the network's file, else from beside it. */
async function earlierRecord(
  { snapshot: { step }, note }: FiledTraining,
  file: string,
): Promise<Result<TrainError, EarlierRecord>> {
  const path = note === undefined ? join(dirname(file), "record.json") : file;
  const text = note === undefined
    ? await fileResult(path, () => readFile(path, "utf8"))
    : right(note);
  if (text._tag === "Left") return text;
  const refused = (reason: string): Result<TrainError, never> =>
    left({ _tag: "CheckpointRefused", path, reason });
  try {
    const record: unknown = JSON.parse(text.right);
    if (!isRecord(record)) return refused("it is no record");
    return record.step === step
      ? right(record)
      : refused(`it is of step ${record.step}, the network of ${step}`);
  } catch {
    return refused("it is not JSON");
  }
}

/** Compiles the evaluation program once for each device. */
function programOn(model: ConvNetSpec, batchSize: number) {
  let known: [Backend, Promise<Result<TrainError, Program>>] | null = null;
  return (backend: Backend) => {
    if (known?.[0] !== backend) {
      known = [backend, compileConvNetScores(backend, model, batchSize)];
    }
    return known[1];
  };
}

/**
 * Evaluates a network by the share of validation images that it classifies wrongly.
 *
 * @param run Configuration and plan.
 * @param source The validation images.
 */
export function classicEvaluator(
  { config: { model, training }, plan }: ConvNetRun,
  source: ImageSource,
): Evaluator {
  const { imageSize, inChannels, classes } = model;
  const { normalization } = source;
  const format = { imageSize, inChannels, normalization };
  const transform = must(evalTransform(format));
  const { batchSize } = training;
  const compiled = programOn(model, batchSize);
  const epochLength = epochSteps({
    plan,
    training: { ...training, accumIter: 1 },
  });
  return {
    async scores(run, backend, signal, ranks, onProgress) {
      const program = await compiled(backend);
      if (program._tag === "Left") return program;
      const tensors = new Map([...run.parameters(), ...run.state().statistics]);
      const options = { source, transform, batchSize };
      const { batches, noted } = sharedBatches(options, ranks);
      const error = await noted(
        await convNetError(
          ...[backend, program.right, tensors, batches, classes] as const,
          { signal, ranks, onProgress },
        ),
      );
      const { frozenLayers } = phaseAt(plan)(Math.max(0, run.step - 1));
      return error._tag === "Left"
        ? error
        : right({ error: error.right, frozenLayers });
    },
    words: ({ error = NaN, frozenLayers = 0 }) =>
      `validation error ${percent(error, 2)}, ${
        counted(frozenLayers, "layer")
      } frozen`,
    async earlier(filed, file) {
      const { epochs } = mustWork(await earlierRecord(filed, file));
      return epochs.map(({ epoch, ...scores }) => ({
        step: epoch * epochLength,
        scores,
      }));
    },
  };
}

/** The epochs of recorded evaluations. */
export const epochsOf = (
  evaluations: readonly EvaluationLine[],
  epochLength: number,
): readonly EpochRecord[] =>
  evaluations.map(({ step, scores }) => {
    const { loss = NaN, error = NaN, frozenLayers = 0 } = scores;
    return { epoch: step / epochLength, loss, error, frozenLayers };
  });

/** Errors as the tables of FreezeOut experiments give them. */
export interface ErrorTable {
  /** After 80 % of the epochs. */
  readonly at80: number;
  /** At the end. */
  readonly at100: number;
  /** The lowest. */
  readonly best: number;
  /** The first epoch with the lowest, from 1. */
  readonly bestEpoch: number;
}

/**
 * Errors of a training that is done.
 *
 * @param epochs Its epochs, at least one.
 */
export function errorTable(epochs: readonly EpochRecord[]): ErrorTable {
  const errors = epochs.map(({ error }) => error);
  const late = Math.max(1, Math.round(0.8 * errors.length));
  const best = Math.min(...errors);
  return {
    at80: errors[late - 1] ?? NaN,
    at100: errors.at(-1) ?? NaN,
    best,
    bestEpoch: errors.indexOf(best) + 1,
  };
}
