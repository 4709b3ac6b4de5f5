import fc from "fast-check";
import { ok, strictEqual } from "node:assert/strict";
import {
  calcSpeedup,
  denseNetCosts,
  type FreezeScale,
} from "../../../../core/mod.ts";
import { between } from "../../../arbitraries.ts";

interface Estimate {
  readonly growth: number;
  readonly "n_dense_blocks": number;
  readonly how: FreezeScale;
  readonly "t_0": number;
  readonly speedup: number;
}

const { ["calc_speedup"]: estimates } = JSON.parse(Deno.readTextFileSync(
  new URL("../../../golden/freezeout_orig.json", import.meta.url),
)) as { readonly "calc_speedup": readonly Estimate[] };

Deno.test("calcSpeedup() gives all 45 estimates of FreezeOut 7a0d5f5", () => {
  strictEqual(estimates.length, 45);
  for (const { growth, how, speedup, ...run } of estimates) {
    const costs = denseNetCosts(growth, run.n_dense_blocks);
    const found = calcSpeedup(costs, { t0: run.t_0, scale: how });
    ok(Math.abs(found - speedup) <= 1e-12 * speedup, `${found} vs ${speedup}`);
  }
});

Deno.test("calcSpeedup() does not depend on the unit of cost", () => {
  const costs = fc.array(between(1, 10), { minLength: 1, maxLength: 20 });
  fc.assert(fc.property(costs, between(0.1, 1), (c, t0) => {
    const freeze = { t0, scale: "squared" } as const;
    const [one, two] = [c, c.map((x) => 2 * x)]
      .map((each) => calcSpeedup(each, freeze));
    strictEqual(one, two);
  }));
});

Deno.test("calcSpeedup() is 0 if nothing freezes and falls as t0 rises", () => {
  const scale = fc.constantFrom<FreezeScale[]>("linear", "squared", "cubic");
  fc.assert(fc.property(between(0.1, 1), between(0.1, 1), scale, (a, b, s) => {
    const at = (t0: number): number =>
      calcSpeedup(denseNetCosts(12, 4), { t0, scale: s });
    strictEqual(at(1), 0);
    ok(at(Math.min(a, b)) >= at(Math.max(a, b)) - 1e-12);
  }));
});
