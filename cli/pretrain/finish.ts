/**
 * What a run was worth: accuracy, saving, pictures.
 *
 * @module
 */
import { join } from "node:path";
import { type Result, right } from "../../core/mod.ts";
import { badImages } from "../../data/mod.ts";
import { lossPlot } from "../../plot/mod.ts";
import {
  describeTrainError,
  replaceFile,
  type TrainError,
} from "../../train/mod.ts";
import { describeUnreadable } from "../images/unreadable.ts";
import type { ShownWork } from "../output/progress_bar.ts";
import { judgeRun, type JudgingTime, UNJUDGED } from "./evaluation.ts";
import type { OpenedRun } from "./open_run.ts";
import { reconstructionSvg } from "./reconstruction.ts";
import {
  describeSummary,
  secondsOf,
  type Summary,
  summaryOf,
} from "./summary.ts";
import type { RunEnd } from "./take_steps.ts";
import type { ToldRun } from "./tensorboard.ts";

/** What a picture shows, or why it cannot be drawn. */
type Drawing = () => Promise<Result<TrainError, string>>;

/** The pictures of a run by the names of their files. */
const picturesOf = (
  { plan, backend, config, run, images }: OpenedRun,
  { steps }: RunEnd,
): Readonly<Record<string, Drawing>> => ({
  "loss.svg": () =>
    Promise.resolve(right(lossPlot(steps, { phases: plan.phases }))),
  "reconstruction.svg": () =>
    reconstructionSvg(
      backend,
      config,
      run.parameters(),
      images.queries ?? images.train,
    ),
});

/** Draws the pictures; one that cannot be drawn or written is told of and left out. */
async function drawPictures(
  opened: OpenedRun,
  end: RunEnd,
  say: (line: string) => void,
): Promise<void> {
  for (const [name, draw] of Object.entries(picturesOf(opened, end))) {
    const svg = await draw();
    const drawn = svg._tag === "Left"
      ? svg
      : await replaceFile(join(opened.folder.path, name), svg.right);
    if (drawn._tag === "Left") {
      say(`no ${name}: ${describeTrainError(drawn.left)}`);
    }
  }
}

/** What a finished run was worth, and whether judging it was stopped. */
export interface Finished {
  /** The run in numbers. */
  readonly summary: Summary;
  /** Whether its encoder was not judged because the user stopped that. */
  readonly isStopped: boolean;
}

/** How a run is judged. */
interface FinishChoice extends ShownWork {
  /** How long that may take. */
  readonly time: JudgingTime;
}

/**
 * Judges a run, draws its pictures and says where everything is.
 *
 * @param opened The run.
 * @param end How it ended.
 * @param say Prints a line.
 * @param choice How long judging may take, who sees it and what stops it.
 */
export async function finish(
  opened: ToldRun,
  end: RunEnd,
  say: (line: string) => void,
  choice: FinishChoice,
): Promise<Result<TrainError, Finished>> {
  await drawPictures(opened, end, say);
  const { queries } = opened.images;
  const isJudged = queries !== null && choice.time !== "never";
  if (isJudged) say("judging the encoder …");
  const unreadable = badImages(queries?.length ?? 0);
  const runSeconds = secondsOf(end);
  const judged = await judgeRun(opened, { ...choice, runSeconds, unreadable });
  const isStopped = judged._tag === "Left" && judged.left._tag === "Stopped";
  if (judged._tag === "Left" && !isStopped) return judged;
  const missed = describeUnreadable(unreadable, "to judge by");
  if (missed !== null) say(`images: ${missed}`);
  const { accuracies, note } = judged._tag === "Right"
    ? judged.right
    : { accuracies: UNJUDGED, note: "not judged: stopped" };
  await opened.tellAccuracies(opened.run.step, accuracies);
  const summary = summaryOf(opened, end, accuracies);
  say(describeSummary(summary, note));
  return right({ summary, isStopped });
}
