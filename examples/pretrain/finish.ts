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
import { describeUnreadable } from "../evaluate/unreadable.ts";
import { accuracies } from "./evaluation.ts";
import type { OpenedRun } from "./open_run.ts";
import { reconstructionSvg } from "./reconstruction.ts";
import { describeSummary, type Summary, summaryOf } from "./summary.ts";
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

/**
 * Judges a run, draws its pictures and says where everything is.
 *
 * @param opened The run.
 * @param end How it ended.
 * @param say Prints a line.
 */
export async function finish(
  opened: ToldRun,
  end: RunEnd,
  say: (line: string) => void,
): Promise<Result<TrainError, Summary>> {
  await drawPictures(opened, end, say);
  if (opened.images.queries !== null) say("judging the encoder …");
  const unreadable = badImages(opened.images.queries?.length ?? 0);
  const judged = await accuracies(opened, unreadable);
  if (judged._tag === "Left") return judged;
  const missed = describeUnreadable(unreadable, "to judge by");
  if (missed !== null) say(`images: ${missed}`);
  await opened.tellAccuracies(opened.run.step, judged.right);
  const summary = summaryOf(opened, end, judged.right);
  say(describeSummary(summary));
  return right(summary);
}
