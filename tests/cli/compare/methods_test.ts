import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  DEFAULT_PRETRAIN_CONFIG,
  planOf,
  predictedSaving,
} from "../../../core/mod.ts";
import { runFlops } from "../../../core/plan/cost.ts";
import {
  configOfMethod,
  type Method,
  METHODS,
  methodsOf,
  THESIS_POWERS,
  titleOf,
} from "../../../cli/compare/methods.ts";
import { right } from "../../right.ts";

const IMAGENET = 1_281_167;

const planFor = (method: Method, base = DEFAULT_PRETRAIN_CONFIG) =>
  right(
    planOf(
      right(configOfMethod(base, THESIS_POWERS, IMAGENET, method)),
      IMAGENET,
    ),
  );

/** Rate at the start of every layer, as a part of the base rate. */
const initialRates = (method: Method): readonly number[] =>
  planFor(method).layers.map(({ schedule }) =>
    schedule.initialRate / DEFAULT_PRETRAIN_CONFIG.rate.baseRate
  );

Deno.test("configOfMethod() freezes at the same steps in every FreezeOut method and never in LocalMIM", () => {
  const freezeSteps = (method: Method) =>
    planFor(method).layers.map(({ freezeStep }) => freezeStep);
  const wanted = freezeSteps("freezeout");
  for (const method of METHODS.slice(2)) {
    deepStrictEqual(freezeSteps(method), wanted, method);
  }
  strictEqual(predictedSaving(planFor("localmim")), 0);
  strictEqual(predictedSaving(planFor("localmim-short")), 0);
});

Deno.test("configOfMethod() starts layer 0 of ViT-B, t0 = 0.8, where the thesis' tables do", () => {
  const first = (method: Method) => initialRates(method)[0]?.toFixed(6);
  strictEqual(first("localmim"), "1.000000");
  // The layer freezes at 0.512; three losses of later stages reach it beside its own.
  strictEqual(first("freezeout"), (1 / 0.512).toFixed(6));
  strictEqual(first("unscaled"), "1.000000");
  strictEqual(first("sr-lr"), (0.25 ** 0.8 / 0.512).toFixed(6));
  strictEqual(first("lr-lr"), (1 / 0.512 ** 0.7).toFixed(6));
  strictEqual(first("sr-lr+lr-lr"), (0.25 ** 0.8 / 0.512 ** 0.6).toFixed(6));
});

Deno.test("configOfMethod() gives the shorter LocalMIM as many epochs as cost what freezing ones cost, to half an epoch", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 20, max: 400 }),
      fc.double({ min: 0.5, max: 1, noNaN: true }),
      (epochs, t0) => {
        const base = {
          ...DEFAULT_PRETRAIN_CONFIG,
          freeze: { ...DEFAULT_PRETRAIN_CONFIG.freeze, t0 },
          training: {
            ...DEFAULT_PRETRAIN_CONFIG.training,
            epochs,
            warmupEpochs: 1,
          },
        };
        const whole = runFlops(planFor("localmim", base));
        const short = runFlops(planFor("localmim-short", base));
        const frozen = runFlops(planFor("freezeout", base));
        ok(Math.abs(short - frozen) <= 0.5001 * whole / epochs);
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("methodsOf() one stage leaves out those whose rates go by stages, and titleOf() says what is trained", () => {
  deepStrictEqual(methodsOf(4), METHODS);
  deepStrictEqual(
    methodsOf(1),
    METHODS.filter((method) => !method.startsWith("sr-lr")),
  );
  strictEqual(titleOf("localmim", THESIS_POWERS), "LocalMIM");
  strictEqual(
    titleOf("localmim-short", THESIS_POWERS, "mae"),
    "MAE, fewer epochs",
  );
});
