/** Pre-trains a Vision Transformer on images by LocalMIM with FreezeOut. */
import { DEFAULT_PRETRAIN_CONFIG, SMALL_RECIPE } from "../../core/mod.ts";
import type { Command, CommandContext } from "../command/command.ts";
import { commonSettings } from "../command/common_settings.ts";
import { ranksFrom } from "../command/join_ranks.ts";
import { programName } from "../output/program_name.ts";
import { modelTable } from "../output/model_words.ts";
import { UNEVALUATED } from "../pretrain/evaluation.ts";
import { type DryRun, dryRun, refuseDryRun } from "../pretrain/dry_run.ts";
import { assistFinish, finish } from "../pretrain/finish.ts";
import { planPretraining } from "../pretrain/plan_run.ts";
import { PRETRAIN_FLAGS } from "../pretrain/pretrain_flags.ts";
import { pretrainSettings } from "../pretrain/pretrain_settings.ts";
import { type Summary, summaryOf } from "../pretrain/summary.ts";
import { driveRun } from "../runs/drive_run.ts";
import { checkFolder } from "../runs/open_folder.ts";

async function pretrain(
  { values, say, stream, ranks }: CommandContext<typeof PRETRAIN_FLAGS>,
): Promise<Summary | DryRun> {
  const settings = await commonSettings(ranks, values, async () => {
    const settings = await pretrainSettings(values, { ranks, say });
    await checkFolder(settings);
    return settings;
  });
  const isDry = values["dry-run"] ?? false;
  if (isDry) refuseDryRun(settings, ranks);
  const planned = await planPretraining(settings, values);
  if (isDry) return await dryRun(planned, settings, values, say);
  return await driveRun(planned, { settings, values, say, stream, ranks }, {
    program: programName("pretrain"),
    summary: (run, end) => summaryOf(run, end, UNEVALUATED),
    finish: (run, end, context) =>
      finish(run, end, context, values.judge ?? "auto"),
    assist: (run, shown) => assistFinish(run, shown, values.judge ?? "auto"),
  });
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
  join: ranksFrom,
  run: pretrain,
};
