/**
 * Judges an encoder by what it becomes when it learns classes with a head on it.
 *
 * ```sh
 * deno run -A cli/main.ts finetune runs/1 --epochs 20 --batch-size 64 --accum-iter 1
 * ```
 *
 * It is judged after every epoch and kept in a folder of its own, `runs/N`, from which it
 * goes on after Ctrl-C. The last line of the output is JSON, also then.
 *
 * @module
 */
import { access } from "node:fs/promises";
import type { Result } from "../../core/mod.ts";
import { imageWorkers } from "../../data/mod.ts";
import {
  FINETUNE_RECIPE,
  type FinetuneConfig,
  type HostTensors,
  type TrainError,
} from "../../train/mod.ts";
import type { Command } from "../command/command.ts";
import { must } from "../command/command_failed.ts";
import { mustWork } from "../command/describe_errors.ts";
import {
  type FinetuneChoice,
  type FinetunedAccuracies,
  finetuneEncoder,
} from "../evaluate/finetune_encoder.ts";
import { FINETUNE_FLAGS, finetuneFrom } from "../evaluate/finetune_flags.ts";
import { keptTraining, untrainedFile } from "../evaluate/finetune_folder.ts";
import {
  accuracyWarnings,
  describeAccuracies,
  describeShare,
  frequentShare,
  shownWork,
  stoppedTraining,
} from "../evaluate/judgement.ts";
import {
  type Evaluation,
  EVALUATION_FLAGS,
  openEvaluation,
} from "../evaluate/open_evaluation.ts";
import type { Interrupted } from "../evaluate/training_start.ts";
import { tellUnreadable } from "../images/unreadable.ts";
import { untrainedEncoder } from "../evaluate/untrained_encoder.ts";
import type { FlagValues } from "../flags/flags.ts";

const FLAGS = { ...EVALUATION_FLAGS, ...FINETUNE_FLAGS } as const;

type Found = Result<TrainError, FinetunedAccuracies | Interrupted>;

/** The same of an untrained encoder, beside it. */
async function untrainedToo(
  evaluation: Evaluation,
  config: FinetuneConfig,
  choice: FinetuneChoice & { readonly output: string },
): Promise<Found> {
  const { encoder } = evaluation;
  const parameters: HostTensors = untrainedEncoder(encoder);
  const output = untrainedFile(choice.output);
  const isThere = await access(output).then(() => true, () => false);
  const resume = choice.resume !== undefined && isThere ? output : undefined;
  choice.say("untrained encoder:");
  return await finetuneEncoder(
    { ...evaluation, encoder: { ...encoder, parameters } },
    config,
    { ...choice, output, resume },
  );
}

/** Says what was found. */
function tell(
  found: FinetunedAccuracies,
  untrained: FinetunedAccuracies | null,
  share: number,
  { classes }: FinetuneConfig,
  say: (line: string) => void,
): void {
  say(describeAccuracies(found));
  if (found.ema !== null) {
    say(`running means: ${describeAccuracies(found.ema)}`);
  }
  if (untrained !== null) {
    say(`untrained encoder: ${describeAccuracies(untrained)}`);
  }
  say(describeShare(share));
  accuracyWarnings(found, share, classes).forEach(say);
}

async function finetune(
  evaluation: Evaluation,
  values: FlagValues<typeof FLAGS>,
  say: (line: string) => void,
): Promise<object> {
  const { encoder, backend, train, queries, classes } = evaluation;
  const config = finetuneFrom(encoder.model, classes, values);
  const kept = must(await keptTraining(values));
  const { workers: count = 0 } = values;
  using workers = count === 0 ? null : imageWorkers(count);
  const choice = { ...kept, ...shownWork(say), say, workers };
  const facts = {
    encoder: encoder.path,
    normalization: train.normalization,
    images: train.length,
    queries: queries.length,
    config,
    output: kept.output,
    device: backend.device.name,
  };
  say(`kept in: ${kept.output}`);
  const stop = () =>
    stoppedTraining(kept.folder ?? kept.output, kept.output, facts);
  const tuned = await finetuneEncoder(evaluation, config, choice);
  if (tuned._tag === "Left" && tuned.left._tag === "Stopped") {
    return await stop();
  }
  const found = mustWork(tuned);
  if (found === "interrupted") return await stop();
  const other = values.untrained
    ? mustWork(await untrainedToo(evaluation, config, choice))
    : null;
  if (other === "interrupted") return await stop();
  backend.dispose();
  const share = frequentShare(queries);
  tell(found, other, share, config, say);
  return {
    ...facts,
    ...tellUnreadable(evaluation, say),
    ...found,
    ...other === null ? {} : { untrained: other },
    mostFrequent: share,
  };
}

/** The command. */
export const finetuneCommand: Command<typeof FLAGS> = {
  name: "finetune",
  summary: "Fine-tunes an encoder with a head for classes",
  usage:
    `ENCODER is a run's folder, a checkpoint, an exported encoder, or a file of weights
(.safetensors, .pth) with timm's names. The classifier is kept after every epoch; after
Ctrl-C the same command goes on with --resume runs/N.`,
  words: ["ENCODER"],
  fields: FLAGS,
  bases: [FINETUNE_RECIPE],
  json: "always",
  run: async ({ words: [path = ""], values, say }) =>
    await finetune(await openEvaluation(path, values, say), values, say),
};
