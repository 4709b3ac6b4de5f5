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
import { type Result, right } from "../../core/mod.ts";
import { imageWorkers } from "../../data/mod.ts";
import type {
  FinetuneConfig,
  HostTensors,
  TrainError,
} from "../../train/mod.ts";
import {
  type FinetuneChoice,
  type FinetunedAccuracies,
  finetuneEncoder,
} from "../evaluate/finetune_encoder.ts";
import {
  FINETUNE_DEFAULTS,
  FINETUNE_FLAGS,
  finetuneFrom,
} from "../evaluate/finetune_flags.ts";
import { keptTraining, untrainedFile } from "../evaluate/finetune_folder.ts";
import {
  accuracyWarnings,
  describeAccuracies,
  describeShare,
  frequentShare,
  judgingFailed,
  shownWork,
  stoppedTraining,
} from "../evaluate/judgement.ts";
import {
  type Evaluation,
  EVALUATION_DEFAULTS,
  EVALUATION_FLAGS,
  openEvaluation,
} from "../evaluate/open_evaluation.ts";
import { type EvaluationProgram, runProgram } from "../output/program.ts";
import type { Interrupted } from "../evaluate/training_start.ts";
import { tellUnreadable } from "../images/unreadable.ts";
import { untrainedEncoder } from "../evaluate/untrained_encoder.ts";
import type { FlagValues } from "../flags/flags.ts";
import { badInput, type Failure } from "../output/failure.ts";

const FLAGS = { ...EVALUATION_FLAGS, ...FINETUNE_FLAGS } as const;

const USAGE =
  `Fine-tunes an encoder with a head for classes: deno run -A examples/finetune.ts ENCODER [FLAGS]

ENCODER is a run's folder, a checkpoint, an exported encoder, or a file of weights
(.safetensors, .pth) with timm's names. The classifier is kept after every epoch; after
Ctrl-C the same command goes on with --resume runs/N.`;

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
): Promise<Result<Failure, Readonly<Record<string, unknown>>>> {
  const { encoder, backend, train, queries, classes } = evaluation;
  const config = finetuneFrom(encoder.model, classes, values);
  const where = await keptTraining(values);
  if (where._tag === "Left") return badInput(where.left);
  const kept = where.right;
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
  const stopped = () =>
    stoppedTraining(kept.folder ?? kept.output, kept.output, facts);
  const found = await finetuneEncoder(evaluation, config, choice);
  if (found._tag === "Left") {
    return found.left._tag === "Stopped"
      ? await stopped()
      : judgingFailed(found.left);
  }
  if (found.right === "interrupted") return await stopped();
  const other = values.untrained
    ? await untrainedToo(evaluation, config, choice)
    : right(null);
  if (other._tag === "Left") return judgingFailed(other.left);
  if (other.right === "interrupted") return await stopped();
  backend.dispose();
  const share = frequentShare(queries);
  tell(found.right, other.right, share, config, say);
  return right({
    ...facts,
    ...tellUnreadable(evaluation, say),
    ...found.right,
    ...other.right === null ? {} : { untrained: other.right },
    mostFrequent: share,
  });
}

const program: EvaluationProgram<typeof FLAGS> = {
  words: ["ENCODER"],
  flags: FLAGS,
  usage: USAGE,
  defaults: { ...EVALUATION_DEFAULTS, ...FINETUNE_DEFAULTS },
  run: async ([path = ""], values, say) => {
    const opened = await openEvaluation(path, values, say);
    return opened._tag === "Left"
      ? opened
      : await finetune(opened.right, values, say);
  },
};

/**
 * Runs the command.
 *
 * @param args The command line behind its name.
 */
export const finetuneCommand = (args: readonly string[]): Promise<void> =>
  runProgram(program, args);
