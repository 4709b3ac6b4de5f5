import { deepStrictEqual } from "node:assert/strict";
import {
  decodeProbeConfig,
  PROBE_RECIPE,
  type ProbeConfig,
  probePlan,
  ratesAt,
} from "../../../core/mod.ts";
import { faultsOf, right } from "../../right.ts";

const CONFIG: ProbeConfig = {
  ...PROBE_RECIPE,
  batchSize: 8,
  width: 4,
  classes: 3,
};

Deno.test("decodeProbeConfig() reads its own JSON", () => {
  const json = JSON.parse(JSON.stringify(CONFIG));
  deepStrictEqual(right(decodeProbeConfig(20)(json)), CONFIG);
});

Deno.test("decodeProbeConfig() names every fault at once, also of the optimizer and of unknown fields", () => {
  const optimizer = { ...CONFIG.optimizer, trust: 0 };
  const found = decodeProbeConfig(7)({
    ...CONFIG,
    optimizer,
    epochs: 0,
    warmupEpochs: 1,
    epoch: 3,
  });
  deepStrictEqual(faultsOf(found), [
    "epochs: found 0, wanted a whole number of at least 1",
    "warmupEpochs: found 1, wanted a number in [0, 0)",
    "batchSize: found 8, wanted a whole number from 2 to 7, the samples that there are",
    "optimizer.trust: found 0, wanted a number above 0",
    'epoch: found 3, wanted no such field; the nearest is "epochs"',
  ]);
});

Deno.test("probePlan() leaves out samples that fill no batch; its rate is a cosine to 0 after the warm-up", () => {
  const plan = right(probePlan(CONFIG, 20));
  const { totalSteps, warmupSteps, phases } = plan;
  deepStrictEqual([totalSteps, warmupSteps, phases.length], [180, 20, 1]);
  const peak = CONFIG.baseRate * 8 / 256;
  const rates = [0, 10, 20, 100].map((step) => ratesAt(plan)(step).layers[0]!);
  deepStrictEqual(
    rates.map((rate) => (rate / peak).toFixed(6)),
    ["0.000000", "0.500000", "1.000000", "0.500000"],
  );
});
