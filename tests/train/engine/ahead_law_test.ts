import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Backend } from "../../../backends/backend.ts";
import {
  PROBE_RECIPE,
  probePlan,
  right as success,
} from "../../../core/mod.ts";
import {
  type Hook,
  initialProbe,
  type ItemSource,
  probeBatches,
  probeTask,
  train,
  type TrainError,
  type Training,
} from "../../../train/mod.ts";
import type { ProbeBatch } from "../../../train/tasks/probe_batches.ts";
import type { TrainOptions } from "../../../train/engine/loop.ts";
import { right } from "../../right.ts";
import { trained } from "../tiny_run.ts";
import { courseOf, inLine, rounding, separate } from "./course.ts";

/** Three epochs of four steps, so small that hundreds of them can be compared. */
const CONFIG = {
  ...PROBE_RECIPE,
  ...{ width: 2, classes: 2, epochs: 3, warmupEpochs: 0, batchSize: 2 },
};
const SAMPLES = 8;
const STEPS = 12;
const PLAN = right(probePlan(CONFIG, SAMPLES));

const whole = probeBatches({
  config: CONFIG,
  samples: SAMPLES,
  features: () =>
    Promise.resolve(success({
      features: Float32Array.from({ length: 16 }, (_, i) => Math.sin(3 * i)),
      width: 2,
      labels: Int32Array.from({ length: 8 }, (_, i) => i % 2),
    })),
});

/** Something that happens to the samples of a step. */
type Mishap = "not a number" | "too large for statistics" | "unreadable";

/** Batches in which mishaps happen to some steps. */
const batchesWith = (
  mishaps: ReadonlyMap<number, Mishap>,
): ItemSource<ProbeBatch> =>
  async function* (epoch, from) {
    let step = 4 * epoch + from;
    for await (const batch of whole(epoch, from)) {
      const mishap = mishaps.get(step++);
      if (mishap === undefined || batch._tag === "Left") yield batch;
      else if (mishap === "unreadable") {
        const error = { path: "x", reason: `step ${step - 1}` };
        yield { _tag: "Left", left: { _tag: "FileFailed", ...error } };
      } else {
        const number = mishap === "not a number" ? NaN : 1e30;
        const features = batch.right.features.map(() => number);
        yield success({ ...batch.right, features });
      }
    }
  };

type Options = Partial<TrainOptions<ProbeBatch>> & {
  readonly backend: Backend;
};

/** A probe that has not begun. */
const begun = (
  mishaps: ReadonlyMap<number, Mishap>,
  options: Options,
): Training =>
  train(probeTask({ config: CONFIG, plan: PLAN }), {
    batches: batchesWith(mishaps),
    start: initialProbe(CONFIG),
    ...options,
  });

/** What is asked of a training. */
interface Wish {
  readonly mishaps: ReadonlyMap<number, Mishap>;
  readonly skipNonFinite: number;
  readonly every: number;
  /** Counts of reports after which the loop is left. */
  readonly pauses: readonly number[];
  /** True if the state is asked for in each pause. */
  readonly asks: boolean;
}

/** All that is seen of a training by its user and its hooks. */
async function seenOf(backend: Backend, ahead: number, wish: Wish) {
  const seen: unknown[] = [];
  const hooks: readonly Hook[] = [
    { looksAt: "report", onStep: ({ step }) => void seen.push(step) },
    {
      every: wish.every,
      onStep: async (_, training) =>
        void seen.push(trained(await training.snapshot())),
      onEnd: ({ step }) => void seen.push(`end at ${step}`),
    },
  ];
  const { mishaps, skipNonFinite } = wish;
  const run = begun(mishaps, { backend, ahead, hooks, skipNonFinite });
  let error: TrainError | null = null;
  for (const pause of [...wish.pauses, Infinity]) {
    const course = await courseOf(run, pause);
    seen.push(...course.reports);
    error = course.error;
    if (error !== null) break;
    if (wish.asks) await run.snapshot();
  }
  const state = trained(await run.snapshot());
  // What failed once fails again, from the same state.
  if (error !== null) deepStrictEqual((await courseOf(run)).error, error);
  deepStrictEqual(trained(await run.snapshot()), state);
  run.dispose();
  strictEqual(backend.liveTensors(), 0);
  return { seen, error, state };
}

const wishes: fc.Arbitrary<Wish> = fc.record({
  mishaps: fc.uniqueArray(
    fc.tuple(
      fc.nat({ max: STEPS - 1 }),
      fc.constantFrom<Mishap>(
        "not a number",
        "not a number",
        "too large for statistics",
        "unreadable",
      ),
    ),
    { maxLength: 4, selector: ([step]) => step },
  ).map((mishaps) => new Map(mishaps)),
  skipNonFinite: fc.nat({ max: 3 }),
  every: fc.integer({ min: 1, max: 20 }),
  pauses: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 }),
  asks: fc.boolean(),
});

Deno.test("train() shows its user and its hooks the same, whatever is sent ahead, skipped, spoiled or left", async () => {
  await fc.assert(
    fc.asyncProperty(
      wishes,
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 3, max: 5 }),
      async (wish, ahead, inLineAtMost) => {
        deepStrictEqual(
          await seenOf(inLine(inLineAtMost), ahead, wish),
          await seenOf(separate(), 0, wish),
        );
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("train() that is stopped after any step has reported what it sent, ends its hooks once, and goes on to the same numbers", async () => {
  const mishaps = new Map<number, Mishap>([[2, "not a number"]]);
  const shared = { skipNonFinite: 1, ahead: 3 };
  const whole = begun(mishaps, { ...shared, backend: rounding() });
  const wanted = await courseOf(whole);
  const end = trained(await whole.snapshot());
  whole.dispose();
  for (let last = 0; last < STEPS; last++) {
    const stop = new AbortController();
    const ends: number[] = [];
    const hook: Hook = {
      looksAt: "report",
      onStep: ({ step }) => step === last ? stop.abort() : undefined,
      onEnd: ({ step }) => void ends.push(step),
    };
    const { signal } = stop;
    const options = { ...shared, backend: rounding(), signal, hooks: [hook] };
    const run = begun(mishaps, options);
    const { reports, error, step } = await courseOf(run);
    const start = trained(await run.snapshot());
    run.dispose();
    deepStrictEqual(reports, wanted.reports.slice(0, step));
    ok(step > last && step <= last + 1 + shared.ahead);
    deepStrictEqual([start.step, ends], [step, [step]]);
    deepStrictEqual(error, step < STEPS ? { _tag: "Stopped" } : null);
    const rest = begun(mishaps, { ...shared, backend: rounding(), start });
    const after = await courseOf(rest);
    deepStrictEqual(after.reports, wanted.reports.slice(step));
    deepStrictEqual(trained(await rest.snapshot()), end);
    rest.dispose();
  }
});
