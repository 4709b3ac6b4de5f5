/** The end of a run: pictures, accuracy, saving. */
import { join } from "node:path";
import { type Result, right } from "../../core/mod.ts";
import { badImages } from "../../data/mod.ts";
import { lossPlot } from "../../plot/mod.ts";
import {
  describeTrainError,
  replaceFile,
  type TrainError,
} from "../../train/mod.ts";
import { stopped } from "../command/command_failed.ts";
import { mustWork } from "../command/describe_errors.ts";
import { programName } from "../output/program_name.ts";
import type { ShownWork } from "../output/progress_bar.ts";
import { describeUnreadable } from "../images/unreadable.ts";
import type { EndContext } from "../runs/drive_run.ts";
import type { RunEnd } from "../runs/take_steps.ts";
import {
  accuracyScalars,
  type EvaluatedPretraining,
  evaluateRun,
  type EvaluationTime,
  type OpenedPretraining,
  unevaluated,
} from "./evaluation.ts";
import { reconstructionSvg } from "./reconstruction.ts";
import { describeSummary, type Summary, summaryOf } from "./summary.ts";

/** A picture as SVG text, or why it cannot be drawn. */
type Drawing = () => Promise<Result<TrainError, string>>;

const picturesOf = (
  { plan, backend, config, images }: OpenedPretraining,
  { run, steps }: RunEnd,
): Readonly<Record<string, Drawing>> => ({
  "loss.svg": () =>
    Promise.resolve(right(lossPlot(steps, { phases: plan.phases }))),
  "reconstruction.svg": () =>
    reconstructionSvg(
      backend,
      config,
      run.parameters(),
      images.validation ?? images.train,
    ),
});

/** Draws the pictures; says which cannot be drawn or written, and goes on without. */
async function drawPictures(
  opened: OpenedPretraining,
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

/** The part of another process than the first in the evaluation of a run. */
export async function assistFinish(
  run: EvaluatedPretraining,
  shown: ShownWork,
  time: EvaluationTime,
): Promise<void> {
  const unreadable = badImages(run.images.validation?.length ?? 0);
  // The first process looks at the clock.
  const choice = { ...shown, time, runSeconds: 0, unreadable };
  const evaluated = await evaluateRun(run, choice);
  // A stop is one of all ranks: the first one says so in the end.
  if (evaluated._tag === "Left" && evaluated.left._tag !== "Stopped") {
    mustWork(evaluated);
  }
}

/**
 * Evaluates a run, draws its pictures and prints where everything is.
 *
 * @throws {CommandFailed} where the evaluation fails or is stopped.
 */
export async function finish(
  opened: OpenedPretraining,
  end: RunEnd,
  context: EndContext,
  time: EvaluationTime,
): Promise<Summary> {
  const { say } = context;
  await drawPictures(opened, end, say);
  const { validation } = opened.images;
  if (validation !== null && time !== "never") say("judging the encoder …");
  const unreadable = badImages(validation?.length ?? 0);
  const runSeconds = end.totals.seconds;
  const choice = { ...context, time, runSeconds, unreadable };
  const evaluated = await evaluateRun({ ...opened, run: end.run }, choice);
  const isStopped = evaluated._tag === "Left" &&
    evaluated.left._tag === "Stopped";
  if (evaluated._tag === "Left" && !isStopped) {
    return context.fail(evaluated.left);
  }
  const missed = describeUnreadable(unreadable, "to judge by");
  if (missed !== null) say(`images: ${missed}`);
  const { accuracies, notes } = evaluated._tag === "Right"
    ? evaluated.right
    : unevaluated("not judged: stopped");
  await context.tracker?.scalars(end.run.step, accuracyScalars(accuracies));
  const summary = summaryOf(opened, end, accuracies);
  say(describeSummary(summary, notes));
  return isStopped
    ? stopped(
      `stopped judging; the run is finished and whole, judge it with: deno run -A ${
        programName("knn")
      } ${opened.folder.path}`,
      summary,
    )
    : summary;
}
