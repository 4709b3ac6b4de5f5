/**
 * Compares ways of pre-training: pre-trains with each of them and several seeds, beside them
 * with nothing frozen at the same cost, then judges every encoder, and one of each seed that
 * was not trained.
 */
import type { Backend } from "../../backends/mod.ts";
import { type PretrainConfig, SMALL_RECIPE } from "../../core/mod.ts";
import { counted } from "../../data/mod.ts";
import { pretrainTask, runNeeds } from "../../train/mod.ts";
import type { Command, CommandContext } from "../command/command.ts";
import { must, stopped } from "../command/command_failed.ts";
import { deviceFrom } from "../command/device_flags.ts";
import { interruption } from "../command/interruption.ts";
import {
  type AskedComparison,
  askedComparison,
  COMPARE_FLAGS,
  type CompareValues,
} from "../compare/compare_flags.ts";
import {
  comparisonTable,
  writeExperimentFiles,
} from "../compare/comparison_files.ts";
import { type Trial, trialsOfExperiment } from "../compare/experiment.ts";
import {
  type ExperimentImages,
  experimentImages,
} from "../compare/experiment_images.ts";
import {
  type PlannedMethod,
  plannedMethods,
} from "../compare/method_configs.ts";
import { runTrials } from "../compare/run_trials.ts";
import type { Clock } from "../compare/run_times.ts";
import {
  checkTrials,
  type Done,
  knownResults,
  openExperiment,
  partsOf,
} from "../compare/trial_folder.ts";
import { transparencyWords } from "../images/transparency.ts";
import { barsOn, barStream } from "../output/progress_bar.ts";
import { percent } from "../output/words.ts";

/** A comparison that can begin or go on. */
interface Planned extends Pick<AskedComparison, "judges"> {
  readonly done: Done;
  readonly images: ExperimentImages;
  readonly methods: readonly PlannedMethod[];
  readonly trials: readonly Trial[];
  /** True if part of it was done before. */
  readonly isBegun: boolean;
}

/** The common settings with a model that takes as many channels as the images have. */
function fitted(
  { model, ...others }: PretrainConfig,
  { source }: ExperimentImages,
): PretrainConfig {
  const inChannels = source.normalization.mean.length;
  return { ...others, model: { ...model, inChannels } };
}

/** Everything that can be wrong is found here, before anything is computed. */
async function planned(values: CompareValues): Promise<Planned> {
  const asked = await askedComparison(values);
  const { seeds, judges, folder, others } = asked;
  const images = await experimentImages(asked.experiment, asked.most);
  const { experiment, source, train } = images;
  const methods = must(plannedMethods(
    ...[fitted(asked.common, images), source.length] as const,
    ...[asked.methods, asked.isControlled] as const,
  ));
  const trials = trialsOfExperiment(experiment, methods, seeds, judges, {
    samples: source.length,
    labelled: train.length,
    classes: train.classNames?.length ?? 0,
  });
  const known = [];
  for (const other of others) known.push(await knownResults(other, experiment));
  const done = { own: folder, known: known.flat() };
  await checkTrials(done, trials);
  const isBegun = await openExperiment(folder, experiment, true);
  return { images, methods, trials, judges, done, isBegun };
}

function methodLines(methods: readonly PlannedMethod[]): readonly string[] {
  const [first] = methods;
  const width = Math.max(...methods.map(({ name }) => name.length));
  return methods.map(({ name, title, config, flops, control }) => {
    const part = percent(flops / (first?.flops ?? NaN));
    const { epochs } = config.training;
    return `  ${name.padEnd(width)}  ${counted(epochs, "epoch")}, ${part}${
      control === null ? "" : `, beside ${control}`
    }: ${title}`;
  });
}

async function describe(
  { images, methods, trials, judges, done, isBegun }: Planned,
): Promise<string> {
  const { source, train, validationSummary } = images;
  const parts = trials.flatMap((trial) => partsOf(trial, judges));
  return [
    `images: ${source.summary}${await transparencyWords(
      source,
    )}; classes from ${train.length} of them`,
    `judge:  ${validationSummary}`,
    "methods, with their operations as a part of the first one's:",
    ...methodLines(methods),
    `folder: ${done.own}, ${counted(trials.length, "trial")} of ${
      counted(parts.length, "part")
    } in all${isBegun ? ", begun before" : ""}`,
  ].join("\n");
}

/** On a graphics card the processor's time says nothing. */
const clockOf = ({ device }: Backend): Clock =>
  device.isGpu ? "wall" : "processor";

/** Runs a planned comparison to its end. */
async function ran(
  { images, methods: asked, trials, judges, done }: Planned,
  backend: Backend,
  { say }: CommandContext<typeof COMPARE_FLAGS>,
): Promise<object> {
  const { experiment } = images;
  const clock = clockOf(backend);
  const finished = () => writeExperimentFiles(done, asked, clock);
  const { signal, allow } = interruption(say);
  const first = asked[0]?.name ?? "";
  const common = { done, judges, first, backend, say, signal, finished };
  const startBar = barsOn(barStream());
  const end = await runTrials({ ...images, ...common, startBar }, trials);
  allow();
  const methods = await finished();
  const { own: folder } = done;
  const known = { folder, clock, experiment, methods };
  if (end === "interrupted") {
    return stopped(
      `stopped; what is done is in ${folder}, the same command goes on`,
      known,
    );
  }
  const hasRows = methods.length > 0;
  if (hasRows) say(comparisonTable(methods, clock));
  if (end === "shared") say("other processes are at the rest of the trials");
  const files = hasRows
    ? "table.md accuracy.svg results.jsonl"
    : "no trial is finished yet";
  say(`folder: ${folder}: ${files}`);
  return { ...known, device: backend.device.name };
}

async function compare(
  context: CommandContext<typeof COMPARE_FLAGS>,
): Promise<object> {
  const { values, say } = context;
  const plan = await planned(values);
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
  summary: "Compares ways of pre-training by the accuracy of their encoders",
  usage:
    `Every method pre-trains with every seed; beside each that freezes, one with nothing frozen
has the epochs that cost the same. Every encoder is judged. Where three defaults are
given, they are those of --size minutes / hour / hours. A file of methods is a list such as

  [{"name": "unfrozen", "flags": "--t0 1"},
   {"name": "freezeout", "title": "FreezeOut", "flags": "--t0 0.8 --sr-lr 0.8"},
   {"name": "longer", "flags": "--t0 0.8", "cost": "unfrozen"},
   {"name": "short", "flags": "--t0 1", "cost": 0.7}]

with flags of pretrain, and as cost a method or a part of the first one's operations; that
sets the epochs. Ctrl-C keeps what is done; the same command goes on, and started again
beside itself it shares the work. With --threads 1 the times are most exact.`,
  words: [],
  fields: COMPARE_FLAGS,
  bases: [SMALL_RECIPE],
  json: "always",
  run: compare,
};
