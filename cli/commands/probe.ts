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
import { PROBE_RECIPE, type ProbeConfig } from "../../train/mod.ts";
import type { Command } from "../command/command.ts";
import { mustWork } from "../command/describe_errors.ts";
import {
  describeFeature,
  FEATURE_FLAGS,
  featureFrom,
  featureWidth,
} from "../evaluate/feature_flags.ts";
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
import {
  describeRate,
  probeEncoders,
  type ProbeFound,
} from "../evaluate/probe_encoder.ts";
import { PROBE_FLAGS, probeFrom } from "../evaluate/probe_flags.ts";
import { tellUnreadable } from "../images/unreadable.ts";
import { untrainedEncoder } from "../evaluate/judged_encoder.ts";
import type { FlagValues } from "../flags/flags.ts";

const FLAGS = {
  ...EVALUATION_FLAGS,
  ...FEATURE_FLAGS,
  ...PROBE_FLAGS,
} as const;

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
): Promise<object> {
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
  const probes = found._tag === "Left" && found.left._tag === "Stopped"
    ? "interrupted"
    : mustWork(found);
  backend.dispose();
  if (probes === "interrupted") {
    return await stoppedTraining(output, output, { ...facts, config });
  }
  const share = frequentShare(queries);
  tell(probes, share, config, say);
  const [trained, untrained] = probes;
  const { baseRate = config.baseRate, sweep, loss, ...accuracies } = trained ??
    {};
  return {
    ...facts,
    ...tellUnreadable(evaluation, say),
    config: { ...config, baseRate },
    sweep,
    loss,
    ...accuracies,
    ...untrained === undefined ? {} : { untrained },
    mostFrequent: share,
  };
}

/** The command. */
export const probeCommand: Command<typeof FLAGS> = {
  name: "probe",
  summary: "Judges an encoder by a linear classifier on its features",
  usage:
    `ENCODER is a run's folder, a checkpoint, an exported encoder, or a file of weights
(.safetensors, .pth) with timm's names. The learning rate is blr × batch-size / 256; MAE's
rate for steps of 16,384 images is --blr 0.1.`,
  words: ["ENCODER"],
  fields: FLAGS,
  bases: [PROBE_RECIPE],
  json: "always",
  run: async ({ words: [path = ""], values, say }) =>
    await probe(await openEvaluation(path, values, say), values, say),
};
