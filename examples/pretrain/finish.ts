/**
 * What a run was worth: accuracy, saving, pictures.
 *
 * @module
 */
import { join } from "node:path";
import { type Result, right } from "../../core/mod.ts";
import { badImages } from "../../data/mod.ts";
import { lossPlot } from "../../plot/mod.ts";
import { replaceFile, type TrainError } from "../../train/mod.ts";
import { describeUnreadable } from "../evaluate/unreadable.ts";
import { accuracies } from "./evaluation.ts";
import type { OpenedRun } from "./open_run.ts";
import { reconstructionSvg } from "./reconstruction.ts";
import { describeSummary, type Summary, summaryOf } from "./summary.ts";
import type { RunEnd } from "./take_steps.ts";
import type { ToldRun } from "./tensorboard.ts";

async function drawPictures(
  { folder, plan, backend, config, run, images }: OpenedRun,
  { steps }: RunEnd,
): Promise<Result<TrainError, void>> {
  const losses = await replaceFile(
    join(folder.path, "loss.svg"),
    lossPlot(steps, { phases: plan.phases }),
  );
  if (losses._tag === "Left") return losses;
  const source = images.queries ?? images.train;
  const parameters = run.parameters();
  const svg = await reconstructionSvg(backend, config, parameters, source);
  return svg._tag === "Left"
    ? svg
    : replaceFile(join(folder.path, "reconstruction.svg"), svg.right);
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
  const drawn = await drawPictures(opened, end);
  if (drawn._tag === "Left") return drawn;
  if (opened.images.queries !== null) say("judging the encoder …");
  const unreadable = badImages(opened.images.queries?.length ?? 0);
  const judged = await accuracies(opened, unreadable);
  if (judged._tag === "Left") return judged;
  const missed = describeUnreadable(unreadable, "to judge by");
  if (missed !== null) say(`images: ${missed}`);
  const told = await opened.tellAccuracies(opened.run.step, judged.right);
  if (told._tag === "Left") return told;
  const summary = summaryOf(opened, end, judged.right);
  say(describeSummary(summary));
  return right(summary);
}
