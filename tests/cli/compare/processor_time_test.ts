import { deepStrictEqual, ok } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import {
  clockedRun,
  clockedSteps,
} from "../../../cli/compare/processor_time.ts";
import { orThrow, type StepReport, type Training } from "../../../train/mod.ts";
import { inFolder } from "../../train/temporary_folder.ts";

/** A run whose steps keep the processor busy for 60 ms and not at all, in turn. */
function fakeRun(busyFor: (milliseconds: number) => void): Training {
  let step = 0;
  return {
    get step() {
      return step;
    },
    snapshot: () => Promise.reject(new Error("not asked for")),
    parameters: () => new Map(),
    state: () => {
      throw new Error("not asked for");
    },
    dispose: () => {},
    [Symbol.dispose]: () => {},
    async *[Symbol.asyncIterator]() {
      while (step < 4) {
        if (step % 2 === 0) busyFor(60);
        const report = { step: step++, phase: 0 } as StepReport;
        yield await Promise.resolve({ _tag: "Right", right: report });
      }
    },
  };
}

Deno.test("clockedRun() counts the processor's time of steps, not that between steps and of hooks", () =>
  inFolder(async (folder) => {
    const path = `${folder}/clock.jsonl`;
    const taken: number[] = [];
    let now = 1000;
    const busyFor = (milliseconds: number): void => void (now += milliseconds);
    const hook = { onStep: () => busyFor(11) };
    const run = clockedRun(fakeRun(busyFor), [hook], path, () => now);
    for await (const report of run) {
      taken.push(orThrow(report).step);
      busyFor(7);
    }
    deepStrictEqual([taken, run.step], [[0, 1, 2, 3], 4]);
    const times = orThrow(await clockedSteps(path))
      .map(({ milliseconds }) => milliseconds.gradient);
    deepStrictEqual(times, [60, 0, 60, 0]);
  }));

Deno.test("clockedRun() takes this process's time if no other clock is given", () =>
  inFolder(async (folder) => {
    const path = `${folder}/clock.jsonl`;
    const busyFor = (milliseconds: number): void => {
      const end = performance.now() + milliseconds;
      while (performance.now() < end);
    };
    for await (const report of clockedRun(fakeRun(busyFor), [], path)) {
      orThrow(report);
    }
    const [busy] = orThrow(await clockedSteps(path));
    ok((busy?.milliseconds.gradient ?? NaN) > 0);
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
