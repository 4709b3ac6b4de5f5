/**
 * Compares ways of freezing: pre-trains with each of them and several seeds, then
 * fine-tunes and probes every encoder, and one of each seed that was not trained.
 *
 * ```sh
 * deno run -A cli/main.ts compare
 * deno run -A cli/main.ts compare --size hour --threads 1 --output-dir runs/freezing
 * deno run -A cli/main.ts compare --methods localmim,freezeout --seeds 3 --epochs 8
 * ```
 *
 * The same command goes on with what was stopped. The results are in the folder:
 * `table.md`, `accuracy.svg`, `results.jsonl`. The last line of the output is JSON, also
 * after Ctrl-C.
 *
 * @module
 */
import process from "node:process";
import {
  type Backend,
  describeBackendError,
  selectBackend,
} from "../../backends/mod.ts";
import { describeFaults, type Result, right } from "../../core/mod.ts";
import { counted } from "../../data/mod.ts";
import { describeTrainError, lockFolder, runNeeds } from "../../train/mod.ts";
import {
  COMPARE_FLAGS,
  compareDefaults,
  type CompareValues,
  DEFAULT_OUTPUT,
  experimentFrom,
} from "../compare/compare_flags.ts";
import type { Clock } from "../compare/comparison.ts";
import { comparisonTable } from "../compare/comparison_table.ts";
import { type Trial, trialsOfExperiment } from "../compare/experiment.ts";
import { writeExperimentFiles } from "../compare/experiment_files.ts";
import { openExperiment, partsOf } from "../compare/experiment_folder.ts";
import {
  type ExperimentImages,
  experimentImages,
} from "../compare/experiment_images.ts";
import { runTrials } from "../compare/run_trials.ts";
import { judgingFailed } from "../evaluate/judgement.ts";
import { type EvaluationProgram, runProgram } from "../output/program.ts";
import { interruption } from "../output/interruption.ts";
import { barsOn } from "../output/progress_bar.ts";
import { badInput, type Failure, stoppedWith } from "../output/failure.ts";

const USAGE =
  `Compares ways of freezing by what their encoders are worth: deno run -A examples/compare.ts [FLAGS]

Every method pre-trains with every seed; each encoder is fine-tuned and probed. Where
three defaults are given, they are those of --size minutes / hour / hours. Ctrl-C keeps
what is done; the same command goes on. With --threads 1 the times are most exact.`;

type Found = Result<Failure, Readonly<Record<string, unknown>>>;

/** An experiment that can begin or go on. */
interface Planned {
  readonly images: ExperimentImages;
  readonly trials: readonly Trial[];
  readonly folder: string;
  /** Whether something of it was done before. */
  readonly isBegun: boolean;
}

/** Everything that can be wrong is found here, before anything is computed. */
async function planned(
  values: CompareValues,
): Promise<Result<Failure, Planned>> {
  const asked = experimentFrom(values);
  if (asked._tag === "Left") return badInput(describeFaults(asked.left));
  const images = await experimentImages(asked.right);
  if (images._tag === "Left") return badInput(images.left);
  const { experiment, source, train } = images.right;
  const trials = trialsOfExperiment(experiment, {
    samples: source.length,
    labelled: train.length,
    classes: train.classNames?.length ?? 0,
  });
  if (trials._tag === "Left") return badInput(describeFaults(trials.left));
  const folder = values["output-dir"] ?? DEFAULT_OUTPUT;
  const isBegun = await openExperiment(folder, experiment);
  return isBegun._tag === "Left" ? badInput(isBegun.left) : right({
    images: images.right,
    trials: trials.right,
    folder,
    isBegun: isBegun.right,
  });
}

function describe({ images, trials, folder, isBegun }: Planned): string {
  const { source, train, judgedBy } = images;
  return [
    `images: ${source.summary}; classes from ${train.length} of them`,
    `judge:  ${judgedBy}`,
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
  say: (line: string) => void,
): Promise<Found> {
  const { experiment } = images;
  const clock = clockOf(backend);
  const finished = () =>
    writeExperimentFiles(folder, experiment, trials, clock);
  const { signal, allow } = interruption(say);
  const startBar = barsOn(process.stderr);
  const common = { folder, backend, say, signal, startBar, finished };
  const end = await runTrials({ ...images, ...common }, trials);
  allow();
  if (end._tag === "Left") return judgingFailed(end.left);
  if (end.right === "interrupted") {
    const message = `stopped; what is done is in ${folder}, ` +
      "the same command goes on";
    const rows = await finished();
    const methods = rows._tag === "Right" ? rows.right : [];
    return stoppedWith(message, { folder, clock, experiment, methods });
  }
  const rows = await finished();
  if (rows._tag === "Left") return judgingFailed(rows.left);
  say(comparisonTable(rows.right, clock));
  say(`folder: ${folder}: table.md accuracy.svg results.jsonl`);
  const device = backend.device.name;
  return right({ folder, device, clock, experiment, methods: rows.right });
}

async function compare(
  values: CompareValues,
  say: (line: string) => void,
): Promise<Found> {
  const plan = await planned(values);
  if (plan._tag === "Left") return plan;
  const lock = await lockFolder(plan.right.folder);
  if (lock._tag === "Left") return badInput(describeTrainError(lock.left));
  using _lock = lock.right;
  const { threads, backend: wanted = "auto" } = values;
  const selected = await selectBackend(wanted, {
    ...threads === undefined ? {} : { threads },
    ...plan.right.trials.map(({ config, plan }) => runNeeds(config, plan))[0],
  });
  if (selected._tag === "Left") {
    return badInput(describeBackendError(selected.left));
  }
  const { backend, why } = selected.right;
  say(`device: ${why}`);
  say(describe(plan.right));
  const found = await ran(plan.right, backend, say);
  backend.dispose();
  return found;
}

const program: EvaluationProgram<typeof COMPARE_FLAGS> = {
  words: [],
  flags: COMPARE_FLAGS,
  usage: USAGE,
  defaults: compareDefaults(),
  run: (_, values, say) => compare(values, say),
};

/**
 * Runs the command.
 *
 * @param args The command line behind its name.
 */
export const compareCommand = (args: readonly string[]): Promise<void> =>
  runProgram(program, args);
