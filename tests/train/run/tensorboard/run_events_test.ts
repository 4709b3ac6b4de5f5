import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import {
  type MetricsLine,
  metricsLine,
  openRunEvents,
  type StepReport,
  type Tracker,
} from "../../../../train/mod.ts";
import { eventFiles } from "../../../../train/run/tensorboard/event_file.ts";
import { stepScalars } from "../../../../train/run/tensorboard/run_events.ts";
import { inFolder } from "../../temporary_folder.ts";
import { tinyRun, trained } from "../../tiny_run.ts";
import { eventsIn, readEvents, shownInRun } from "./read_events.ts";

const RUN = tinyRun();

const report = (step: number, loss = step + 1): StepReport => ({
  step,
  epoch: 0,
  phase: 0,
  frozenLayers: 1,
  liveStages: [1, 3],
  rates: [0, 0.25, 0.5, 0.125, 0.0625],
  unfrozenRate: 0.75,
  loss,
  stageLosses: { 1: loss / 4, 3: loss / 2 },
  deepestLoss: loss / 2,
  images: 2,
  milliseconds: { data: 1, gradient: 2, update: 1, compile: 0, total: 4 },
});

const lines = (steps: number): readonly MetricsLine[] =>
  Array.from({ length: steps }, (_, step) => metricsLine(report(step)));

/** Opens the events of a run that begins at a step, by a clock that stands still. */
const openAt = async (
  path: string,
  step: number,
  seconds: number,
): Promise<Tracker> =>
  trained(
    await openRunEvents(
      { run: RUN, path, start: { step }, history: lines(step) },
      () => seconds,
    ),
  );

async function tell(
  events: Tracker,
  reports: readonly StepReport[],
): Promise<void> {
  for (const one of reports) trained(await events.step(one));
  await events.close();
}

/** Paths of a run's event files, in the order in which they are read. */
const pathsOf = async (path: string): Promise<readonly string[]> => {
  const folder = join(path, "tensorboard");
  return (await eventFiles(folder)).map((name) => join(folder, name));
};

Deno.test("stepScalars() names layers, live stages and times; stages count from 1", () => {
  const scalars = stepScalars(RUN.plan, 2)(metricsLine(report(0, 1)));
  deepStrictEqual(scalars, {
    "loss/total": 1,
    "loss/deepest": 0.5,
    "loss/stage_2": 0.25,
    "loss/stage_4": 0.5,
    "learning_rate/patch_embed": 0,
    "learning_rate/block_0": 0.25,
    "learning_rate/block_1": 0.5,
    "learning_rate/block_2": 0.125,
    "learning_rate/block_3": 0.0625,
    "learning_rate/unfrozen": 0.75,
    "freezing/frozen_layers": 1,
    "freezing/live_stages": 2,
    "throughput/images_per_second": 500,
    "milliseconds/data": 1,
    "milliseconds/gradient": 2,
    "milliseconds/update": 1,
    "milliseconds/compile": 0,
    "milliseconds/total": 4,
    "progress/epoch": 0,
  });
});

Deno.test("openRunEvents() tells version, start, then every step with the memory of the process", () =>
  inFolder(async (path) => {
    const events = await openAt(path, 0, 1.7e9);
    trained(await events.step(report(0)));
    trained(await events.scalars(1, { "validation/knn_top1": 75.5 }));
    trained(await events.scalars(1, {}));
    await events.close();
    const [file = ""] = await pathsOf(path);
    const read = await readEvents(file);
    strictEqual(read.length, 4, "nothing is written of no numbers");
    strictEqual(read[0]?.fileVersion, "brain.Event:2");
    strictEqual(read[1]?.sessionLog?.status, "START");
    deepStrictEqual(
      new Set(read.map(({ wallTime }) => wallTime)),
      new Set([1.7e9]),
    );
    const shown = await shownInRun(path);
    deepStrictEqual(shown("loss/total"), [[0, 1]]);
    deepStrictEqual(shown("validation/knn_top1"), [[1, 75.5]]);
    const [[, memory] = [0, 0]] = shown("memory/rss_megabytes");
    ok(memory > 10 && memory < 100_000, `${memory} MB`);
  }));

Deno.test("openRunEvents() of a run that goes on takes back the steps from there on", () =>
  inFolder(async (path) => {
    const old = [0, 1, 2, 3, 4].map((step) => report(step));
    await tell(await openAt(path, 0, 1.7e9), old);
    await tell(await openAt(path, 3, 1.7e9 + 60), [
      report(3, 30),
      report(4, 40),
    ]);
    const shown = await shownInRun(path);
    deepStrictEqual(shown("loss/total"), [[0, 1], [1, 2], [2, 3], [3, 30], [
      4,
      40,
    ]]);
  }));

Deno.test("openRunEvents() begins a file that is read last, also when the clock stands or is set back", () =>
  inFolder(async (path) => {
    for (const [i, seconds] of [1.7e9, 1.7e9, 1.6e9].entries()) {
      await tell(await openAt(path, i, seconds), [
        report(i, 10 * i),
        report(i + 1, -1),
      ]);
    }
    deepStrictEqual(
      (await shownInRun(path))("loss/total"),
      [[0, 0], [1, 10], [2, 20], [3, -1]],
    );
  }));

Deno.test("openRunEvents() in a folder without event files tells of the steps before the start too", () =>
  inFolder(async (path) => {
    await tell(await openAt(path, 2500, 1.7e9), [report(2500)]);
    const loss = (await shownInRun(path))("loss/total");
    deepStrictEqual(
      loss,
      Array.from({ length: 2501 }, (_, step) => [step, step + 1]),
    );
    const [file = ""] = await pathsOf(path);
    const read = await readEvents(file);
    const times = read.slice(2).map(({ wallTime }) => wallTime);
    strictEqual(times[0]?.toFixed(3), (1.7e9 - 2499 * 0.004).toFixed(3));
    deepStrictEqual(times, times.toSorted((a, b) => a - b));
  }));

Deno.test("an event file that was cut off at any byte shows all whole records before", () =>
  inFolder(async (path) => {
    await tell(await openAt(path, 0, 1.7e9), [report(0), report(1)]);
    const [file = ""] = await pathsOf(path);
    const whole = await Deno.readFile(file);
    const counts = Array.from(
      whole,
      (_, length) => eventsIn(whole.subarray(0, length)).length,
    );
    deepStrictEqual(counts, counts.toSorted((a, b) => a - b));
    deepStrictEqual([counts[0], counts.at(-1)], [0, 3]);
    await Deno.writeFile(file, whole.subarray(0, -5));
    await tell(await openAt(path, 1, 1.7e9), [report(1, 9)]);
    deepStrictEqual((await shownInRun(path))("loss/total"), [[0, 1], [1, 9]]);
  }));

Deno.test("openRunEvents() says which file cannot be written", () =>
  inFolder(async (path) => {
    await Deno.writeTextFile(join(path, "tensorboard"), "a file");
    const opened = await openRunEvents({
      run: RUN,
      path,
      start: { step: 0 },
      history: [],
    });
    strictEqual(opened._tag === "Left" && opened.left._tag, "FileFailed");
  }));
