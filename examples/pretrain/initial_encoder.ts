/**
 * Pre-training that starts from weights.
 *
 * @module
 */
import { join } from "node:path";
import {
  type FreezePlan,
  gridSize,
  left,
  type PretrainConfig,
  type Result,
  right,
} from "../../core/mod.ts";
import { counted } from "../../data/mod.ts";
import {
  describeSkipped,
  describeTrainError,
  encoderSnapshot,
  type OpenedEncoder,
  openEncoder,
  replaceFile,
  type Snapshot,
  type TrainError,
} from "../../train/mod.ts";
import type { Settings } from "./settings.ts";

/** The moment before the first step, and where its encoder is from. */
export interface InitialEncoder {
  /** The moment; decoders start as the seed says. */
  readonly start: Snapshot;
  /** The encoder and what became of the tensors of its file. */
  readonly encoder: OpenedEncoder;
}

/**
 * Opens the encoder that a new run starts from.
 *
 * @param from What `--init-from` says: a run, a checkpoint, an exported encoder or a
 * file of weights with timm's, MAE's or LocalMIM's names.
 * @param config The run; the encoder must be of its model.
 * @param plan Its plan.
 * @returns The start, or in words why the weights do not fit.
 */
export async function initialEncoder(
  from: string,
  config: PretrainConfig,
  plan: FreezePlan,
): Promise<Result<string, InitialEncoder>> {
  const opened = await openEncoder(from, { model: config.model });
  if (opened._tag === "Left") {
    return left(`--init-from: ${describeTrainError(opened.left)}`);
  }
  const encoder = opened.right;
  return right({ start: encoderSnapshot(config, plan, encoder), encoder });
}

/**
 * The encoder that `--init-from` names, if it is given.
 *
 * @param from Its value.
 * @param settings What the run is to be; one that goes on has its own weights.
 * @param config The run.
 * @param plan Its plan.
 */
export async function initialOf(
  from: string | undefined,
  { earlier }: Settings,
  config: PretrainConfig,
  plan: FreezePlan,
): Promise<Result<string, InitialEncoder | null>> {
  if (from === undefined) return right(null);
  return earlier === null ? await initialEncoder(from, config, plan) : left(
    `--init-from: found ${from}, wanted no --resume beside it: a run goes on from its own weights`,
  );
}

const listed = (names: readonly string[]): string => {
  const most = 4;
  const rest = names.length - most;
  return [
    ...names.slice(0, most),
    ...rest > 0 ? [`${rest} more`] : [],
  ].join(", ");
};

/** What became of the tensors of the file, in lines. */
export function describeInitialEncoder(
  { encoder: { path, model, report, skipped } }: InitialEncoder,
): string {
  const { used, missing, leftOver, positions: { grid, offFixed } } = report;
  // Rounding is no difference, and a table of another grid says nothing.
  const isLearned = grid === gridSize(model) && offFixed > 1e-3;
  return [
    ...describeSkipped(skipped).map((line) => `skipped: ${line}`),
    `start:  ${path}: ${counted(used.length, "tensor")} used`,
    ...missing.length === 0
      ? []
      : [`        not in it, as untrained: ${listed(missing)}`],
    ...leftOver.length === 0
      ? []
      : [`        of no use here: ${listed(leftOver)}`],
    ...isLearned
      ? [
        `        its positions are other ones (by up to ${
          offFixed.toFixed(2)
        }); pre-training has fixed ones`,
      ]
      : [],
  ].join("\n");
}

/**
 * Writes the whole report into the folder of a run, as `init.json`.
 *
 * @param folder The folder.
 * @param initial Where its encoder is from.
 */
export function writeInitReport(
  folder: string,
  { encoder: { path, report, skipped } }: InitialEncoder,
): Promise<Result<TrainError, void>> {
  const text = JSON.stringify({ from: path, skipped, ...report }, null, 2);
  return replaceFile(join(folder, "init.json"), `${text}\n`);
}
