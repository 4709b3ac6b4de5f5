import fc from "fast-check";
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { MODEL_PRESETS } from "../../../core/mod.ts";
import {
  classLoss,
  DEFAULT_LOSS_LIMIT,
  describeTrainError,
  lossWatch,
  type MetricsLine,
  stageLosses,
} from "../../../train/mod.ts";
import { HIGH_STEPS } from "../../../train/run/loss_watch.ts";
import { between } from "../../arbitraries.ts";

const MODEL = MODEL_PRESETS.nano;
/** What predicting nothing costs at most. */
const NOTHING = 1 / MODEL.hogNbins;

const lineAt = (step: number, losses: readonly number[]): MetricsLine => ({
  step,
  epoch: 0,
  phase: 0,
  frozenLayers: 0,
  rates: [],
  unfrozenRate: 0,
  loss: losses.reduce((a, b) => a + b, 0),
  stageLosses: Object.fromEntries(losses.entries()),
  deepestLoss: losses.at(-1) ?? NaN,
  milliseconds: { data: 0, gradient: 0, update: 0, compile: 0, total: 0 },
});

/** The step at which a course of losses is stopped, or `null`. */
function stopOf(
  courses: readonly (readonly number[])[],
  limit = DEFAULT_LOSS_LIMIT,
): number | null {
  const watch = lossWatch(stageLosses(MODEL), limit, []);
  const stop = courses.findIndex((losses, step) =>
    watch.see(lineAt(step, losses)) !== null
  );
  return stop < 0 ? null : stop;
}

const constant = (
  length: number,
  loss: number,
): readonly (readonly number[])[] => Array.from({ length }, () => [loss]);

Deno.test("lossWatch() never stops a run whose losses stay below ten times what predicting nothing costs, however they jump", () => {
  const loss = between(0, DEFAULT_LOSS_LIMIT * NOTHING);
  const courses = fc.array(fc.array(loss, { minLength: 4, maxLength: 4 }), {
    maxLength: 200,
  });
  fc.assert(fc.property(courses, (losses) => {
    strictEqual(stopOf(losses), null);
  }));
});

Deno.test("lossWatch() never stops a run that begins high and falls, however slowly", () => {
  const slowly = Array.from({ length: 2000 }, (_, step) => [
    50 * Math.exp(-step / 400),
  ]);
  strictEqual(stopOf(slowly), null);
  strictEqual(stopOf(constant(500, 50)), null);
});

Deno.test("lossWatch() stops at the tenth high step in a row, and not for nine of them", () => {
  const healthy = constant(130, 0.05);
  const high = (count: number) => constant(count, 2);
  strictEqual(stopOf([...healthy, ...high(HIGH_STEPS)]), 130 + HIGH_STEPS - 1);
  const spikes = [...healthy, ...high(HIGH_STEPS - 1), [0.05]];
  strictEqual(stopOf([...spikes, ...high(HIGH_STEPS - 1)]), null);
  // Any stage will do; a limit of Infinity never stops.
  const second = [...healthy, ...high(HIGH_STEPS)].map(([x]) => [0.05, x!]);
  strictEqual(stopOf(second), 130 + HIGH_STEPS - 1);
  strictEqual(stopOf(second, Infinity), null);
});

Deno.test("lossWatch() says stage, scale, bound and first high step, and from it on that no checkpoint is fit", () => {
  const watch = lossWatch(
    stageLosses(MODEL),
    10,
    constant(60, 0.05).map((_, i) => lineAt(i, [0.05, 0.05, 0.05])),
  );
  strictEqual(watch.high(), null);
  const seen = Array.from(
    { length: HIGH_STEPS },
    (_, i) => watch.see(lineAt(60 + i, [0.05, 0.05, 7])),
  );
  const error = seen.at(-1);
  deepStrictEqual(watch.high(), error);
  deepStrictEqual(error, {
    _tag: "LossExploded",
    step: 69,
    since: 60,
    stage: { index: 2, scale: MODEL.stages[2]!.scale },
    loss: 7,
    bound: 10 * NOTHING,
  });
  match(
    describeTrainError(error!),
    /^Stopped after step 69: the loss of stage 3 \(scale 1\) is 7, and has been above 1\.1+2? since step 60$/,
  );
  ok(watch.see(lineAt(70, [0.05, 0.05, 0.05])) === null);
  strictEqual(watch.high(), null);
});

Deno.test("lossWatch() passes over steps that were left out", () => {
  const watch = lossWatch(
    stageLosses(MODEL),
    10,
    constant(60, 0.05).map((x, i) => lineAt(i, x)),
  );
  const high = Array.from({ length: 2 * HIGH_STEPS }, (_, i) => ({
    ...lineAt(60 + i, i % 2 === 0 ? [2] : [NaN]),
    ...i % 2 === 0 ? {} : { skipped: "the loss is not finite" },
  }));
  const stop = high.findIndex((line) => watch.see(line) !== null);
  ok(stop >= HIGH_STEPS - 1 && stop % 2 === 0, `${stop}`);
});

Deno.test("lossWatch() with a history goes on as the watch that saw it: a resumed run stops where it would have stopped", () => {
  const loss = fc.oneof(between(0, 0.2), fc.constant(3));
  const runs = fc.tuple(
    fc.array(loss, { minLength: 60, maxLength: 160 }),
    fc.nat(160),
  );
  fc.assert(fc.property(runs, ([losses, at]) => {
    const lines = losses.map((x, step) => lineAt(step, [x]));
    const whole = lossWatch(stageLosses(MODEL), DEFAULT_LOSS_LIMIT, []);
    const verdicts = lines.map((line) => whole.see(line));
    const resumed = lossWatch(
      stageLosses(MODEL),
      DEFAULT_LOSS_LIMIT,
      lines.slice(0, at),
    );
    const rest = lines.slice(at).map((line) => resumed.see(line));
    deepStrictEqual(rest, verdicts.slice(at));
    deepStrictEqual(resumed.high(), whole.high());
  }));
});

Deno.test("lossWatch() takes for high what is ten times what predicting nothing of its own target costs", () => {
  const stages = [
    { ...MODEL.stages[0]!, target: "pixels" as const },
    MODEL.stages[1]!,
  ];
  deepStrictEqual(stageLosses({ ...MODEL, stages }).floors, [1, NOTHING]);
  const stopAt = (losses: readonly number[]): boolean => {
    const watch = lossWatch(stageLosses({ ...MODEL, stages }), 10, []);
    const courses = [...constant(60, 0.05), ...constant(HIGH_STEPS, 0)];
    return courses.map((_, step) =>
      watch.see(lineAt(step, step < 60 ? [0.05, 0.05] : losses))
    ).at(-1) !== null;
  };
  deepStrictEqual(
    [[9, 0.05], [11, 0.05], [0.05, 1], [0.05, 1.2]].map(stopAt),
    [false, true, false, true],
  );
});

Deno.test("lossWatch() watches the one loss of a classifier", () => {
  const watch = lossWatch(classLoss(10), 10, []);
  const seen = [...constant(60, 2.3), ...constant(HIGH_STEPS, 40)].map((
    [loss],
    step,
  ) => watch.see({ ...lineAt(step, []), loss: loss! }));
  const error = seen.at(-1);
  strictEqual(seen.findIndex((one) => one !== null), 60 + HIGH_STEPS - 1);
  match(
    describeTrainError(error!),
    /^Stopped after step 69: the loss is 40, and has been above 23\.0\d+ since step 60$/,
  );
});
