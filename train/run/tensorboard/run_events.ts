/** A run as TensorBoard shows it. */
import { join } from "node:path";
import process from "node:process";
import { type FreezePlan, type Result, right } from "../../../core/mod.ts";
import type { TrainingIdentity } from "../../engine/task.ts";
import { type MetricsLine, metricsLine } from "../metrics.ts";
import type { Tracker } from "../run_hooks.ts";
import type { TrainError } from "../../train_error.ts";
import {
  eventFiles,
  openEventFile,
  type Scalars,
  type TensorBoardEvent,
} from "./event_file.ts";

const under = (
  heading: string,
  values: readonly (readonly [name: string, value: number])[],
): Scalars =>
  Object.fromEntries(
    values.map(([name, value]) =>
      [`${heading}/${name.replaceAll(" ", "_")}`, value] as const
    ),
  );

/**
 * The numbers of a step by tag: `loss`, `gradient`, `learning_rate`, `freezing`,
 * `throughput`, `milliseconds` and `progress`.
 *
 * @param imagesPerStep Images of an optimizer step, all micro-batches.
 * @returns A function from a line of the record; stages are counted from 1.
 */
export function stepScalars(
  { layers }: Pick<FreezePlan, "layers">,
  imagesPerStep: number,
): (line: MetricsLine) => Scalars {
  return (line) => {
    const stages = Object.entries(line.stageLosses);
    return {
      ...under("loss", [
        ["total", line.loss],
        ["deepest", line.deepestLoss],
        ...stages.map(([stage, loss]) =>
          [`stage ${Number(stage) + 1}`, loss] as const
        ),
        ...line.latentLoss === undefined
          ? []
          : [["latent", line.latentLoss] as const],
      ]),
      ...line.gradientNorm === undefined
        ? {}
        : under("gradient", [["norm", line.gradientNorm]]),
      ...under("learning_rate", [
        ...line.rates.map((rate, i) =>
          [layers[i]?.name ?? `layer ${i}`, rate] as const
        ),
        ["unfrozen", line.unfrozenRate],
      ]),
      ...under("freezing", [
        ["frozen layers", line.frozenLayers],
        ["live stages", stages.length],
      ]),
      ...under("throughput", [
        ["images per second", 1000 * imagesPerStep / line.milliseconds.total],
      ]),
      ...under("milliseconds", Object.entries(line.milliseconds)),
      ...under("progress", [["epoch", line.epoch]]),
    };
  };
}

/** Folder of the event files in a run's folder. */
export const TENSORBOARD_FOLDER = "tensorboard";

/** Earlier steps that are written, evenly spread where there are more: TensorBoard shows fewer. */
const MOST_PAST = 5000;

/** Lines of a record that are written at a time. */
const CHUNK = 1000;

const eventOf = (
  step: number,
  wallTime: number,
  values: Scalars,
): TensorBoardEvent => ({
  step,
  wallTime,
  content: { _tag: "Scalars", values },
});

/** A run that TensorBoard follows. */
export interface TrackedRun {
  /** The run. */
  readonly run: TrainingIdentity;
  /** Its folder. */
  readonly path: string;
  /** Its start. */
  readonly start: { readonly step: number };
  /** Steps that were recorded before, in order; not all where there are very many. */
  readonly history: readonly MetricsLine[];
}

const scalarsOf = (
  { plan, training }: TrainingIdentity,
): (line: MetricsLine) => Scalars =>
  stepScalars(plan, training.batchSize * training.accumIter);

/**
 * Recorded steps as if each had followed the one before and the last one ended now;
 * one in a thinned history stands for those that were dropped before it.
 */
function* pastEvents(
  { run, history: all }: TrackedRun,
  now: number,
): Generator<TensorBoardEvent> {
  const scalars = scalarsOf(run);
  const stride = Math.ceil(all.length / MOST_PAST);
  const history = all.filter((_, i) => (all.length - 1 - i) % stride === 0);
  const taken = history.map(({ step, milliseconds: { total } }, i) =>
    total / 1000 * (step - (history[i - 1]?.step ?? step - 1))
  );
  let seconds = now - taken.reduce((sum, one) => sum + one, 0);
  for (const [i, line] of history.entries()) {
    seconds += taken[i] ?? 0;
    yield eventOf(line.step, seconds, scalars(line));
  }
}

function* chunks<A>(values: Iterable<A>): Generator<readonly A[]> {
  let chunk: A[] = [];
  for (const value of values) {
    if (chunk.push(value) < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/**
 * Starts the TensorBoard record of a run, in the folder `tensorboard` of its own.
 *
 * A resumed run gets a further file; what earlier ones say of steps from its
 * start on is void. Where there is no earlier file, the record is written first.
 *
 * @param now The time in seconds since 1970.
 */
export async function openRunEvents(
  tracked: TrackedRun,
  now: () => number = () => Date.now() / 1000,
): Promise<Result<TrainError, Tracker>> {
  const folder = join(tracked.path, TENSORBOARD_FOLDER);
  const isFirst = (await eventFiles(folder)).length === 0;
  const from = isFirst ? 0 : tracked.start.step;
  const opened = await openEventFile(folder, from, now());
  if (opened._tag === "Left") return opened;
  const file = opened.right;
  for (const events of isFirst ? chunks(pastEvents(tracked, now())) : []) {
    const written = await file.append(events);
    if (written._tag === "Left") {
      await file.close();
      return written;
    }
  }
  const scalars = scalarsOf(tracked.run);
  const tell = (step: number, values: Scalars) =>
    file.append([eventOf(step, now(), values)]);
  return right({
    step: (report) =>
      tell(report.step, {
        ...scalars(metricsLine(report)),
        "memory/rss_megabytes": process.memoryUsage.rss() / 1e6,
      }),
    scalars: (step, values) =>
      Object.keys(values).length === 0
        ? Promise.resolve(right(undefined))
        : tell(step, values),
    close: () => file.close(),
  });
}
