/**
 * Judges an encoder by what it becomes when it learns classes with a head on it.
 *
 * ```sh
 * deno run -A examples/finetune.ts runs/1 --epochs 20 --batch-size 64 --accum-iter 1
 * ```
 *
 * The last line of the output is JSON.
 *
 * Least permissions (`docs/permissions.md`):
 *
 * ```text
 * --allow-read=DATA,ENCODER
 * --allow-ffi=NPM
 * ```
 *
 * @module
 */
import process from "node:process";
import { left, type Result, right } from "../core/mod.ts";
import {
  evalTransform,
  type ImageSource,
  loadAll,
  loadBatches,
  trainTransform,
} from "../data/mod.ts";
import {
  type BatchSource,
  classifierAccuracy,
  describeTrainError,
  type FinetuneConfig,
  finetuneIdentity,
  finetunePlan,
  finetuning,
  initialFinetune,
  type TopAccuracies,
  type TrainError,
} from "../train/mod.ts";
import {
  FINETUNE_DEFAULTS,
  FINETUNE_FLAGS,
  finetuneFrom,
  type FinetuneValues,
} from "./evaluate/finetune_flags.ts";
import {
  type Evaluation,
  EVALUATION_DEFAULTS,
  EVALUATION_FLAGS,
  failedWith,
  openEvaluation,
} from "./evaluate/open_evaluation.ts";
import { type EvaluationProgram, runProgram } from "./evaluate/program.ts";
import { startOf, trainToEnd } from "./evaluate/training_start.ts";
import { badInput } from "./pretrain/failure.ts";

const FLAGS = { ...EVALUATION_FLAGS, ...FINETUNE_FLAGS } as const;

const USAGE =
  `Fine-tunes an encoder with a head for classes: deno run -A examples/finetune.ts ENCODER [FLAGS]

ENCODER is a run's folder, a checkpoint, an exported encoder, or a file of weights
(.safetensors, .pth) with timm's names.`;

/** Part of an image that is seen, as in supervised training on ImageNet. */
const SCALE = [0.08, 1] as const;

/** Random crops of the images to learn from. */
function cropsOf(
  source: ImageSource,
  { model, training: { seed, batchSize } }: FinetuneConfig,
): Result<TrainError, BatchSource> {
  const { imageSize, inChannels } = model;
  const { normalization } = source;
  const format = { imageSize, inChannels, normalization, scale: SCALE };
  const made = trainTransform(format);
  if (made._tag === "Left") {
    return left({ _tag: "BadConfig", faults: made.left });
  }
  const common = { source, transform: made.right, seed, batchSize };
  return right((epoch, fromBatch) =>
    loadBatches({ ...common, epoch, fromBatch })
  );
}

/** The middles of the images to judge by. */
function middlesOf(
  { queries: source, resizeSize, encoder: { model } }: Evaluation,
  batchSize: number,
) {
  const { imageSize, inChannels } = model;
  const { normalization } = source;
  const format = { imageSize, inChannels, normalization, resizeSize };
  const made = evalTransform(format);
  return made._tag === "Left"
    ? left<TrainError>({ _tag: "BadConfig", faults: made.left })
    : right(loadAll({ source, transform: made.right, batchSize }));
}

/** Trains and judges. */
async function judged(
  evaluation: Evaluation,
  config: FinetuneConfig,
  values: FinetuneValues,
  say: (line: string) => void,
): Promise<Result<TrainError, TopAccuracies>> {
  const { backend, encoder, train } = evaluation;
  const { epochs, batchSize } = config.training;
  const plan = finetunePlan(config, train.length);
  if (plan._tag === "Left") {
    return left({ _tag: "BadConfig", faults: plan.left });
  }
  const run = { config, plan: plan.right };
  const identity = finetuneIdentity(run);
  const first = initialFinetune(run, encoder.parameters);
  const start = await startOf(identity, first, values.resume);
  if (start._tag === "Left") return start;
  const batches = cropsOf(train, config);
  if (batches._tag === "Left") return batches;
  const middles = middlesOf(evaluation, batchSize);
  if (middles._tag === "Left") return middles;
  const training = finetuning({
    ...run,
    backend,
    batches: batches.right,
    start: start.right,
  });
  const { output } = values;
  const done = await trainToEnd(training, { identity, epochs, output, say });
  const found = done._tag === "Left" ? done : await classifierAccuracy(
    backend,
    config,
    training.tensors(),
    middles.right,
    batchSize,
  );
  training.dispose();
  return found;
}

const program: EvaluationProgram<typeof FLAGS> = {
  words: ["ENCODER"],
  flags: FLAGS,
  usage: USAGE,
  defaults: { ...EVALUATION_DEFAULTS, ...FINETUNE_DEFAULTS },
  run: async ([path = ""], values, say) => {
    const opened = await openEvaluation(path, values, say);
    if (opened._tag === "Left") return opened;
    const { encoder, backend, train, queries, classes } = opened.right;
    const config = finetuneFrom(encoder.model, classes, values);
    const found = await judged(opened.right, config, values, say);
    if (found._tag === "Left") {
      return found.left._tag === "BadConfig" ||
          found.left._tag === "CheckpointRefused"
        ? badInput(describeTrainError(found.left))
        : failedWith(found.left);
    }
    backend.dispose();
    const { top1, top5 } = found.right;
    const percent = (part: number): string => (100 * part).toFixed(2);
    say(`top-1 ${percent(top1)} %, top-5 ${percent(top5)} %`);
    return right({
      encoder: encoder.path,
      images: train.length,
      queries: queries.length,
      config,
      top1,
      top5,
      device: backend.device.name,
    });
  },
};

await runProgram(program, process.argv.slice(2));
