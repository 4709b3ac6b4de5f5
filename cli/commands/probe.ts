/**
 * Evaluates an encoder by a linear classifier on its features.
 *
 * ```sh
 * deno run -A cli/main.ts probe runs/1
 * deno run -A cli/main.ts probe runs/1 --augment --output probe.safetensors
 * ```
 *
 * The encoder stays as it is; an untrained one is probed beside it. The learning rate is
 * the best of some on images that are held out of the training images. The probe is a run
 * like any other, in a folder of its own. The last line of the output is JSON, also after
 * Ctrl-C.
 */
import {
  featureWidth,
  PROBE_RECIPE,
  type ProbeConfig,
  probePlan,
} from "../../core/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import { probeTask, runNeeds, uploadEncoder } from "../../train/mod.ts";
import type { Command, CommandContext } from "../command/command.ts";
import { must } from "../command/command_failed.ts";
import { commonResult } from "../command/common_result.ts";
import { ranksFrom } from "../command/join_ranks.ts";
import { describeFeature } from "../output/model_words.ts";
import { programName } from "../output/program_name.ts";
import { featureFrom } from "../evaluate/features.ts";
import { agreeOnEvaluation } from "../evaluate/agree_on_evaluation.ts";
import { encoderAt, untrainedEncoder } from "../evaluate/evaluated_encoder.ts";
import { factsWriter, probeFacts } from "../evaluate/kept_facts.ts";
import {
  describeAccuracies,
  encoderProgram,
  evaluationFacts,
  mustNotStop,
  shownWork,
  tellAccuracies,
} from "../evaluate/evaluation_result.ts";
import { type Evaluation, evaluationRun } from "../evaluate/open_evaluation.ts";
import { outputFile, outputHooks } from "../evaluate/output_file.ts";
import {
  describeRate,
  type Encoded,
  encodedBy,
  plannedProbe,
  type ProbedFeatures,
  probeFound,
  rated,
  storedRate,
  unkeptProbe,
} from "../evaluate/probe_encoder.ts";
import {
  PROBE_FLAGS,
  probeFor,
  probeSettings,
  type ProbeValues,
} from "../evaluate/probe_flags.ts";
import { deviceFrom } from "../command/device_flags.ts";
import { tellUnreadable } from "../images/unreadable.ts";
import { barStream, type ShownWork } from "../output/progress_bar.ts";
import { driveRun } from "../runs/drive_run.ts";
import type { Settings } from "../runs/settings.ts";

/** The rate of a probe that goes on; of a new one that of the recipe. */
async function rateOf(
  { config, file }: Settings<ProbeConfig>,
): Promise<number> {
  return (file === null ? null : await storedRate(file)) ?? config.baseRate;
}

/** Everything about a probe that is known before an image is read. */
async function opened(
  path: string,
  values: ProbeValues,
  say: (line: string) => void,
  ranks: Ranks | null,
) {
  const encoder = await encoderAt(path, values);
  const feature = featureFrom(encoder.model, values);
  const width = featureWidth(encoder.model, feature);
  const run = await evaluationRun(
    ...[encoder, path, values, ranks] as const,
    () => probeSettings(width, path, values),
  );
  const { settings, evaluated } = run;
  const fitted = probeFor(evaluated, settings, values);
  const config = { ...fitted, baseRate: await rateOf(settings) };
  const plan = must(probePlan(config, evaluated.train.length));
  const device = await deviceFrom(
    values,
    runNeeds(probeTask({ config, plan })),
    say,
    ranks,
  );
  await agreeOnEvaluation(evaluated, values, ranks);
  const isNew = settings.earlier === null && settings.file === null;
  const features: ProbedFeatures = {
    feature,
    augment: values.augment ?? false,
    isSwept: values.blr === undefined,
  };
  const { backend } = device;
  const evaluation = { ...evaluated, backend };
  return { ...run, config, device, features, isNew, evaluation };
}

/** Facts of a probe. */
const factsOf = (
  evaluation: Evaluation,
  { feature, augment }: ProbedFeatures,
) => ({ ...evaluationFacts(evaluation, evaluation.backend), feature, augment });

/** A probe whose encoder and images are open. */
type Opened = Awaited<ReturnType<typeof opened>>;

/** Features of all images by an encoder and, beside it, by an untrained one. */
async function encoded(
  { evaluation, features, config }: Opened,
  withUntrained: boolean,
  shown: ShownWork,
): Promise<readonly Encoded[]> {
  const { encoder, backend } = evaluation;
  const sets = withUntrained
    ? [encoder.parameters, untrainedEncoder(encoder)]
    : [encoder.parameters];
  const uploaded = sets.map((set) =>
    uploadEncoder(backend, encoder.model, set)
  );
  const known = { ...factsOf(evaluation, features), config };
  const all = await encodedBy(evaluation, uploaded, features, shown);
  return mustNotStop(all, known);
}

/** Plans the probes of encoders. */
async function planned(
  { evaluation, features, config, loading, isNew }: Opened,
  all: readonly Encoded[],
  shown: ShownWork,
) {
  const known = { ...factsOf(evaluation, features), config };
  const probes = [];
  for (const [k, encoded] of all.entries()) {
    // A run that goes on keeps its rate.
    const isSwept = features.isSwept && (isNew || k > 0);
    const own = { ...features, isSwept };
    const rate = await rated(evaluation, encoded, own, config, shown);
    const probe = plannedProbe(
      ...[evaluation, encoded, features, mustNotStop(rate, known)] as const,
      ...[loading, shown.signal] as const,
    );
    probes.push({ probe, encoded });
  }
  return probes;
}

/** Trains the probes of encoders, on one process. */
async function probed(
  run: Opened,
  all: readonly Encoded[],
  { words: [path = ""], values, say }: CommandContext<typeof PROBE_FLAGS>,
  shown: Pick<ShownWork, "startBar"> & { readonly signal: AbortSignal },
) {
  const { evaluation, features, settings, device } = run;
  const [own, other] = await planned(run, all, shown);
  if (own === undefined) throw new Error("unreachable: no encoder");
  const { config, task } = own.probe;
  const facts = { ...factsOf(evaluation, features), config };
  const kept = probeFacts(evaluation, features.feature, values);
  const hooks = await outputHooks(task, outputFile(values, settings), kept);
  const describe = factsWriter(path, kept);
  const start = { settings, values, say, stream: barStream() };
  return await driveRun(
    { ...own.probe, device, hooks, describe },
    { ...start, signal: shown.signal },
    {
      program: encoderProgram(programName("probe"), path, values),
      summary: ({ folder }) => ({ ...facts, resume: folder.path }),
      async finish({ folder, backend }, { evaluations, checkpoint }) {
        const scores = evaluations.at(-1)?.scores ?? {};
        const untrained = other === undefined ? undefined : mustNotStop(
          await unkeptProbe(other.probe, other.encoded, backend, shown.signal),
          facts,
        );
        const trained = probeFound(own.probe, scores);
        const place = { outputDir: folder.path, checkpoint };
        return { config, trained, untrained, place };
      },
    },
  );
}

async function probe(
  context: CommandContext<typeof PROBE_FLAGS>,
): Promise<object> {
  const { words: [path = ""], values, say, ranks } = context;
  const run = await opened(path, values, say, ranks);
  const { evaluation, features, words } = run;
  words.forEach(say);
  say(`feature: ${describeFeature(features.feature)}`);
  const { ranks: _, ...own } = shownWork(say, ranks);
  const withUntrained = !values["no-untrained"];
  const all = await encoded(run, withUntrained, { ...own, ranks });
  const { config, trained, untrained, place } = await commonResult(
    ranks,
    () => probed(run, all, context, own),
  );
  const rate = describeRate(trained);
  if (rate !== null) say(rate);
  say(describeAccuracies(trained));
  const mostFrequent = tellAccuracies(evaluation, trained, untrained, say);
  const { baseRate: _rate, ...accuracies } = trained;
  return {
    ...{ ...factsOf(evaluation, features), ...place },
    ...tellUnreadable(evaluation, say),
    config,
    ...accuracies,
    ...untrained === undefined ? {} : { untrained },
    mostFrequent,
  };
}

/** The command. */
export const probeCommand: Command<typeof PROBE_FLAGS> = {
  name: "probe",
  summary: "Evaluates an encoder by a linear classifier on its features",
  usage:
    `ENCODER is a run's folder, a checkpoint, an exported encoder, or a file of weights
(.safetensors, .pth) with timm's names. The learning rate is blr × batch-size / 256; MAE's
rate for steps of 16,384 images is --blr 0.1.`,
  words: ["ENCODER"],
  fields: PROBE_FLAGS,
  bases: [PROBE_RECIPE],
  json: "always",
  join: ranksFrom,
  run: probe,
};
