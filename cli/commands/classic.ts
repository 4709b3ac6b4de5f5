/**
 * FreezeOut where it came from: a residual network, a DenseNet or a VGG learns to classify
 * small images while its layers freeze one after another.
 *
 * ```sh
 * deno run -A cli/main.ts classic --epochs 10
 * deno run -A cli/main.ts classic --data cifar-100-binary --depth 40 --width 4 --epochs 100
 * deno run -A cli/main.ts classic --data cifar-100-binary --family densenet --depth 76 --epochs 100
 * deno run -A cli/main.ts classic --data cifar-100-binary --family vgg --depth 16 --channels 64 --epochs 100
 * ```
 *
 * It is a run like any other: in a folder of its own, `runs/N`, from which it goes on after
 * Ctrl-C. The last line of the output is JSON: configuration, validation error at 80 % and
 * at the end of the run and at its best, part of operations and time that freezing saved,
 * and every epoch.
 */
import process from "node:process";
import {
  convNetPlan,
  describeFreezeTimes,
  phaseFlops,
  predictedSaving,
} from "../../core/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import {
  classLoss,
  convNetBatches,
  type ConvNetRun,
  convNetTask,
  epochSteps,
  initialConvNet,
} from "../../train/mod.ts";
import {
  CLASSIC_FLAGS,
  classicSettings,
  type ClassicValues,
  fittedTo,
  SMALL_CLASSIC,
} from "../classic/classic_flags.ts";
import {
  type ClassicImages,
  classicImages,
} from "../classic/classic_images.ts";
import {
  classicEvaluator,
  type EpochRecord,
  epochsOf,
  errorTable,
} from "../classic/classic_evaluator.ts";
import { freezeOutEstimate, networkWords } from "../classic/network_flags.ts";
import type { Command, CommandContext } from "../command/command.ts";
import { must } from "../command/command_failed.ts";
import { commonSettings } from "../command/common_settings.ts";
import { ranksFrom } from "../command/join_ranks.ts";
import { programName } from "../output/program_name.ts";
import { frequentShare } from "../evaluate/evaluation_result.ts";
import { loadingFrom } from "../images/loading.ts";
import { transparencyWords } from "../images/transparency.ts";
import { percent } from "../output/words.ts";
import { driveRun } from "../runs/drive_run.ts";
import { checkFolder } from "../runs/open_folder.ts";
import type { OpenedRun } from "../runs/open_run.ts";
import type { PlannedRun } from "../runs/planned_run.ts";
import { runNumbers } from "../runs/run_numbers.ts";
import type { RunEnd } from "../runs/take_steps.ts";

/** A planned training. */
interface PlannedClassic extends PlannedRun, ConvNetRun, ClassicImages {
  readonly plan: ConvNetRun["plan"];
}

/** FreezeOut's own estimate, where it has one. */
function estimateWords(config: ConvNetRun["config"]): string {
  const estimate = freezeOutEstimate(config);
  return estimate === null
    ? ""
    : ` (${percent(estimate, 2)} of the time by FreezeOut's own estimate)`;
}

/** Freezing schedule in a few lines. */
async function wordsOf(
  { config, plan }: ConvNetRun,
  { train, validation }: ClassicImages,
): Promise<readonly string[]> {
  const { model, optimizer, freeze } = config;
  const frozen = plan.layers.filter(({ freezeStep }) =>
    freezeStep < plan.totalSteps
  );
  const times = frozen.length === 0
    ? "nothing freezes"
    : `${frozen.length} of ${plan.layers.length} layers freeze, from step ${
      frozen[0]?.freezeStep
    } of ${plan.totalSteps} on`;
  return [
    `images:  ${train.summary}${await transparencyWords(train)}`,
    `judge:   ${validation.summary}`,
    `network: ${networkWords(model)}`,
    `plan:    ${optimizer._tag}, ${describeFreezeTimes(freeze)}: ${times}, ${
      percent(predictedSaving(plan), 2)
    } of the operations saved${estimateWords(config)}`,
  ];
}

/** Plans a training: everything about it that needs no device. */
async function planned(values: ClassicValues, ranks: Ranks | null) {
  const settings = await commonSettings(ranks, values, async () => {
    const settings = await classicSettings(values);
    await checkFolder(settings);
    return settings;
  });
  const byTest = values["validate-test"] ?? false;
  const images = await classicImages(settings, byTest);
  const config = fittedTo(images.train, settings, values);
  const plan = must(convNetPlan(config, images.train.length));
  const run = { config, plan, rankStatistics: values["batch-norm"] };
  const loading = loadingFrom(images.train.length, values);
  const classic: PlannedClassic = {
    ...{ ...run, ...images, loading },
    task: convNetTask(run),
    batches: must(convNetBatches(images.train, config, loading)),
    start: initialConvNet(run),
    losses: classLoss(config.model.classes),
    costOf: phaseFlops(plan),
    evaluator: classicEvaluator(run, images.validation),
    words: await wordsOf(run, images),
  };
  return { classic, settings };
}

const epochsIn = (
  { task }: PlannedClassic,
  { evaluations }: RunEnd,
): readonly EpochRecord[] => epochsOf(evaluations, epochSteps(task));

/** Values of the last line. */
function resultOf(run: OpenedRun<PlannedClassic>, end: RunEnd) {
  const { config, plan, train, validation, backend, folder } = run;
  const epochs = epochsIn(run, end);
  return {
    config,
    images: train.length,
    validation: validation.length,
    steps: plan.totalSteps,
    ...errorTable(epochs),
    predictedSaving: predictedSaving(plan),
    freezeOutEstimate: freezeOutEstimate(config),
    measuredSaving: runNumbers(run, end).savingMeasured,
    mostFrequent: frequentShare(validation),
    device: backend.device.name,
    epochs,
    outputDir: folder.path,
    checkpoint: end.checkpoint,
  };
}

async function classic(
  { values, say, ranks }: CommandContext<typeof CLASSIC_FLAGS>,
): Promise<object> {
  const { classic, settings } = await planned(values, ranks);
  const byTest = values["validate-test"] ? " --validate-test" : "";
  const start = { settings, values, say, stream: process.stderr, ranks };
  const found = await driveRun(classic, start, {
    program: `${programName("classic")}${byTest}`,
    summary: (run, end) => ({
      config: run.config,
      steps: end.run.step,
      epochs: epochsIn(run, end),
      resume: run.folder.path,
    }),
    finish: (run, end) => Promise.resolve(resultOf(run, end)),
  });
  const { at80, at100, best, bestEpoch, mostFrequent } = found;
  say(
    `validation error: ${percent(at80, 2)} at 80 %, ${
      percent(at100, 2)
    } at the end, ${
      percent(best, 2)
    } at best (epoch ${bestEpoch}); answering the most frequent class for everything: ${
      percent(1 - mostFrequent, 2)
    }`,
  );
  return found;
}

/** The command. */
export const classicCommand: Command<typeof CLASSIC_FLAGS> = {
  name: "classic",
  summary: "Trains a WideResNet, ResNet, DenseNet or VGG under FreezeOut",
  usage:
    `Layers freeze one after another, each on its own cosine (Brock et al. 2017). The network
is evaluated after every epoch. CIFAR-10 and CIFAR-100 are read in their binary version.`,
  words: [],
  fields: CLASSIC_FLAGS,
  bases: [SMALL_CLASSIC],
  json: "always",
  join: ranksFrom,
  run: classic,
};
