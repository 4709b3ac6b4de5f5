/** Pre-training that starts from weights. */
import { join } from "node:path";
import {
  type FreezePlan,
  gridSize,
  type PretrainConfig,
} from "../../core/mod.ts";
import {
  counted,
  type Normalization,
  normalizationFor,
} from "../../data/mod.ts";
import {
  describeSkipped,
  encoderSnapshot,
  type OpenedEncoder,
  openEncoder,
  replaceFile,
  type Snapshot,
} from "../../train/mod.ts";
import { must, refuse } from "../command/command_failed.ts";
import { describeTraining } from "../command/describe_errors.ts";
import { describeReport, describeStatistics } from "../flags/encoder_flags.ts";
import type { PretrainValues } from "./pretrain_flags.ts";
import type { Settings } from "../runs/settings.ts";

/** The state before the first step, and where its encoder is from. */
export interface InitialEncoder {
  /** The state; decoders start as the seed says. */
  readonly start: Snapshot;
  /** The encoder and what became of the tensors of its file. */
  readonly encoder: OpenedEncoder;
}

/**
 * Opens the encoder that a new run starts from.
 *
 * @param from Value of `--init-from`: a run, a checkpoint, an exported encoder or a
 * file of weights with timm's, MAE's or LocalMIM's names.
 * @throws {CommandFailed} where the weights do not fit.
 */
export async function initialEncoder(
  from: string,
  config: PretrainConfig,
  plan: FreezePlan,
  prefix?: string,
): Promise<InitialEncoder> {
  const opened = await openEncoder(from, {
    ...prefix === undefined ? {} : { prefix },
    model: config.model,
    partial: true,
  });
  const encoder = must(
    opened,
    (error, names) => `--init-from: ${describeTraining(error, names)}`,
  );
  return { start: encoderSnapshot(config, plan, encoder), encoder };
}

/** Flags of where a run's weights are from. */
type InitialFlags = Pick<PretrainValues, "init-from" | "prefix">;

/**
 * The encoder that `--init-from` names, if it is given.
 *
 * @param settings Settings of the run; a resumed one has its own weights.
 */
export async function initialOf(
  { "init-from": from, prefix }: InitialFlags,
  { earlier }: Pick<Settings<unknown>, "earlier">,
  config: PretrainConfig,
  plan: FreezePlan,
): Promise<InitialEncoder | null> {
  if (from === undefined) {
    return prefix === undefined ? null : refuse(
      `--prefix: found "${prefix}", wanted --init-from beside it: the weights that it is for`,
    );
  }
  return earlier === null
    ? await initialEncoder(from, config, plan, prefix)
    : refuse(
      `--init-from: found ${from}, wanted no --resume beside it: a run goes on from its own weights`,
    );
}

/** Equality but for rounding. */
const isNear = (some: readonly number[], others: readonly number[]): boolean =>
  some.every((value, i) => Math.abs(value - (others[i] ?? NaN)) < 1e-4);

/** A line if an encoder was trained on pixels of other statistics. */
function describeOtherStatistics(
  { model, normalization: stated }: OpenedEncoder,
  images: Normalization,
): readonly string[] {
  if (stated === null) return [];
  const channels = model.inChannels === 1 ? 1 : 3;
  const [before, now] = [stated, images]
    .map((statistics) => normalizationFor(statistics, channels));
  return isNear(before!.mean, now!.mean) &&
      isNear(before!.deviation, now!.deviation)
    ? []
    : [
      `its pixels had ${
        describeStatistics(before!)
      } (${stated.from}); those of this run have ${describeStatistics(now!)}`,
    ];
}

/** Use of the tensors of the file, in lines. */
export function describeInitialEncoder(
  { encoder }: InitialEncoder,
  images: Normalization,
): string {
  const { path, model, report, skipped } = encoder;
  const { used, positions: { grid, offFixed } } = report;
  // Rounding is no difference, and a table of another grid says nothing.
  const isLearned = grid === gridSize(model) && offFixed > 1e-3;
  const positions = `its positions are other ones (by up to ${
    offFixed.toFixed(2)
  }); pre-training has fixed ones`;
  const lines = [
    ...describeReport(report),
    ...isLearned ? [positions] : [],
    ...describeOtherStatistics(encoder, images),
  ];
  return [
    ...describeSkipped(skipped).map((line) => `skipped: ${line}`),
    `start:  ${path}: ${counted(used.length, "tensor")} used`,
    ...lines.map((line) => `        ${line}`),
  ].join("\n");
}

/** Writes the whole report into the folder of a run, as `init.json`. */
export async function writeInitReport(
  folder: string,
  { encoder: { path, report, skipped } }: InitialEncoder,
): Promise<void> {
  const text = JSON.stringify({ from: path, skipped, ...report }, null, 2);
  const written = await replaceFile(join(folder, "init.json"), `${text}\n`);
  must(written, describeTraining);
}
