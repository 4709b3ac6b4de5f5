import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Backend } from "../../../backends/backend.ts";
import type { Batch } from "../../../data/mod.ts";
import {
  describeTrainError,
  type StepReport,
  type Training,
} from "../../../train/mod.ts";
import type { TrainOptions } from "../../../train/engine/loop.ts";
import { spoiledBatches } from "../spoiled_batches.ts";
import { startTiny, TINY_CONFIG, tinyRun, trained } from "../tiny_run.ts";
import { courseOf, inLine, rounding, separate, wholeCourse } from "./course.ts";

type Options = Partial<TrainOptions<Batch>>;

/** A training of which one half freezes, layer by layer. */
const RUN = tinyRun();

const begun = (backend: Backend, options: Options = {}): Training =>
  startTiny(backend, RUN, undefined, options);

const wholeOf = (backend: Backend, options: Options = {}) =>
  wholeCourse(backend, (backend) => begun(backend, options));

const SPOILED = spoiledBatches(TINY_CONFIG, [2, 5, 8]);

for (const ahead of [0, 3]) {
  for (const skipNonFinite of [0, 1, 2, 3, Infinity]) {
    Deno.test(`train() with ${ahead} steps ahead and ${skipNonFinite} to skip tells the same, and ends as if nothing had been sent behind a failed step`, async () => {
      const options = { batches: SPOILED, skipNonFinite };
      const wanted = await wholeOf(separate(), options);
      deepStrictEqual(
        await wholeOf(inLine(), { ...options, ahead }),
        wanted,
      );
      const failed = [2, 5, 8][skipNonFinite];
      strictEqual(wanted.step, failed ?? RUN.plan.totalSteps);
      strictEqual(wanted.end.step, wanted.step);
      if (failed === undefined) return strictEqual(wanted.error, null);
      ok(wanted.error !== null);
      match(describeTrainError(wanted.error), /image of sample/);
    });
  }
}

Deno.test("train() goes on after a step that failed, with steps ahead as without", async () => {
  const courses: unknown[] = [];
  for (const [backend, ahead] of [[separate(), 0], [inLine(), 3]] as const) {
    let isSpoiled = true;
    const run = begun(backend, {
      ahead,
      batches: (epoch, from) =>
        spoiledBatches(TINY_CONFIG, isSpoiled ? [3] : [])(epoch, from),
    });
    const failed = await courseOf(run);
    deepStrictEqual([failed.step, failed.error?._tag], [3, "NonFiniteLoss"]);
    const between = trained(await run.snapshot());
    isSpoiled = false;
    const rest = await courseOf(run);
    deepStrictEqual([rest.step, rest.error], [RUN.plan.totalSteps, null]);
    courses.push([failed, between, rest, trained(await run.snapshot())]);
    run.dispose();
  }
  deepStrictEqual(courses[1], courses[0]);
});

Deno.test("train() that is left with steps on their way delivers them when it is iterated on, and snapshot() waits for them", async () => {
  const wanted = await wholeOf(rounding());
  const run = begun(rounding(), { ahead: 2 });
  const first = await courseOf(run, 2);
  // Two more were sent, and no more than that before the phase ends.
  deepStrictEqual([first.step, run.state().step], [2, 4]);
  const between = trained(await run.snapshot());
  deepStrictEqual([run.step, between.step], [2, 4]);
  const rest = await courseOf(run);
  deepStrictEqual([...first.reports, ...rest.reports], wanted.reports);
  deepStrictEqual(trained(await run.snapshot()), wanted.end);
  run.dispose();
  const resumed = startTiny(rounding(), RUN, between, { ahead: 3 });
  deepStrictEqual(
    (await courseOf(resumed)).reports,
    wanted.reports.slice(4),
  );
  deepStrictEqual(trained(await resumed.snapshot()), wanted.end);
  resumed.dispose();
});

Deno.test("train() that is disposed with steps on their way leaves nothing on the device", async () => {
  for (const batches of [SPOILED, spoiledBatches(TINY_CONFIG, [])]) {
    const backend = inLine();
    const run = begun(backend, { ahead: 3, batches });
    await courseOf(run, 1);
    ok(run.state().step > run.step);
    run.dispose();
    strictEqual(backend.liveTensors(), 0);
  }
});

/** Numbers of steps sent and not yet reported, at each report. */
async function depths(options: Options): Promise<readonly number[]> {
  const run = begun(inLine(), { ahead: 3, ...options });
  const found: number[] = [];
  for await (const taken of run) {
    found.push(run.state().step - trained(taken).step);
  }
  run.dispose();
  return found;
}

Deno.test("train() sends no step beyond the end of a phase or an epoch, nor beyond one after which a hook looks at the training", async () => {
  const bounds = [5, 6, 7, 9, 11, 12];
  const reach = (within: readonly number[]) =>
    Array.from({ length: 12 }, (_, step) => {
      const end = within.find((bound) => bound > step) ?? 12;
      return Math.min(4, end - step);
    });
  const onStep = () => {};
  deepStrictEqual(await depths({}), reach(bounds));
  const reporting = { hooks: [{ looksAt: "report", onStep }] } as const;
  deepStrictEqual(await depths(reporting), reach(bounds));
  const every = [...bounds, 2, 4, 8, 10].toSorted((a, b) => a - b);
  deepStrictEqual(
    await depths({ hooks: [{ every: 2, onStep }] }),
    reach(every),
  );
  const one = Array<number>(12).fill(1);
  deepStrictEqual(await depths({ hooks: [{ onStep }] }), one);
  const picked = { every: ({ step }: StepReport) => step === 8, onStep };
  deepStrictEqual(await depths({ hooks: [picked] }), one);
});

Deno.test("train() shows each hook the training as it is after its step, whatever is ahead", async () => {
  const seen: unknown[][] = [];
  for (const [backend, ahead] of [[separate(), 0], [inLine(), 3]] as const) {
    const now: unknown[] = [];
    const asked: number[] = [];
    await wholeOf(backend, {
      ahead,
      hooks: [
        { looksAt: "report", onStep: ({ step }) => void now.push(step) },
        {
          every: 2,
          onStep: async ({ step }, training) => {
            strictEqual(training.step, step + 1);
            strictEqual(training.state().step, step + 1);
            now.push(trained(await training.snapshot()));
          },
          onEnd: ({ step }) => void now.push(`end at ${step}`),
        },
        {
          every: {
            isDueAfter: (step) => asked.push(step) > 0 && step % 5 === 3,
          },
          onStep: ({ step }, training) => {
            now.push(["rule", step, training.state().step]);
          },
        },
      ],
    });
    deepStrictEqual(asked, Array.from({ length: 12 }, (_, step) => step));
    seen.push(now);
  }
  deepStrictEqual(seen[1], seen[0]);
});

Deno.test("train() that is stopped reports what was sent, calls the hooks' ends once, and goes on to the same numbers", async () => {
  const wanted = await wholeOf(rounding());
  const stop = new AbortController();
  const ends: number[] = [];
  const run = begun(rounding(), {
    ahead: 2,
    signal: stop.signal,
    hooks: [{
      looksAt: "report",
      onStep: ({ step }) => step === 1 ? stop.abort() : undefined,
      onEnd: async (training) => {
        ends.push(training.step, trained(await training.snapshot()).step);
      },
    }],
  });
  const { reports, error } = await courseOf(run);
  deepStrictEqual([error, ends], [{ _tag: "Stopped" }, [4, 4]]);
  deepStrictEqual(reports, wanted.reports.slice(0, 4));
  const start = trained(await run.snapshot());
  run.dispose();
  const rest = startTiny(rounding(), RUN, start, { ahead: 3 });
  deepStrictEqual((await courseOf(rest)).reports, wanted.reports.slice(4));
  deepStrictEqual(trained(await rest.snapshot()), wanted.end);
  rest.dispose();
});

Deno.test("train() that is stopped while it waits for samples takes no further step", async () => {
  const stop = new AbortController();
  const { error, step, end } = await wholeOf(inLine(), {
    ahead: 3,
    signal: stop.signal,
    batches: async function* (epoch, from) {
      let number = 6 * epoch + from;
      for await (const batch of spoiledBatches(TINY_CONFIG, [])(epoch, from)) {
        if (number++ === 3) stop.abort();
        yield batch;
      }
    },
  });
  deepStrictEqual([error, step, end.step], [{ _tag: "Stopped" }, 3, 3]);
});

Deno.test("train() tells of images that end too early after the reports of the steps before", async () => {
  const batches = async function* (epoch: number, from: number) {
    let count = from;
    for await (const batch of spoiledBatches(TINY_CONFIG, [])(epoch, from)) {
      if (count++ === 4) return;
      yield batch;
    }
  };
  const wanted = await wholeOf(separate(), { batches });
  strictEqual(wanted.error?._tag, "FileFailed");
  deepStrictEqual(await wholeOf(inLine(), { batches, ahead: 3 }), wanted);
});

Deno.test("train() refuses more steps ahead than the engine allows, and what is no number of steps", async () => {
  for (
    const [backend, ahead] of [
      [separate(), 1],
      [inLine(2), 3],
      [inLine(), 0.5],
      [inLine(), -1],
    ] as const
  ) {
    const run = begun(backend, { ahead });
    const { error, step } = await courseOf(run);
    strictEqual(error?._tag, "BadConfig");
    match(describeTrainError(error), /ahead: found .* wanted a whole number/);
    strictEqual(step, 0);
    run.dispose();
  }
});
