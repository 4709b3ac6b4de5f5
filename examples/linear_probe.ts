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
import type { DeviceTensors } from "../backends/mod.ts";
import { left, type Result, right } from "../core/mod.ts";
import {
  describeTrainError,
  disposeAll,
  type EpochFeatures,
  type FeatureSpec,
  initialProbe,
  linearProbe,
  probeAccuracy,
  type ProbeConfig,
  probeIdentity,
  probeLength,
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
import { startOf, trainToEnd } from "./evaluate/training_start.ts";
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
  const length = probeLength(config, images.length);
  if (length._tag === "Left") {
    return left({ _tag: "BadConfig", faults: length.left });
  }
  const identity = probeIdentity(config, length.right.totalSteps);
  const first = initialProbe(config);
  const start = await startOf(identity, first, values.resume);
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
  const { epochs } = config;
  const { output } = values;
  const tale = { identity, epochs, output, say };
  const done = await trainToEnd(probe.right, tale);
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
