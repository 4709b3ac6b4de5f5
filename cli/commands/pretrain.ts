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
import process from "node:process";
import { describeFaults, type Result, right } from "../../core/mod.ts";
import { describeTrainError } from "../../train/mod.ts";
import { parseFlags } from "../flags/parse_flags.ts";
import {
  lastWords,
  withPermissionAdvice,
} from "../output/permission_advice.ts";
import { badImagesKeeper } from "../images/bad_images_file.ts";
import {
  failed,
  interrupted,
  resumeCommand,
  unjudged,
} from "../pretrain/failure.ts";
import { UNJUDGED } from "../pretrain/evaluation.ts";
import { finish } from "../pretrain/finish.ts";
import { interruption, outliveHangUp } from "../output/interruption.ts";
import { keepOutputsOpen } from "../output/keep_open.ts";
import { openRun } from "../pretrain/open_run.ts";
import {
  PRETRAIN_FLAGS,
  pretrainHelp,
  type PretrainValues,
} from "../pretrain/pretrain_flags.ts";
import { progressOn } from "../pretrain/progress.ts";
import { settingsFrom } from "../pretrain/settings.ts";
import { type Summary, summaryOf } from "../pretrain/summary.ts";
import { takeSteps } from "../pretrain/take_steps.ts";
import { withTensorBoard } from "../pretrain/tensorboard.ts";
import { barsOn } from "../output/progress_bar.ts";
import { badInput, EXIT, type Failure } from "../output/failure.ts";

async function pretrain(
  values: PretrainValues,
): Promise<Result<Failure, Summary>> {
  const stream = values.json ? process.stderr : process.stdout;
  const say = (line: string): void => void stream.write(`${line}\n`);
  const settings = await settingsFrom(values);
  if (settings._tag === "Left") return badInput(describeFaults(settings.left));
  const stop = new AbortController();
  const opened = await openRun(settings.right, values, say, stop.signal);
  if (opened._tag === "Left") return badInput(opened.left);
  const told = await withTensorBoard(opened.right, values, say);
  const { plan, run, folder, backend, loading } = told;
  const command = resumeCommand(folder.path, values);
  const progress = progressOn(plan, stream, run.step);
  const { signal } = interruption(progress.say, stop);
  const atCheckpoint = await badImagesKeeper(
    folder.path,
    loading.badImages,
  );
  const end = await takeSteps({
    ...told,
    progress,
    signal,
    atCheckpoint,
  });
  progress.end();
  const skipped = await atCheckpoint();
  if (skipped._tag === "Left") say(describeTrainError(skipped.left));
  else if (skipped.right !== null) say(skipped.right);
  const { cause, checkpoint } = end;
  if (cause === "interrupted") {
    const moment = `after step ${run.step} of ${plan.totalSteps}`;
    const summary = summaryOf(told, end, UNJUDGED);
    return interrupted(moment, checkpoint, command, summary);
  }
  if (cause !== "finished") return failed(cause, checkpoint, command);
  const { judge: time = "auto" } = values;
  const shown = { startBar: barsOn(stream), signal };
  const finished = await finish(told, end, say, { ...shown, time });
  loading.workers?.[Symbol.dispose]();
  run.dispose();
  folder[Symbol.dispose]();
  backend.dispose();
  if (finished._tag === "Left") {
    return failed(finished.left, checkpoint, command);
  }
  const { summary, isStopped } = finished.right;
  return isStopped ? unjudged(folder.path, summary) : right(summary);
}

/** Whether the user asks for stacks; without leave to look, no. */
function wantsStack(): boolean {
  const leave = Deno.permissions.querySync({ name: "env", variable: "DEBUG" });
  return leave.state === "granted" && Boolean(process.env["DEBUG"]);
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

type End = ReturnType<typeof keepOutputsOpen>;

async function main(args: readonly string[], end: End): Promise<never> {
  const values = parseFlags(PRETRAIN_FLAGS, args);
  if (values._tag === "Right" && values.right.help) {
    print(pretrainHelp());
    return await end(0);
  }
  const summary = values._tag === "Left"
    ? badInput(describeFaults(values.left))
    : await pretrain(values.right);
  if (summary._tag === "Left") {
    const { message, code, result } = summary.left;
    if (result !== undefined && values._tag === "Right" && values.right.json) {
      print(JSON.stringify(result));
    }
    return await end(code, withPermissionAdvice(message));
  }
  if (values._tag === "Right" && values.right.json) {
    print(JSON.stringify(summary.right));
  }
  return await end(0);
}

/** Ends the program; a bug shows its stack only to who asks for it. */
const failing = (end: End) => (thrown: unknown): Promise<never> => {
  const stack = wantsStack() && thrown instanceof Error ? thrown.stack : "";
  const words = stack ? `${lastWords(thrown)}\n${stack}` : lastWords(thrown);
  return end(EXIT.failed, words);
};

/**
 * Runs the command.
 *
 * @param args The command line behind its name.
 */
export async function pretrainCommand(
  args: readonly string[],
): Promise<void> {
  const end = keepOutputsOpen();
  const fail = failing(end);
  outliveHangUp();
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  await main(args, end).catch(fail);
}
