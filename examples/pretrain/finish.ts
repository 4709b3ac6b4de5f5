/**
 * What a run was worth: accuracy, saving, pictures.
 *
 * @module
 */
import { join } from "node:path";
import {
  type FreezePlan,
  predictedSaving,
  type Result,
  right,
} from "../../core/mod.ts";
import {
  disposeState,
  initialSnapshot,
  measuredSaving,
  type MetricsLine,
  phaseTimes,
  replaceFile,
  type TrainError,
  uploadState,
} from "../../train/mod.ts";
import { reconstructionSvg, writeLossPicture } from "./artefacts.ts";
import { encoderAccuracy, pixelAccuracy } from "./evaluation.ts";
import type { OpenedRun } from "./open_run.ts";
import { showSeconds } from "./progress.ts";
import type { RunEnd } from "./take_steps.ts";

/** What the last line of a run says with `--json`. */
export interface Summary {
  /** Engine. */
  readonly backend: string;
  /** What the machine calls the device. */
  readonly device: string;
  /** Optimizer steps. */
  readonly steps: number;
  /** Seconds of all steps, images and compilation included. */
  readonly seconds: number;
  /** Median seconds of a step in each phase, without images and compilation. */
  readonly secondsPerStepByPhase: readonly number[];
  /** Mean loss of each stage over its last steps. */
  readonly lossByStage: readonly number[];
  /** Part of the compute time saved against the speed of the first phase. */
  readonly savingMeasured: number;
  /** Part of the operations saved, by the cost model. */
  readonly savingPredicted: number;
  /** Percent by neighbours in feature space; `null` without classes. */
  readonly knnTop1: number | null;
  /** The same for the encoder as it was before the first step. */
  readonly knnTop1Untrained: number | null;
  /** The same for the pixels. */
  readonly knnTop1Pixels: number | null;
  /** Newest checkpoint. */
  readonly checkpoint: string;
  /** Folder of the run. */
  readonly outputDir: string;
}

/** Steps over which the loss of a stage is averaged. */
const LAST_STEPS = 50;

/** Mean loss of each stage over the last steps in which it was live. */
function lossByStage(
  plan: FreezePlan,
  steps: readonly MetricsLine[],
): readonly number[] {
  return plan.stages.map(({ index }) => {
    const losses = steps.flatMap(({ stageLosses }) => stageLosses[index] ?? [])
      .slice(-LAST_STEPS);
    return losses.reduce((a, b) => a + b, 0) / losses.length;
  });
}

type Accuracies = Pick<
  Summary,
  "knnTop1" | "knnTop1Untrained" | "knnTop1Pixels"
>;

async function accuracies(
  opened: OpenedRun,
): Promise<Result<TrainError, Accuracies>> {
  const { images, config, backend, run, plan } = opened;
  const trained = await encoderAccuracy(
    images,
    config.model,
    backend,
    run.parameters(),
  );
  if (trained._tag === "Left") return trained;
  const first = uploadState(backend, config, initialSnapshot(config, plan));
  const untrained = await encoderAccuracy(
    images,
    config.model,
    backend,
    first.parameters,
  );
  disposeState(first);
  if (untrained._tag === "Left") return untrained;
  const pixels = await pixelAccuracy(images, config.model);
  return pixels._tag === "Left" ? pixels : right({
    knnTop1: trained.right,
    knnTop1Untrained: untrained.right,
    knnTop1Pixels: pixels.right,
  });
}

async function drawPictures(
  { folder, plan, backend, config, run, images }: OpenedRun,
  steps: readonly MetricsLine[],
): Promise<Result<TrainError, void>> {
  const losses = await writeLossPicture(folder.path, plan, steps);
  if (losses._tag === "Left") return losses;
  const source = images.queries ?? images.train;
  const svg = await reconstructionSvg(
    backend,
    config,
    run.parameters(),
    source,
  );
  return svg._tag === "Left"
    ? svg
    : replaceFile(join(folder.path, "reconstruction.svg"), svg.right);
}

const percent = (value: number | null): string =>
  value === null ? "–" : `${value.toFixed(1)} %`;

function sayAll(
  summary: Summary,
  opened: OpenedRun,
  say: (line: string) => void,
): void {
  const { lossByStage, savingMeasured, savingPredicted, outputDir } = summary;
  say(`${summary.steps} steps in ${showSeconds(summary.seconds)}`);
  say(
    `loss:   ${
      lossByStage.map((loss, stage) => `stage ${stage + 1} ${loss.toFixed(4)}`)
        .join(", ")
    }`,
  );
  say(
    `saving: ${
      (100 * savingMeasured).toFixed(1)
    } % of the compute time measured, ${
      (100 * savingPredicted).toFixed(1)
    } % predicted`,
  );
  if (summary.knnTop1 !== null) {
    say(
      `k-NN:   ${
        percent(summary.knnTop1)
      } by the encoder's features; untrained ${
        percent(summary.knnTop1Untrained)
      }, raw pixels ${
        percent(summary.knnTop1Pixels)
      } (20 neighbours, images it never learned from)`,
    );
  }
  say(`folder: ${outputDir}: config.json plan.json images.json metrics.jsonl`);
  say(`        plan.svg loss.svg reconstruction.svg`);
  say(
    `        ${summary.checkpoint}${
      opened.folder.history.length > 0 ? " (resumed run)" : ""
    }`,
  );
}

/**
 * Judges a run, draws its pictures and says where everything is.
 *
 * @param opened The run.
 * @param end How it ended.
 * @param say Prints a line.
 */
export async function finish(
  opened: OpenedRun,
  end: RunEnd,
  say: (line: string) => void,
): Promise<Result<TrainError, Summary>> {
  const { plan, backend, folder } = opened;
  const judged = await accuracies(opened);
  if (judged._tag === "Left") return judged;
  const drawn = await drawPictures(opened, end.steps);
  if (drawn._tag === "Left") return drawn;
  const times = phaseTimes(plan, end.steps);
  const summary: Summary = {
    backend: backend.device.name,
    device: backend.device.description,
    steps: end.steps.length,
    seconds: end.steps.reduce(
      (sum, { milliseconds }) => sum + milliseconds.total / 1000,
      0,
    ),
    secondsPerStepByPhase: times.map(({ secondsPerStep }) => secondsPerStep),
    lossByStage: lossByStage(plan, end.steps),
    savingMeasured: measuredSaving(plan, times),
    savingPredicted: predictedSaving(plan),
    ...judged.right,
    checkpoint: end.checkpoint,
    outputDir: folder.path,
  };
  sayAll(summary, opened, say);
  return right(summary);
}
