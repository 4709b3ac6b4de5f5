import fc from "fast-check";
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  DEFAULT_PRETRAIN_CONFIG,
  encodePlan,
  planOf,
} from "../../../core/mod.ts";
import { decodePlan } from "../../../core/plan/plan_json.ts";
import { freezePlan } from "../../arbitraries.ts";
import { faultsOf, right } from "../../right.ts";

const vitB = right(planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167));

Deno.test("decodePlan() reads what encodePlan() wrote, also through JSON", () => {
  fc.assert(fc.property(freezePlan, (plan) => {
    const text = JSON.stringify(encodePlan(plan));
    deepStrictEqual(right(decodePlan(JSON.parse(text))), plan);
  }));
});

Deno.test("decodePlan() refuses a plan that was moved away from its configuration", () => {
  fc.assert(fc.property(freezePlan, fc.nat(), (plan, seed) => {
    const at = seed % plan.layers.length;
    const layers = plan.layers.map((layer, i) =>
      i === at ? { ...layer, freezeStep: layer.freezeStep + 1 } : layer
    );
    const faults = faultsOf(decodePlan({ ...plan, layers }));
    strictEqual(faults.length, 1);
    ok(faults[0]?.startsWith(`layers[${at}].freezeStep: `));
  }));
});

Deno.test("decodePlan() names everything that contradicts the configuration", () => {
  const [first, ...others] = vitB.layers;
  deepStrictEqual(
    faultsOf(decodePlan({
      ...vitB,
      totalSteps: 62_501,
      layers: [{ ...first, name: "stem", colour: "blue" }, ...others],
      stages: "four",
      phases: vitB.phases.slice(0, -1),
    })),
    [
      "totalSteps: found 62501, wanted 62500, which follows from config",
      'layers[0].name: found "stem", wanted "patch_embed", which follows from config',
      'layers[0].colour: found "blue", wanted nothing, which follows from config',
      'stages: found "four", wanted a list of 4 items, which follows from config',
      "phases[12]: found nothing, wanted an object with index, from, to, " +
      "frozenLayers, trainableLayers, liveStages, which follows from config",
    ],
  );
});

Deno.test("decodePlan() forgives rounding of powers, not of steps", () => {
  const nudged = { ...vitB.unfrozen, initialRate: 1.6e-3 * (1 + 2 ** -52) };
  deepStrictEqual(right(decodePlan({ ...vitB, unfrozen: nudged })), vitB);
  const wrong = { ...vitB.unfrozen, initialRate: 1.6e-3 * (1 + 1e-9) };
  strictEqual(faultsOf(decodePlan({ ...vitB, unfrozen: wrong })).length, 1);
  const totalSteps = 62_500 * (1 + 2 ** -52);
  strictEqual(faultsOf(decodePlan({ ...vitB, totalSteps })).length, 1);
});

Deno.test("decodePlan() checks version, form and configuration first", () => {
  const freeze = { ...vitB.config.freeze, t0: 0 };
  deepStrictEqual(
    faultsOf(decodePlan({
      ...vitB,
      version: 2,
      config: { ...vitB.config, freeze },
      layer: [],
    })),
    [
      "version: found 2, wanted 1",
      "config.freeze.t0: found 0, wanted a number in (0, 1]",
      'layer: found [], wanted no such field; the nearest is "layers"',
    ],
  );
  strictEqual(faultsOf(decodePlan(null)).length, 1);
});
