import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import {
  clockedRun,
  clockedSteps,
} from "../../../examples/compare/processor_time.ts";
import {
  orThrow,
  type Pretraining,
  type StepReport,
} from "../../../train/mod.ts";
import { inFolder } from "../../train/temporary_folder.ts";

/** Keeps the processor busy. */
function busyFor(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** A run whose steps compute in turn for long and not at all. */
function fakeRun(): Pretraining {
  let step = 0;
  return {
    get step() {
      return step;
    },
    snapshot: () => Promise.reject(new Error("not asked for")),
    parameters: () => new Map(),
    dispose: () => {},
    async *[Symbol.asyncIterator]() {
      while (step < 4) {
        if (step % 2 === 0) busyFor(60);
        else await new Promise((resolve) => setTimeout(resolve, 60));
        const report = { step: step++, phase: 0 } as StepReport;
        yield { _tag: "Right", right: report };
      }
    },
  };
}

Deno.test("clockedRun() counts the processor's time of steps, not that of waiting or between steps", () =>
  inFolder(async (folder) => {
    const path = `${folder}/clock.jsonl`;
    const taken: number[] = [];
    const run = clockedRun(fakeRun(), path);
    for await (const report of run) {
      taken.push(orThrow(report).step);
      busyFor(60);
    }
    deepStrictEqual([taken, run.step], [[0, 1, 2, 3], 4]);
    const times = orThrow(await clockedSteps(path))
      .map(({ milliseconds }) => milliseconds.gradient);
    strictEqual(times.length, 4);
    const [busy = NaN, waiting = NaN, again = NaN] = times;
    ok(Math.min(busy, again) > 1.3 * waiting, `${times}`);
  }));

Deno.test("clockedSteps() takes the last time of a step that was taken twice and passes over a cut-off line", () =>
  inFolder(async (folder) => {
    const path = `${folder}/clock.jsonl`;
    const line = (step: number, processorMs: number) =>
      `${JSON.stringify({ step, phase: step, processorMs })}\n`;
    const text = `${line(0, 1)}${line(1, 9)}{"step":1,"pha\n${line(1, 2)}`;
    await writeFile(path, `${text}{"step":2`);
    const steps = orThrow(await clockedSteps(path));
    deepStrictEqual(
      steps.map(({ phase, milliseconds }) => [phase, milliseconds.gradient]),
      [[0, 1], [1, 2]],
    );
  }));
