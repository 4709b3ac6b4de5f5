import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  normals,
  PROBE_RECIPE,
  type ProbeConfig,
  probePlan,
  rootKey,
  split,
} from "../../../core/mod.ts";
import { referenceBackend } from "../../../backends/mod.ts";
import {
  chosenRate,
  type EpochFeatures,
  initialProbe,
  type LabelledFeatures,
  mostFrequentShare,
  orThrow,
  probeAccuracy,
  probeBatches,
  probeTask,
  sweepProbe,
  train,
} from "../../../train/mod.ts";
import type { SweptRate } from "../../../train/evaluate/probe_sweep.ts";
import { onDevices } from "../devices.ts";

const WIDTH = 6;

/** Three clouds that a plane parts; the first class has six in ten of all samples. */
function skewed(seed: number, count: number): LabelledFeatures {
  const labels = Int32Array.from(
    { length: count },
    (_, i) => i % 10 < 6 ? 0 : 1 + i % 2,
  );
  const noise = normals(split(rootKey(9), seed), count * WIDTH);
  const features = Float32Array.from(noise, (z, i) => {
    const label = labels[Math.floor(i / WIDTH)]!;
    return 3 + 0.3 * z + (i % WIDTH === label ? 2 : 0);
  });
  return { features, width: WIDTH, labels };
}

const CONFIG: ProbeConfig = {
  ...PROBE_RECIPE,
  width: WIDTH,
  classes: 3,
  epochs: 90,
  warmupEpochs: 10,
  batchSize: 100,
};

/** What a probe with a rate finds among other samples. */
async function accuracyAt(
  baseRate: number,
  backend = referenceBackend(),
): Promise<number> {
  const config = { ...CONFIG, baseRate };
  const learned = skewed(0, 100);
  const features: EpochFeatures = () =>
    Promise.resolve({ _tag: "Right", right: learned });
  const plan = orThrow(probePlan(config, 100));
  const probe = train(probeTask({ config, plan }), {
    ...{ backend, start: initialProbe(config) },
    batches: probeBatches({ config, samples: 100, features }),
  });
  for await (const report of probe) orThrow(report);
  const trained = orThrow(await probe.snapshot());
  probe.dispose();
  const evaluated = skewed(1, 500);
  return orThrow(await probeAccuracy(backend, config, trained, evaluated)).top1;
}

await onDevices(
  ["reference", "cpu", "wasm", "webgpu"],
  "sweepProbe() chooses a rate that beats the share of the most frequent class in ninety steps, where the recipe's does not",
  async (backend) => {
    const before = backend.liveTensors();
    const features = skewed(0, 100);
    const sweep = orThrow(
      await sweepProbe({ config: CONFIG, backend, features }),
    );
    strictEqual(sweep.heldOut, 20);
    const chosen = chosenRate(sweep);
    const share = mostFrequentShare(skewed(1, 500).labels);
    strictEqual(share, 0.6);
    ok(await accuracyAt(CONFIG.baseRate, backend) <= share);
    const found = await accuracyAt(chosen?.baseRate ?? NaN, backend);
    ok(found > 0.95, `${found} at ${chosen?.baseRate}`);
    strictEqual(backend.liveTensors(), before);
  },
);

Deno.test("sweepProbe() gives each rate what it has by itself: another that diverges changes nothing", async () => {
  const inputs = {
    config: CONFIG,
    backend: referenceBackend(),
    features: skewed(2, 60),
  };
  const rates = [0.1, 3, 30];
  const alone: SweptRate[] = [];
  for (const rate of rates) {
    const one = orThrow(await sweepProbe({ ...inputs, rates: [rate] }));
    alone.push(...one.rates);
  }
  const together = orThrow(
    await sweepProbe({ ...inputs, rates: [...rates, 1e30] }),
  );
  deepStrictEqual(together.rates.slice(0, 3), alone);
  strictEqual(together.rates[3]?.diverged, true);
});

Deno.test("sweepProbe() holds nothing out where every class has one sample, and stops when asked", async () => {
  const inputs = { config: CONFIG, backend: referenceBackend() };
  const single = skewed(0, 60);
  const one = {
    features: single.features.slice(0, 3 * WIDTH),
    width: WIDTH,
    labels: Int32Array.of(0, 1, 2),
  };
  const none = orThrow(await sweepProbe({ ...inputs, features: one }));
  deepStrictEqual(none, { heldOut: 0, rates: [] });
  strictEqual(chosenRate(none), null);
  const stop = new AbortController();
  const seen: number[] = [];
  const stopped = await sweepProbe({ ...inputs, features: single }, {
    signal: stop.signal,
    onProgress: (done) => {
      seen.push(done);
      if (done === 3) stop.abort();
    },
  });
  deepStrictEqual(stopped, { _tag: "Left", left: { _tag: "Stopped" } });
  deepStrictEqual(seen, [1, 2, 3]);
});

Deno.test("chosenRate() is never beaten on the held-out samples by a rate that did not diverge", () => {
  const rate: fc.Arbitrary<SweptRate> = fc.record({
    baseRate: fc.double({ min: 0, max: 100, noNaN: true }),
    top1: fc.constantFrom(0, 0.25, 0.5, 1),
    loss: fc.constantFrom(0.1, 0.2, 5, NaN),
    diverged: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(rate, { minLength: 1 }), (rates) => {
    const chosen = chosenRate({ heldOut: 1, rates })!;
    const rivals = rates.filter(({ diverged }) =>
      !diverged || rates.every((one) => one.diverged)
    );
    ok(rivals.includes(chosen));
    ok(rivals.every(({ top1 }) => top1 <= chosen.top1));
    ok(
      rivals.every(({ top1, loss }) =>
        top1 < chosen.top1 || !(loss < chosen.loss)
      ),
    );
  }));
});
