/**
 * Pre-trains a Vision Transformer on images by LocalMIM with FreezeOut.
 *
 * ```sh
 * deno run -A cli/main.ts pretrain
 * deno run -A cli/main.ts pretrain --data photos --model vit-s --batch-size 32
 * deno run -A cli/main.ts pretrain --resume runs/1
 * deno run -A cli/main.ts pretrain --output-dir runs/night --resume auto
 * ```
 *
 * Without `--data` it learns from the embedded Fashion-MNIST images, in minutes
 * on two CPU cores. Ctrl-C, or closing the terminal, ends the run with a
 * checkpoint of the steps that it has taken; a process that is killed loses those since its last one. The same command with
 * `--resume auto` begins a run and goes on with it, however often it ends.
 *
 * @module
 */
import { DEFAULT_PRETRAIN_CONFIG } from "../../core/mod.ts";
import { describeTrainError } from "../../train/mod.ts";
import type { Command, CommandContext } from "../command/command.ts";
import { badImagesKeeper } from "../images/bad_images_file.ts";
import { interruption } from "../output/interruption.ts";
import { modelTable } from "../output/model_words.ts";
import { barsOn } from "../output/progress_bar.ts";
import { UNJUDGED } from "../pretrain/evaluation.ts";
import {
  failed,
  interrupted,
  resumeCommand,
  unjudged,
} from "../pretrain/failure.ts";
import { finish } from "../pretrain/finish.ts";
import { openRun } from "../pretrain/open_run.ts";
import { PRETRAIN_FLAGS } from "../pretrain/pretrain_flags.ts";
import { progressOn } from "../pretrain/progress.ts";
import { settingsFrom } from "../pretrain/settings.ts";
import { type Summary, summaryOf } from "../pretrain/summary.ts";
import { takeSteps } from "../pretrain/take_steps.ts";
import { withTensorBoard } from "../pretrain/tensorboard.ts";
import { SMALL_RECIPE } from "../runs/small_recipe.ts";

async function pretrain(
  { values, say, stream }: CommandContext<typeof PRETRAIN_FLAGS>,
): Promise<Summary> {
  const settings = await settingsFrom(values);
  const stop = new AbortController();
  const opened = await openRun(settings, values, say, stop.signal);
  const tracked = await withTensorBoard(opened, values, say);
  const { plan, run, folder, backend, loading } = tracked;
  const command = resumeCommand(folder.path, values);
  const progress = progressOn(plan, stream, run.step);
  const { signal } = interruption(progress.say, stop);
  const atCheckpoint = await badImagesKeeper(folder.path, loading.badImages);
  const end = await takeSteps({ ...tracked, progress, signal, atCheckpoint });
  progress.end();
  const skipped = await atCheckpoint();
  if (skipped._tag === "Left") say(describeTrainError(skipped.left));
  else if (skipped.right !== null) say(skipped.right);
  const { cause, checkpoint } = end;
  if (cause === "interrupted") {
    const place = `after step ${run.step} of ${plan.totalSteps}`;
    const summary = summaryOf(tracked, end, UNJUDGED);
    return interrupted(place, checkpoint, command, summary);
  }
  if (cause !== "finished") return failed(cause, checkpoint, command);
  const { judge: time = "auto" } = values;
  const shown = { startBar: barsOn(stream), signal };
  const finished = await finish(tracked, end, say, { ...shown, time });
  loading.workers?.[Symbol.dispose]();
  run.dispose();
  folder[Symbol.dispose]();
  backend.dispose();
  if (finished._tag === "Left") {
    return failed(finished.left, checkpoint, command);
  }
  const { summary, isStopped } = finished.right;
  return isStopped ? unjudged(folder.path, summary) : summary;
}

/** The command. */
export const pretrainCommand: Command<typeof PRETRAIN_FLAGS> = {
  name: "pretrain",
  summary: "Pre-trains a Vision Transformer on images",
  usage:
    `Where two defaults are given, the first is for Fashion-MNIST, the second for any
other folder of images. Ctrl-C, or closing the terminal, ends the run with a checkpoint
of the steps that it has taken.`,
  words: [],
  fields: PRETRAIN_FLAGS,
  bases: [SMALL_RECIPE, DEFAULT_PRETRAIN_CONFIG],
  notes: () => [
    modelTable(),
    `Exit codes: 0 done, 1 the run failed, 2 it cannot begin as asked, 130 stopped by
Ctrl-C. With DEBUG=1 in the environment a bug shows its stack.`,
  ],
  json: "asked",
  run: pretrain,
};
