/**
 * Judges an encoder by a linear classifier on its features.
 *
 * ```sh
 * deno run -A examples/linear_probe.ts runs/1
 * deno run -A examples/linear_probe.ts runs/1 --augment --output probe.safetensors
 * ```
 *
 * The encoder stays as it is. The last line of the output is JSON.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import process from "node:process";
import type { DeviceTensors } from "../backends/mod.ts";
import { left, type Result, right } from "../core/mod.ts";
import {
  decodeProbe,
  describeTrainError,
  disposeAll,
  encodeProbe,
  type EpochFeatures,
  type FeatureSpec,
  fileResult,
  initialProbe,
  linearProbe,
  probeAccuracy,
  type ProbeConfig,
  type ProbeReport,
  replaceFile,
  type SteppedTraining,
  type TensorSnapshot,
  type TopAccuracies,
  type TrainError,
  uploadEncoder,
} from "../train/mod.ts";
import { epochFeatures } from "./evaluate/epoch_features.ts";
import {
  FEATURE_DEFAULTS,
  FEATURE_FLAGS,
  featureFrom,
} from "./evaluate/feature_flags.ts";
import {
  type Evaluation,
  EVALUATION_DEFAULTS,
  EVALUATION_FLAGS,
  failedWith,
  openEvaluation,
} from "./evaluate/open_evaluation.ts";
import {
  PROBE_DEFAULTS,
  PROBE_FLAGS,
  probeFrom,
  type ProbeValues,
} from "./evaluate/probe_flags.ts";
import { type EvaluationProgram, runProgram } from "./evaluate/program.ts";
import { sourceFeatures } from "./evaluate/source_features.ts";
import { badInput } from "./pretrain/failure.ts";

const FLAGS = {
  ...EVALUATION_FLAGS,
  ...FEATURE_FLAGS,
  ...PROBE_FLAGS,
} as const;

const USAGE =
  `Judges an encoder by a linear classifier on its features: deno run -A examples/linear_probe.ts ENCODER [FLAGS]

ENCODER is a run's folder, a checkpoint, an exported encoder, or a file of weights
(.safetensors, .pth) with timm's names. The learning rate is blr × batch-size / 256.`;

/** Where training starts: at the beginning, or where a file says. */
async function startOf(
  config: ProbeConfig,
  path: string | undefined,
): Promise<Result<TrainError, TensorSnapshot>> {
  if (path === undefined) return right(initialProbe(config));
  const bytes = await fileResult(path, () => readFile(path));
  if (bytes._tag === "Left") return bytes;
  const start = decodeProbe(config, bytes.right);
  return start._tag === "Right" ? start : left({
    _tag: "CheckpointRefused",
    path,
    reason: start.left.reason,
  });
}

/** What an epoch ended with: it is told, and saved if a file is named. */
async function endEpoch(
  probe: SteppedTraining<ProbeReport>,
  config: ProbeConfig,
  output: string | undefined,
): Promise<Result<TrainError, void>> {
  if (output === undefined) return right(undefined);
  const snapshot = await probe.snapshot();
  return snapshot._tag === "Left"
    ? snapshot
    : await replaceFile(output, encodeProbe(config, snapshot.right));
}

/** Trains to the end and tells the mean loss of every epoch. */
async function train(
  probe: SteppedTraining<ProbeReport>,
  config: ProbeConfig,
  stepsPerEpoch: number,
  { output }: ProbeValues,
  say: (line: string) => void,
): Promise<Result<TrainError, void>> {
  const losses: number[] = [];
  for await (const report of probe) {
    if (report._tag === "Left") return report;
    losses.push(report.right.loss);
    if (probe.step % stepsPerEpoch !== 0) continue;
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    const { epoch } = report.right;
    say(`epoch ${epoch + 1} of ${config.epochs}: loss ${mean.toFixed(4)}`);
    losses.length = 0;
    const ended = await endEpoch(probe, config, output);
    if (ended._tag === "Left") return ended;
  }
  return right(undefined);
}

/** Features to learn from: of random crops, or of the middles, computed once. */
function featuresOf(
  evaluation: Evaluation,
  parameters: DeviceTensors,
  feature: FeatureSpec,
  config: ProbeConfig,
  augment: boolean,
): EpochFeatures {
  if (augment) return epochFeatures(evaluation, parameters, feature, config);
  const once = sourceFeatures(
    evaluation,
    parameters,
    feature,
    evaluation.train,
  );
  return () => once;
}

/** Trains a probe on an encoder on the device and judges it. */
async function judged(
  evaluation: Evaluation,
  parameters: DeviceTensors,
  feature: FeatureSpec,
  config: ProbeConfig,
  values: ProbeValues,
  say: (line: string) => void,
): Promise<Result<TrainError, TopAccuracies>> {
  const { backend, train: images, queries } = evaluation;
  const start = await startOf(config, values.resume);
  if (start._tag === "Left") return start;
  const augment = values.augment ?? false;
  const probe = linearProbe({
    config,
    backend,
    samples: images.length,
    features: featuresOf(evaluation, parameters, feature, config, augment),
    start: start.right,
  });
  if (probe._tag === "Left") return probe;
  const stepsPerEpoch = Math.floor(images.length / config.batchSize);
  const done = await train(probe.right, config, stepsPerEpoch, values, say);
  if (done._tag === "Left") return done;
  const end = await probe.right.snapshot();
  probe.right.dispose();
  if (end._tag === "Left") return end;
  const asked = await sourceFeatures(evaluation, parameters, feature, queries);
  return asked._tag === "Left"
    ? asked
    : await probeAccuracy(backend, config, end.right.tensors, asked.right);
}

const program: EvaluationProgram<typeof FLAGS> = {
  words: ["ENCODER"],
  flags: FLAGS,
  usage: USAGE,
  defaults: { ...EVALUATION_DEFAULTS, ...FEATURE_DEFAULTS, ...PROBE_DEFAULTS },
  run: async ([path = ""], values, say) => {
    const opened = await openEvaluation(path, values, say);
    if (opened._tag === "Left") return opened;
    const evaluation = opened.right;
    const { encoder, backend, train: images, queries, classes } = evaluation;
    const { model } = encoder;
    const feature = featureFrom(model, values);
    const width = model.embedDim * feature.stages.length;
    const config = probeFrom(width, classes, images.length, values);
    const parameters = uploadEncoder(backend, model, encoder.parameters);
    const found = await judged(
      evaluation,
      parameters,
      feature,
      config,
      values,
      say,
    );
    if (found._tag === "Left") {
      return found.left._tag === "BadConfig" ||
          found.left._tag === "CheckpointRefused"
        ? badInput(describeTrainError(found.left))
        : failedWith(found.left);
    }
    disposeAll(parameters.values());
    backend.dispose();
    const { top1, top5 } = found.right;
    say(
      `top-1 ${(100 * top1).toFixed(2)} %, top-5 ${(100 * top5).toFixed(2)} %`,
    );
    return right({
      encoder: encoder.path,
      feature,
      images: images.length,
      queries: queries.length,
      config,
      augment: values.augment ?? false,
      top1,
      top5,
      device: backend.device.name,
    });
  },
};

await runProgram(program, process.argv.slice(2));
