/**
 * Evaluates an encoder by fine-tuning it with a classification head.
 *
 * ```sh
 * deno run -A cli/main.ts finetune runs/1 --epochs 20 --batch-size 64 --accum-iter 1
 * ```
 *
 * It is a run like any other: in a folder of its own, `runs/N`, from which it goes on after
 * Ctrl-C. It is evaluated after every epoch. The last line of the output is JSON, also then.
 */
import { FINETUNE_RECIPE, type FinetuneConfig } from "../../core/mod.ts";
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Ranks } from "../../ranks/mod.ts";
import type { Command, CommandContext } from "../command/command.ts";
import { onFirst } from "../command/common_settings.ts";
import { ranksFrom } from "../command/join_ranks.ts";
import { programName } from "../output/program_name.ts";
import {
  type FinetunedAccuracies,
  finetunedAccuracies,
  type PlannedFinetuning,
  plannedFinetuning,
} from "../evaluate/finetune_encoder.ts";
import {
  FINETUNE_FLAGS,
  finetuneSettings,
  type FinetuneValues,
} from "../evaluate/finetune_flags.ts";
import { encoderAt, untrainedEncoder } from "../evaluate/evaluated_encoder.ts";
import { factsWriter, tunedFacts } from "../evaluate/kept_facts.ts";
import {
  describeAccuracies,
  encoderProgram,
  evaluationFacts,
  tellAccuracies,
} from "../evaluate/evaluation_result.ts";
import { evaluationRun } from "../evaluate/open_evaluation.ts";
import {
  outputFile,
  outputHooks,
  untrainedFile,
} from "../evaluate/output_file.ts";
import { loadingFrom } from "../images/loading.ts";
import { tellUnreadable } from "../images/unreadable.ts";
import { interruption } from "../command/interruption.ts";
import { barStream } from "../output/progress_bar.ts";
import { driveRun } from "../runs/drive_run.ts";
import type { OpenedRun } from "../runs/open_run.ts";
import type { Settings } from "../runs/settings.ts";
import type { RunEnd } from "../runs/take_steps.ts";

type Context = CommandContext<typeof FINETUNE_FLAGS> & {
  readonly signal: AbortSignal;
};

/** Facts of a fine-tuning and its folder. */
const factsOf = (
  { evaluated, config, backend, folder }: OpenedRun<PlannedFinetuning>,
  { output }: FinetuneValues,
) => ({
  ...evaluationFacts(evaluated, backend),
  ...{ config, outputDir: folder.path },
  ...output === undefined ? {} : { output },
});

/** Accuracies after the last epoch. */
const foundBy = ({ evaluations }: RunEnd): FinetunedAccuracies =>
  finetunedAccuracies(evaluations.at(-1)?.scores ?? {});

/**
 * Takes the steps of a planned fine-tuning.
 *
 * @param whole The fine-tuning that it is a part of: what goes on after Ctrl-C.
 */
function driven(
  planned: PlannedFinetuning,
  settings: Settings<FinetuneConfig>,
  { words: [path = ""], values, say, signal, ranks }: Context,
  whole?: { readonly values: FinetuneValues; readonly folder: string },
) {
  const shown = { say, stream: barStream(), signal };
  const start = { settings, values, ranks, ...shown };
  return driveRun(planned, start, {
    program: encoderProgram(
      ...[programName("finetune"), path, whole?.values ?? values] as const,
    ),
    goesOnWith: whole?.folder,
    summary: (run) => ({
      ...factsOf(run, values),
      resume: whole?.folder ?? run.folder.path,
    }),
    finish: (run, end) =>
      Promise.resolve({
        facts: factsOf(run, values),
        checkpoint: end.checkpoint,
        found: foundBy(end),
      }),
  });
}

/** The same of an untrained encoder, in a folder within that of the trained one. */
async function untrainedToo(
  planned: PlannedFinetuning,
  settings: Settings<FinetuneConfig>,
  context: Context,
  folder: string,
): Promise<FinetunedAccuracies> {
  const { words: [path = ""], values: { output: file, ...given } } = context;
  const { say, ranks } = context;
  const { evaluated, config } = planned;
  const { encoder, train } = evaluated;
  const outputDir = join(folder, "untrained");
  const output = file && untrainedFile(file);
  const values = {
    ...{ ...given, resume: "auto", "output-dir": outputDir },
    ...output === undefined ? {} : { output },
  };
  const { earlier, file: own } = await onFirst(
    ranks,
    () => finetuneSettings(encoder, path, values),
  );
  const before = settings.file && untrainedFile(settings.file);
  const isThere = before !== null &&
    await access(before).then(() => true, () => false);
  const parameters = untrainedEncoder(encoder);
  say("untrained encoder:");
  const run = plannedFinetuning(
    { ...evaluated, encoder: { ...encoder, parameters } },
    config,
    loadingFrom(train.length, values),
  );
  const facts = tunedFacts(evaluated);
  const hooks = await outputHooks(run.task, output, facts);
  const filed = earlier === null && isThere ? before : own;
  const { found } = await driven(
    { ...run, hooks },
    { ...settings, earlier, file: filed, outputDir },
    { ...context, values },
    { values: context.values, folder },
  );
  return found;
}

/** Plans a fine-tuning: everything about it that needs no device. */
async function planned(
  path: string,
  values: FinetuneValues,
  ranks: Ranks | null,
): Promise<readonly [PlannedFinetuning, Settings<FinetuneConfig>]> {
  const encoder = await encoderAt(path, values);
  const run = await evaluationRun(
    ...[encoder, path, values, ranks] as const,
    () => finetuneSettings(encoder, path, values),
  );
  const { settings, evaluated, loading, words } = run;
  const config = { ...settings.config, classes: evaluated.classes };
  const tuned = plannedFinetuning(evaluated, config, loading);
  const output = outputFile(values, settings);
  const facts = tunedFacts(evaluated);
  const hooks = await outputHooks(tuned.task, output, facts);
  const describe = factsWriter(path, facts);
  return [{ ...tuned, hooks, words, describe }, settings];
}

async function finetune(
  context: CommandContext<typeof FINETUNE_FLAGS>,
): Promise<object> {
  const { words: [path = ""], values, say } = context;
  const [run, settings] = await planned(path, values, context.ranks);
  const { signal } = interruption(say);
  const shown = { ...context, signal };
  const { facts, checkpoint, found } = await driven(run, settings, shown);
  const other = values.untrained
    ? await untrainedToo(run, settings, shown, facts.outputDir)
    : undefined;
  say(describeAccuracies(found));
  const { ema } = found;
  if (ema !== null) say(`running means: ${describeAccuracies(ema)}`);
  const mostFrequent = tellAccuracies(run.evaluated, found, other, say);
  return {
    ...{ ...facts, checkpoint },
    ...tellUnreadable(run.evaluated, say),
    ...found,
    ...other === undefined ? {} : { untrained: other },
    mostFrequent,
  };
}

/** The command. */
export const finetuneCommand: Command<typeof FINETUNE_FLAGS> = {
  name: "finetune",
  summary: "Fine-tunes an encoder with a head for classes",
  usage:
    `ENCODER is a run's folder, a checkpoint, an exported encoder, or a file of weights
(.safetensors, .pth) with timm's names. The classifier is evaluated and saved after every
epoch; after Ctrl-C the same command goes on with --resume runs/N. Folders and files of
earlier versions are gone on from, too.`,
  words: ["ENCODER"],
  fields: FINETUNE_FLAGS,
  bases: [FINETUNE_RECIPE],
  json: "always",
  join: ranksFrom,
  run: finetune,
};
