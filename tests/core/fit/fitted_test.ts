import fc from "fast-check";
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  changedConfig,
  type Changes,
  decodePretrainConfig,
  effectiveBatch,
  type FitRequest,
  fittedRun,
  phaseFlops,
  planOf,
  type PretrainConfig,
  recipeRate,
  type Stated,
  stepToTime,
  type TimedModel,
} from "../../../core/mod.ts";
import { faultsOf, right } from "../../right.ts";

/** Nothing. */
const NOTHING: Stated = {
  sizes: {},
  training: {},
  apply: decodePretrainConfig,
};

/** A request with nothing stated. */
const asked = (
  pictures: Partial<FitRequest["pictures"]>,
  minutes: number,
): FitRequest => ({
  pictures: { count: 4000, side: 64, channels: 3, ...pictures },
  stated: NOTHING,
  ...{ minutes, seconds: 60 * minutes, isLimit: false },
  ...{ memory: 2e9, timed: [], isLast: false },
});

const stating = (
  request: FitRequest,
  changes: Changes<PretrainConfig>,
): FitRequest => ({
  ...request,
  stated: {
    sizes: changes.model ?? {},
    training: changes.training ?? {},
    apply: (config) => changedConfig(config, changes),
  },
});

/** Times steps of a made-up device, as a program does, until no more are wanted. */
function timedOn(
  request: FitRequest,
  secondsOf: (flops: number, images: number) => number,
): readonly TimedModel[] {
  const timed: TimedModel[] = [];
  for (;;) {
    const next = right(stepToTime({ ...request, timed }));
    if (next === null) return timed;
    const { config, flops } = next;
    const images = effectiveBatch(config);
    const seconds = secondsOf(flops, images);
    timed.push({ model: config.model, flops, images, seconds });
    ok(timed.length < 16, "it comes to an end");
  }
}

/** A device of so many operations a second and a millisecond for each step. */
const device = (speed: number) => (flops: number, images: number): number =>
  1e-3 + flops * images / speed;

const fit = (request: FitRequest, speed: number) =>
  fittedRun({
    ...request,
    timed: timedOn(request, device(speed)),
    isLast: true,
  });

const requests = fc.record({
  count: fc.integer({ min: 1, max: 100_000 }),
  side: fc.constantFrom(8, 64, 12_000),
  minutes: fc.double({ min: 0.1, max: 1000, noNaN: true }),
  speed: fc.double({ min: 9, max: 13, noNaN: true }).map((n) => 10 ** n),
});

Deno.test("fittedRun() gives a run that ends in time by what was timed, or a time in which there is one", () => {
  fc.assert(
    fc.property(requests, ({ count, side, minutes, speed }) => {
      const request = asked({ count, side }, minutes);
      const timed = timedOn(request, device(speed));
      const run = fittedRun({ ...request, timed, isLast: true });
      if (run._tag === "Left") {
        const [fault] = run.left;
        strictEqual(fault.path, "minutes");
        const enough = Number(/^about ([\d.e+]+) for/.exec(fault.wanted)?.[1]);
        ok(enough > minutes);
        const longer = asked({ count, side }, enough);
        right(fittedRun({ ...longer, timed, isLast: true }));
        return;
      }
      const { config, flops } = run.right;
      const plan = right(planOf(config, count));
      // Of several steps of a model that of the most similar size counts.
      const apart = ({ images }: TimedModel): number =>
        Math.abs(Math.log(images / effectiveBatch(config)));
      const [own] = timed.filter(({ model }) =>
        JSON.stringify(model) === JSON.stringify(config.model)
      ).toSorted((a, b) => apart(a) - apart(b));
      ok(own !== undefined, "only what was timed is chosen");
      const step = own.seconds / own.images * effectiveBatch(config);
      const costs = phaseFlops(plan);
      const seconds = plan.phases.reduce(
        (sum, phase) =>
          sum + (phase.to - phase.from) * step * costs(phase) / flops,
        0,
      );
      // Phases begin at whole steps, which short runs have few of.
      ok(seconds <= 60 * minutes * 1.1 + step, `${seconds} in ${minutes}`);
      const { warmupEpochs, epochs } = config.training;
      ok(warmupEpochs < epochs && epochs <= 1600);
    }),
    { numRuns: 15 },
  );
});

Deno.test("fittedRun() chooses larger models for more time, more pictures and a faster device", () => {
  const width = (run: ReturnType<typeof fit>) =>
    right(run).config.model.embedDim;
  const side = { side: 400 };
  const widths = [1, 100, 10_000].map((minutes) =>
    width(fit(asked(side, minutes), 1e11))
  );
  deepStrictEqual(widths, [64, 128, 384]);
  strictEqual(width(fit(asked(side, 1), 1e13)), 128);
  strictEqual(width(fit(asked({ count: 40 }, 10_000), 1e12)), 64);
});

Deno.test("fittedRun() keeps what is stated and fits the rest around it", () => {
  const request = asked({}, 10);
  const { config } = right(fit(
    stating(request, {
      model: { imageSize: 48 },
      training: { batchSize: 24, warmupEpochs: 2 },
      freeze: { t0: 0.9 },
    }),
    1e11,
  ));
  const { model, training, freeze, rate } = config;
  deepStrictEqual([model.imageSize, freeze.t0], [48, 0.9]);
  deepStrictEqual([training.batchSize, training.accumIter], [24, 1]);
  strictEqual(training.warmupEpochs, 2);
  strictEqual(rate.baseRate, recipeRate(model, 24));
  ok(training.epochs > 2);
  const fixed = fit(
    stating(request, { training: { epochs: 7 }, rate: { baseRate: 0.5 } }),
    1e11,
  );
  strictEqual(right(fixed).config.training.epochs, 7);
  strictEqual(right(fixed).config.rate.baseRate, 0.5);
});

Deno.test("fittedRun() takes the smallest model where stated epochs take longer than a time that nobody asked for, and refuses one that was", () => {
  const request = stating(asked({}, 0.1), { training: { epochs: 100 } });
  const { config, reasons } = right(fit(request, 1e10));
  deepStrictEqual([config.model.embedDim, config.training.epochs], [64, 100]);
  strictEqual(reasons.length, "as stated");
  match(
    faultsOf(fit({ ...request, isLimit: true }, 1e10)).join("\n"),
    /^minutes: found 0.1, wanted about \d+ for 100 epochs of 4000 images or fewer \(epochs\)$/,
  );
});

Deno.test("fittedRun() says how many images a time is enough for", () => {
  match(
    faultsOf(fit(asked({ count: 1_000_000 }, 1), 1e10)).join("\n"),
    /^minutes: found "1, by default", wanted about \d+ for one epoch of 1000000 images or at most \d+ images \(limit\)$/,
  );
});

Deno.test("fittedRun() computes a step in parts that memory holds", () => {
  const request = asked({ count: 100_000 }, 100);
  const whole = right(fit({ ...request, memory: 1e11 }, 1e13)).config;
  const parts = right(fit({ ...request, memory: 5e8 }, 1e13)).config;
  strictEqual(whole.training.accumIter, 1);
  ok(parts.training.accumIter > 1);
  strictEqual(effectiveBatch(parts), effectiveBatch(whole));
  deepStrictEqual(parts.model, whole.model);
});

Deno.test("fittedRun() says what memory a step wants where not even one image fits", () => {
  const request = { ...asked({}, 10), memory: 1e6 };
  match(
    faultsOf(fittedRun({ ...request, isLast: true })).join("\n"),
    /^memory of a step: found "\d+ MB for one image at a time", wanted at most 1 MB: a smaller model$/,
  );
});

Deno.test("fittedRun() makes something of three pictures, of one, and of an eighth of a minute", () => {
  for (const count of [1, 2, 3]) {
    for (const minutes of [0.1, 10]) {
      const { config } = right(fit(asked({ count, side: 8 }, minutes), 2e10));
      strictEqual(effectiveBatch(config), 1);
      right(planOf(config, count));
    }
  }
});

Deno.test("stepToTime() wants nothing timed where model and epochs are stated", () => {
  const { model } = right(fit(asked({}, 10), 1e11)).config;
  const request = stating(asked({}, 10), { model, training: { epochs: 3 } });
  const stated = { ...request.stated, model };
  strictEqual(right(stepToTime({ ...request, stated })), null);
  ok(right(stepToTime({ ...request, stated, isLimit: true })) !== null);
});
