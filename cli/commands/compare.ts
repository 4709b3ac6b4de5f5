/**
 * Compares ways of freezing: pre-trains with each of them and several seeds, then
 * fine-tunes and probes every encoder, and one of each seed that was not trained.
 */
import { SMALL_RECIPE } from "../../core/mod.ts";
import type { Backend } from "../../backends/mod.ts";
import { counted } from "../../data/mod.ts";
import { lockFolder, pretrainTask, runNeeds } from "../../train/mod.ts";
import type { Command, CommandContext } from "../command/command.ts";
import { must, stopped } from "../command/command_failed.ts";
import { describeTraining } from "../command/describe_errors.ts";
import {
  COMPARE_FLAGS,
  type CompareValues,
  DEFAULT_OUTPUT,
  experimentFrom,
} from "../compare/compare_flags.ts";
import type { Clock } from "../compare/comparison.ts";
import {
  comparisonTable,
  writeExperimentFiles,
} from "../compare/comparison_files.ts";
import { type Trial, trialsOfExperiment } from "../compare/experiment.ts";
import { openExperiment, partsOf } from "../compare/experiment_folder.ts";
import {
  type ExperimentImages,
  experimentImages,
} from "../compare/experiment_images.ts";
import { runTrials } from "../compare/run_trials.ts";
import { deviceFrom } from "../command/device_flags.ts";
import { interruption } from "../command/interruption.ts";
import { transparencyWords } from "../images/transparency.ts";
import { barsOn, barStream } from "../output/progress_bar.ts";

/** An experiment that can begin or go on. */
interface Planned {
  readonly images: ExperimentImages;
  readonly trials: readonly Trial[];
  readonly folder: string;
  /** True if part of it was done before. */
  readonly isBegun: boolean;
}

/** Everything that can be wrong is found here, before anything is computed. */
async function planned(values: CompareValues): Promise<Planned> {
  const images = await experimentImages(must(experimentFrom(values)));
  const { experiment, source, train } = images;
  const trials = trialsOfExperiment(experiment, {
    samples: source.length,
    labelled: train.length,
    classes: train.classNames?.length ?? 0,
  });
  const folder = values["output-dir"] ?? DEFAULT_OUTPUT;
  const isBegun = await openExperiment(folder, experiment);
  return { images, trials, folder, isBegun };
}

async function describe(
  { images, trials, folder, isBegun }: Planned,
): Promise<string> {
  const { source, train, validationSummary } = images;
  return [
    `images: ${source.summary}${await transparencyWords(
      source,
    )}; classes from ${train.length} of them`,
    `judge:  ${validationSummary}`,
    `folder: ${folder}, ${counted(trials.length, "trial")} of ${
      counted(trials.flatMap(partsOf).length, "part")
    } in all${isBegun ? ", begun before" : ""}`,
  ].join("\n");
}

/** On a graphics card the processor's time says nothing. */
const clockOf = ({ device }: Backend): Clock =>
  device.isGpu ? "wall" : "processor";

/** Runs a planned experiment to its end. */
async function ran(
  { images, trials, folder }: Planned,
  backend: Backend,
  { say }: CommandContext<typeof COMPARE_FLAGS>,
): Promise<object> {
  const { experiment } = images;
  const clock = clockOf(backend);
  const finished = () =>
    writeExperimentFiles(folder, experiment, trials, clock);
  const { signal, allow } = interruption(say);
  const startBar = barsOn(barStream());
  const common = { folder, backend, say, signal, startBar, finished };
  const end = await runTrials({ ...images, ...common }, trials);
  allow();
  const methods = await finished();
  if (end === "interrupted") {
    const message = `stopped; what is done is in ${folder}, ` +
      "the same command goes on";
    return stopped(message, { folder, clock, experiment, methods });
  }
  say(comparisonTable(methods, clock));
  say(`folder: ${folder}: table.md accuracy.svg results.jsonl`);
  const device = backend.device.name;
  return { folder, device, clock, experiment, methods };
}

async function compare(
  context: CommandContext<typeof COMPARE_FLAGS>,
): Promise<object> {
  const { values, say } = context;
  const plan = await planned(values);
  using _lock = must(await lockFolder(plan.folder), describeTraining);
  const [first] = plan.trials;
  const needs = first === undefined ? {} : runNeeds(pretrainTask(first));
  const { backend, why } = await deviceFrom(values, needs, say);
  say(`device: ${why}`);
  say(await describe(plan));
  const found = await ran(plan, backend, context);
  backend.dispose();
  return found;
}

/** The command. */
export const compareCommand: Command<typeof COMPARE_FLAGS> = {
  name: "compare",
  summary: "Compares ways of freezing by the accuracy of their encoders",
  usage:
    `Every method pre-trains with every seed; each encoder is fine-tuned and probed. Where
three defaults are given, they are those of --size minutes / hour / hours. Ctrl-C keeps
what is done; the same command goes on. With --threads 1 the times are most exact.`,
  words: [],
  fields: COMPARE_FLAGS,
  bases: [SMALL_RECIPE],
  json: "always",
  run: compare,
};
