/**
 * A training from its flags to its result.
 *
 * @module
 */
import process from "node:process";
import {
  type Backend,
  type DeviceTensors,
  selectBackend,
} from "../../backends/mod.ts";
import {
  convNetPlan,
  left,
  predictedSaving,
  type Result,
  right,
} from "../../core/mod.ts";
import { evalTransform, loadAll } from "../../data/mod.ts";
import {
  type BatchSource,
  compileConvNetScores,
  convNetBatches,
  convNetError,
  type ConvNetRun,
  convNetTask,
  initialConvNet,
  tellsSaving,
  train,
  type TrainError,
  type TrainState,
} from "../../train/mod.ts";
import { frequentShare } from "../evaluate/judgement.ts";
import { EXIT, must, stopped } from "../command/command_failed.ts";
import {
  describeDevice,
  describeImages,
  describeTraining,
} from "../command/describe_errors.ts";
import { interruption } from "../command/interruption.ts";
import { classicConfig, type ClassicValues } from "./classic_flags.ts";
import { type ClassicImages, classicImages } from "./classic_images.ts";
import { classicProgress } from "./classic_progress.ts";
import { openOutput, openRun, type RunStart, saveRun } from "./run_files.ts";
import { errorTable, measuredSaving, type RunRecord } from "./run_record.ts";
import { percent, trainEpochs } from "./train_epochs.ts";

/** Everything that a training needs. */
interface Classic extends ConvNetRun, ClassicImages {
  readonly backend: Backend;
  readonly batches: BatchSource;
  readonly start: RunStart;
}

/** Opens images, plan, starting point and device; nothing is computed yet. */
async function opened(values: ClassicValues): Promise<Classic> {
  const images = must(await classicImages(values), describeImages);
  const config = classicConfig(values, images.train);
  const plan = must(convNetPlan(config, images.train.length));
  const run = { config, plan };
  const batches = must(convNetBatches(images.train, config));
  const start = must(
    await openRun(convNetTask(run), initialConvNet(run), values.resume),
    describeTraining,
  );
  must(await openOutput(values.output ?? values.resume), describeTraining);
  const { threads, backend: device = "auto" } = values;
  const selected = await selectBackend(
    device,
    threads === undefined ? {} : { threads },
  );
  const { backend } = must(selected, describeDevice);
  return { ...run, ...images, backend, batches, start };
}

/** What freezes when, in a few lines. */
function describe({ config, plan, train, validation, backend }: Classic) {
  const { model, optimizer, freeze } = config;
  const saving = predictedSaving(plan);
  const frozen = plan.layers.filter(({ freezeStep }) =>
    freezeStep < plan.totalSteps
  );
  const times = frozen.length === 0
    ? "nothing freezes"
    : `${frozen.length} of ${plan.layers.length} layers freeze, from step ${
      frozen[0]?.freezeStep
    } of ${plan.totalSteps} on`;
  return [
    `device:  ${backend.device.name} (${backend.device.description})`,
    `images:  ${train.summary}`,
    `judge:   ${validation.summary}`,
    `network: ${model.family} ${model.depth}-${model.width} on ${model.imageSize}² pixels`,
    `plan:    ${optimizer._tag}, t0 ${freeze.t0} ${freeze.scale}: ${times}, ${
      percent(saving)
    } of the operations saved`,
  ];
}

/** Names validation images again and again. */
interface Judge {
  /** Part of them that a network names wrongly. */
  readonly errorOf: (
    tensors: DeviceTensors,
  ) => Promise<Result<TrainError, number>>;
  /** Gives back what it holds. */
  readonly dispose: () => void;
}

async function openJudge(
  { config: { model, training }, backend, validation: source }: Classic,
): Promise<Result<TrainError, Judge>> {
  const { imageSize, inChannels, classes } = model;
  const { batchSize } = training;
  const { normalization } = source;
  const transform = evalTransform({ imageSize, inChannels, normalization });
  if (transform._tag === "Left") {
    return left({ _tag: "BadConfig", faults: transform.left });
  }
  const scores = await compileConvNetScores(backend, model, batchSize);
  if (scores._tag === "Left") return scores;
  const [program, all] = [
    scores.right,
    { source, transform: transform.right, batchSize },
  ];
  return right({
    errorOf: (tensors) =>
      convNetError(backend, program, tensors, loadAll(all), classes),
    dispose: program.dispose,
  });
}

/** All tensors of a network. */
const networkOf = ({ parameters, statistics }: TrainState): DeviceTensors =>
  new Map([...parameters, ...statistics]);

/** Trains, and judges after every epoch. */
async function trained(
  classic: Classic,
  folder: string | undefined,
  print: (line: string) => void,
): Promise<Result<TrainError, RunRecord>> {
  const { config: { training: { epochs } }, plan, start } = classic;
  const judge = await openJudge(classic);
  if (judge._tag === "Left") return judge;
  const stop = new AbortController();
  const identity = convNetTask(classic);
  const training = train(identity, {
    ...classic,
    start: start.snapshot,
    signal: stop.signal,
  });
  const { stderr } = process;
  const progress = classicProgress(plan, stderr, training.step, print);
  const { signal } = interruption(progress.say, stop);
  const done = await trainEpochs({
    training,
    stepsPerEpoch: plan.totalSteps / epochs,
    epochs,
    record: start.record,
    judge: () => judge.right.errorOf(networkOf(training.state())),
    save: (record) => saveRun(folder, identity, training, record),
    progress,
    signal,
  });
  progress.end();
  [training, judge.right].forEach((held) => held.dispose());
  return done;
}

/** Part of the time that freezing saved; `null` where too few steps say it. */
function savingOf(record: RunRecord): number | null {
  const counts = Object.values(record.milliseconds).map(({ length }) => length);
  return tellsSaving(counts) ? measuredSaving(record) : null;
}

/** What the last line says. */
function resultOf(
  { config, plan, train, validation, backend }: Classic,
  record: RunRecord,
): object {
  const saving = predictedSaving(plan);
  return {
    config,
    images: train.length,
    validation: validation.length,
    steps: plan.totalSteps,
    ...errorTable(record.epochs),
    predictedSaving: saving,
    measuredSaving: savingOf(record),
    mostFrequent: frequentShare(validation),
    device: backend.device.name,
    epochs: record.epochs,
  };
}

const stop = (
  { plan, config }: Classic,
  { step, epochs }: RunRecord,
  folder: string | undefined,
): never => {
  const kept = folder === undefined
    ? "nothing was kept, for want of --output"
    : `go on with --resume ${folder} and the same flags`;
  return stopped(
    `stopped after step ${step} of ${plan.totalSteps}; ${kept}`,
    { config, steps: step, epochs },
  );
};

/**
 * Runs a training.
 *
 * @param values Flags as they were given.
 * @param print Prints a line.
 * @returns What the last line says.
 * @throws {CommandFailed} where it does not come to its end.
 */
export async function runClassic(
  values: ClassicValues,
  print: (line: string) => void,
): Promise<object> {
  const classic = await opened(values);
  describe(classic).forEach(print);
  const folder = values.output ?? values.resume;
  const record = must(
    await trained(classic, folder, print),
    describeTraining,
    EXIT.failed,
  );
  const { plan, backend, validation } = classic;
  backend.dispose();
  if (record.step < plan.totalSteps) return stop(classic, record, folder);
  const { at80, at100, best, bestEpoch } = errorTable(record.epochs);
  print(
    `validation error: ${percent(at80)} at 80 %, ${
      percent(at100)
    } at the end, ${
      percent(best)
    } at best (epoch ${bestEpoch}); answering the most frequent class for everything: ${
      percent(1 - frequentShare(validation))
    }`,
  );
  return resultOf(classic, record);
}
