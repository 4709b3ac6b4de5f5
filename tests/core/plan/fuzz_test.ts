/**
 * Readers of configurations and plans against documents that nobody checked.
 *
 * @module
 */
import fc from "fast-check";
import { deepStrictEqual, ok } from "node:assert/strict";
import {
  decodePretrainConfig,
  DEFAULT_PRETRAIN_CONFIG,
  describeFaults,
  encodePlan,
  type Faults,
  MODEL_PRESETS,
  planOf,
  type Result,
} from "../../../core/mod.ts";
import { decodePlan } from "../../../core/plan/plan_json.ts";
import { MODEL_LIMITS } from "../../../core/models/model_codec.ts";
import { hostileJson } from "../../fuzz/hostile_json.ts";
import { fuzzParameters } from "../../fuzz/parameters.ts";
import { checkReason, watched } from "../../fuzz/watch.ts";
import { right } from "../../right.ts";

/** Bytes of typed arrays that a plan may need; it is made of numbers alone. */
const ROOM = 1e6;

const CONFIG = {
  ...DEFAULT_PRETRAIN_CONFIG,
  model: MODEL_PRESETS.nano,
  frozenPrecision: "int8",
} as const;

const PLAN = encodePlan(right(planOf(CONFIG, 1_281_167)));

/** Fails on faults that a user cannot be shown. */
function checkFaults(result: Result<Faults, unknown>): void {
  if (result._tag === "Left") checkReason(describeFaults(result.left));
}

Deno.test("decodePretrainConfig() of hostile documents gives what was given or faults, and planOf() then a plan or faults", async () => {
  await fc.assert(
    fc.asyncProperty(
      hostileJson(CONFIG),
      fc.nat(1e7),
      async (json, samples) => {
        const config = await watched(ROOM, () => decodePretrainConfig(json));
        checkFaults(config);
        if (config._tag === "Left") return;
        deepStrictEqual(config.right, json);
        const plan = await watched(ROOM, () => planOf(config.right, samples));
        checkFaults(plan);
        if (plan._tag === "Left") return;
        const { layers, stages, phases } = plan.right;
        ok(layers.length <= MODEL_LIMITS.depth + 1);
        ok(stages.length <= MODEL_LIMITS.depth);
        ok(phases.length <= layers.length + 1);
      },
    ),
    fuzzParameters(2500),
  );
});

Deno.test("decodePlan() of hostile documents gives the plan that its configuration makes, or faults", async () => {
  await fc.assert(
    fc.asyncProperty(hostileJson(PLAN), async (json) => {
      const plan = await watched(ROOM, () => decodePlan(json));
      checkFaults(plan);
      if (plan._tag === "Left") return;
      deepStrictEqual(right(decodePlan(encodePlan(plan.right))), plan.right);
    }),
    fuzzParameters(1200),
  );
});

Deno.test("decodePretrainConfig() of any JSON gives faults", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      const config = decodePretrainConfig(json);
      ok(config._tag === "Left");
      checkFaults(config);
    }),
    fuzzParameters(400),
  );
});

Deno.test("planOf() of the largest model that is accepted gives a plan at once", async () => {
  const { depth } = MODEL_LIMITS;
  const stages = Array.from(
    { length: depth },
    (_, tap) => ({ tap, scale: 1, weight: 1 } as const),
  );
  const model = { ...MODEL_PRESETS["vit-b"], depth, stages };
  const config = { ...DEFAULT_PRETRAIN_CONFIG, model };
  const plan = right(await watched(ROOM, () => planOf(config, 1_281_167)));
  deepStrictEqual(
    right(await watched(ROOM, () => decodePlan(encodePlan(plan)))),
    plan,
  );
  for (
    const change of [{ depth: depth + 1 }, { stages: [...stages, ...stages] }]
  ) {
    checkFaults(
      await watched(
        ROOM,
        () => planOf({ ...config, model: { ...model, ...change } }, 1000),
      ),
    );
  }
});
