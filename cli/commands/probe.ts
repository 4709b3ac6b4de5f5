/**
 * Judges an encoder by a linear classifier on its features.
 *
 * ```sh
 * deno run -A cli/main.ts probe runs/1
 * deno run -A cli/main.ts probe runs/1 --augment --output probe.safetensors
 * ```
 *
 * The encoder stays as it is; an untrained one is probed beside it. The learning rate is
 * the best of some on images that are held out of those to learn from. The last line of
 * the output is JSON, also after Ctrl-C.
 *
 * @module
 */
import { type Result, right } from "../../core/mod.ts";
import type { ProbeConfig } from "../../train/mod.ts";
import {
  describeFeature,
  FEATURE_DEFAULTS,
  FEATURE_FLAGS,
  featureFrom,
  featureWidth,
} from "../evaluate/feature_flags.ts";
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
import {
  describeRate,
  probeEncoders,
  type ProbeFound,
} from "../evaluate/probe_encoder.ts";
import {
  PROBE_DEFAULTS,
  PROBE_FLAGS,
  probeFrom,
} from "../evaluate/probe_flags.ts";
import { type EvaluationProgram, runProgram } from "../output/program.ts";
import { tellUnreadable } from "../images/unreadable.ts";
import { untrainedEncoder } from "../evaluate/untrained_encoder.ts";
import type { FlagValues } from "../flags/flags.ts";
import type { Failure } from "../output/failure.ts";

const FLAGS = {
  ...EVALUATION_FLAGS,
  ...FEATURE_FLAGS,
  ...PROBE_FLAGS,
} as const;

const USAGE =
  `Judges an encoder by a linear classifier on its features: deno run -A examples/linear_probe.ts ENCODER [FLAGS]

ENCODER is a run's folder, a checkpoint, an exported encoder, or a file of weights
(.safetensors, .pth) with timm's names. The learning rate is blr × batch-size / 256; MAE's
rate for steps of 16,384 images is --blr 0.1.`;

/** Says what the probes came to. */
function tell(
  [trained, untrained]: readonly ProbeFound[],
  share: number,
  { classes }: ProbeConfig,
  say: (line: string) => void,
): void {
  if (trained === undefined) return;
  const rate = describeRate(trained);
  if (rate !== null) say(rate);
  say(describeAccuracies(trained));
  if (untrained !== undefined) {
    say(`untrained encoder: ${describeAccuracies(untrained)}`);
  }
  say(describeShare(share));
  accuracyWarnings(trained, share, classes).forEach(say);
}

async function probe(
  evaluation: Evaluation,
  values: FlagValues<typeof FLAGS>,
  say: (line: string) => void,
): Promise<Result<Failure, Readonly<Record<string, unknown>>>> {
  const { encoder, backend, train, queries, classes } = evaluation;
  const feature = featureFrom(encoder.model, values);
  const width = featureWidth(encoder.model, feature);
  const config = probeFrom(width, classes, train.length, values);
  const augment = values.augment ?? false;
  const { output = values.resume, resume } = values;
  const facts = {
    encoder: encoder.path,
    normalization: train.normalization,
    feature,
    images: train.length,
    queries: queries.length,
    augment,
    device: backend.device.name,
  };
  say(`feature: ${describeFeature(feature)}`);
  const sets = values["no-untrained"]
    ? [encoder.parameters]
    : [encoder.parameters, untrainedEncoder(encoder)];
  const found = await probeEncoders(
    evaluation,
    sets,
    { feature, augment, isSwept: values.blr === undefined },
    config,
    { ...shownWork(say), output, resume, say },
  );
  if (found._tag === "Left" && found.left._tag !== "Stopped") {
    return judgingFailed(found.left);
  }
  backend.dispose();
  if (found._tag === "Left" || found.right === "interrupted") {
    return await stoppedTraining(output, output, { ...facts, config });
  }
  const share = frequentShare(queries);
  tell(found.right, share, config, say);
  const [trained, untrained] = found.right;
  const { baseRate = config.baseRate, sweep, loss, ...accuracies } = trained ??
    {};
  return right({
    ...facts,
    ...tellUnreadable(evaluation, say),
    config: { ...config, baseRate },
    sweep,
    loss,
    ...accuracies,
    ...untrained === undefined ? {} : { untrained },
    mostFrequent: share,
  });
}

const program: EvaluationProgram<typeof FLAGS> = {
  words: ["ENCODER"],
  flags: FLAGS,
  usage: USAGE,
  defaults: { ...EVALUATION_DEFAULTS, ...FEATURE_DEFAULTS, ...PROBE_DEFAULTS },
  run: async ([path = ""], values, say) => {
    const opened = await openEvaluation(path, values, say);
    return opened._tag === "Left"
      ? opened
      : await probe(opened.right, values, say);
  },
};

/**
 * Runs the command.
 *
 * @param args The command line behind its name.
 */
export const probeCommand = (args: readonly string[]): Promise<void> =>
  runProgram(program, args);
