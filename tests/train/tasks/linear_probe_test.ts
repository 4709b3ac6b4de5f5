import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  epochOrder,
  left,
  normals,
  PROBE_NAMES,
  PROBE_RECIPE,
  type ProbeConfig,
  probePlan,
  probeShapes,
  type Result,
  right as success,
  rootKey,
  split,
} from "../../../core/mod.ts";
import type { Backend } from "../../../backends/mod.ts";
import { referenceBackend } from "../../../backends/mod.ts";
import {
  describeTrainError,
  type EpochFeatures,
  initialProbe,
  type LabelledFeatures,
  orThrow,
  probeAccuracy,
  probeBatches,
  probeTask,
  type Snapshot,
  type StepReport,
  train,
  type TrainError,
  type Training,
} from "../../../train/mod.ts";
import { probeScores } from "../../../train/evaluate/probe_accuracy.ts";
import { largestDifference } from "../../golden_files.ts";
import { onDevices } from "../devices.ts";
import { withTorch } from "../weights/pytorch.ts";

const CONFIG: ProbeConfig = {
  ...PROBE_RECIPE,
  width: 6,
  classes: 3,
  epochs: 3,
  warmupEpochs: 0.5,
  batchSize: 8,
  baseRate: 60,
  optimizer: { ...PROBE_RECIPE.optimizer, weightDecay: 0.01 },
  seed: 5,
};

const SAMPLES = 20;

/** Three clouds of points; another draw in every epoch, as augmentation would give. */
function cloud(epoch: number, count = SAMPLES): LabelledFeatures {
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  const noise = normals(split(rootKey(9), epoch), count * 6);
  const features = Float32Array.from(noise, (z, i) => {
    const label = labels[Math.floor(i / 6)]!;
    return 3 + 0.5 * z + (i % 6 === label ? 2 : 0);
  });
  return { features, width: 6, labels };
}

const features: EpochFeatures = (epoch) =>
  Promise.resolve(success(cloud(epoch)));

const started = (
  backend: Backend,
  start: Snapshot = initialProbe(CONFIG),
  of: EpochFeatures = features,
  config: ProbeConfig = CONFIG,
): Training =>
  train(probeTask({ config, plan: orThrow(probePlan(config, SAMPLES)) }), {
    ...{ backend, start },
    batches: probeBatches({ config, samples: SAMPLES, features: of }),
  });

/** Takes up to `count` further steps. */
async function take(
  probe: Training,
  count = Infinity,
): Promise<readonly StepReport[]> {
  const reports: StepReport[] = [];
  if (count === 0) return reports;
  for await (const report of probe) {
    if (reports.push(orThrow(report)) === count) break;
  }
  return reports;
}

await onDevices(
  ["reference", "cpu", "wasm", "webgpu"],
  "linear probing learns to tell clouds of points apart and leaves nothing on the device",
  async (backend) => {
    const before = backend.liveTensors();
    const config = { ...CONFIG, epochs: 40, baseRate: 1000 };
    const start = initialProbe(config);
    const probe = started(backend, start, features, config);
    const reports = await take(probe);
    deepStrictEqual(
      reports.map(({ step }) => step),
      Array.from({ length: 80 }, (_, i) => i),
    );
    deepStrictEqual(
      reports.map(({ epoch }) => epoch),
      reports.map(({ step }) => step >> 1),
    );
    const trained = orThrow(await probe.snapshot());
    probe.dispose();
    const evaluated = cloud(77, 300);
    const { top1, top5 } = orThrow(
      await probeAccuracy(backend, config, trained, evaluated),
    );
    ok(top1 > 0.9, `top-1 ${top1}`);
    strictEqual(top5, 1);
    strictEqual(backend.liveTensors(), before);
  },
);

Deno.test("linear probing that was stopped after any step goes on to the same numbers, bit for bit", async () => {
  const backend = referenceBackend();
  const whole = started(backend);
  const reports = await take(whole);
  const end = orThrow(await whole.snapshot());
  for (const stop of [0, 1, 2, 5]) {
    const first = started(backend);
    const before = await take(first, stop);
    const middle = orThrow(await first.snapshot());
    first.dispose();
    strictEqual(middle.step, stop);
    const rest = started(backend, middle);
    const timeless = (report: StepReport) => ({
      ...report,
      milliseconds: null,
    });
    deepStrictEqual(
      [...before, ...await take(rest)].map(timeless),
      reports.map(timeless),
    );
    deepStrictEqual(orThrow(await rest.snapshot()), end);
    rest.dispose();
  }
  whole.dispose();
});

Deno.test("linear probing passes errors of the features on and refuses those of another kind", async () => {
  const error: TrainError = { _tag: "FileFailed", path: "x", reason: "gone" };
  const first = async (of: () => Result<TrainError, LabelledFeatures>) => {
    const probe = started(
      referenceBackend(),
      initialProbe(CONFIG),
      () => Promise.resolve(of()),
    );
    const found = [];
    for await (const report of probe) found.push(report);
    probe.dispose();
    strictEqual(found.length, 1);
    return found[0]!;
  };
  deepStrictEqual(await first(() => left(error)), left(error));
  const faultOf = async (data: LabelledFeatures) => {
    const report = await first(() => success(data));
    if (report._tag === "Right" || report.left._tag !== "BadConfig") {
      return report;
    }
    const [{ path, found }] = report.left.faults;
    return [path, found];
  };
  const good = cloud(0);
  deepStrictEqual(await faultOf({ ...good, width: 5 }), ["width", 5]);
  deepStrictEqual(await faultOf(cloud(0, 19)), ["samples", 19]);
  deepStrictEqual(
    await faultOf({ ...good, labels: good.labels.map(() => -1) }),
    ["labels", -1],
  );
});

Deno.test("linear probing stops before a loss that is not finite, with the tensors as they were", async () => {
  const poisoned = cloud(1);
  poisoned.features.fill(NaN);
  const probe = started(
    referenceBackend(),
    initialProbe(CONFIG),
    (epoch) => Promise.resolve(success(epoch === 1 ? poisoned : cloud(epoch))),
  );
  const found = [];
  for await (const report of probe) found.push(report);
  strictEqual(found.length, 3);
  const first = epochOrder(CONFIG.seed, 1, SAMPLES)[0];
  deepStrictEqual(
    found[2],
    left({
      _tag: "NonFiniteLoss",
      step: 2,
      stageLosses: {},
      origin: {
        stage: null,
        first: { kind: "images", name: String(first), part: "" },
      },
    }),
  );
  strictEqual(orThrow(await probe.snapshot()).step, 2);
  probe.dispose();
});

Deno.test("probePlan() refuses a configuration with every fault", () => {
  const config = {
    ...CONFIG,
    classes: 1,
    epochs: 1,
    warmupEpochs: 1,
    batchSize: 21,
    baseRate: NaN,
  };
  const refused = probePlan(config, 20);
  deepStrictEqual(
    refused._tag === "Left" && refused.left.map(({ path }) => path),
    ["classes", "warmupEpochs", "batchSize", "baseRate"],
  );
});

Deno.test("initialProbe() starts with small weights, no bias and statistics of nothing seen", () => {
  const { step, parameters, statistics, optimizer } = initialProbe({
    ...CONFIG,
    width: 500,
  });
  strictEqual(step, 0);
  const weight = parameters.get(PROBE_NAMES.weight)!;
  const deviation = Math.sqrt(
    weight.reduce((sum, w) => sum + w * w, 0) / weight.length,
  );
  ok(Math.abs(deviation - 0.01) < 0.001);
  ok(statistics.get(PROBE_NAMES.variance)!.every((v) => v === 1));
  ok(parameters.get(PROBE_NAMES.bias)!.every((v) => v === 0));
  deepStrictEqual(
    [parameters, statistics, optimizer].flatMap((kind) => [...kind.keys()]),
    Object.keys(probeShapes(CONFIG)),
  );
});

/** MAE's linear probing in PyTorch: BatchNorm1d, Linear, LARS, cosine. */
const TORCH_PROBE = `
import json, math, sys, torch
given = json.load(open(sys.argv[1]))
c = given["config"]
norm = torch.nn.BatchNorm1d(c["width"], affine=False, eps=1e-6).double()
head = torch.nn.Linear(c["width"], c["classes"]).double()
head.weight.data = torch.tensor(given["weight"], dtype=torch.float64).reshape(head.weight.shape)
head.bias.data.zero_()
momenta = [torch.zeros_like(p) for p in head.parameters()]
peak, warm, total = c["baseRate"] * c["batchSize"] / 256, c["warmupEpochs"] * given["stepsPerEpoch"], given["totalSteps"]
losses = []
for step, batch in enumerate(given["batches"]):
    x = torch.tensor(batch["features"], dtype=torch.float64).reshape(-1, c["width"])
    y = torch.tensor(batch["labels"])
    rate = peak * step / warm if step < warm else peak * 0.5 * (1 + math.cos(math.pi * (step - warm) / (total - warm)))
    loss = torch.nn.functional.cross_entropy(head(norm(x)), y)
    head.zero_grad()
    loss.backward()
    losses.append(loss.item())
    with torch.no_grad():
        for p, m in zip(head.parameters(), momenta):
            d = p.grad
            if p.ndim > 1:
                d = d + c["optimizer"]["weightDecay"] * p
                sizes = p.norm(), d.norm()
                d = d * (c["optimizer"]["trust"] * sizes[0] / sizes[1] if sizes[0] > 0 and sizes[1] > 0 else 1.0)
            m.mul_(c["optimizer"]["momentum"]).add_(d)
            p.sub_(rate * m)
norm.eval()
test = torch.tensor(given["test"], dtype=torch.float64).reshape(-1, c["width"])
with torch.no_grad():
    scores = head(norm(test))
print(json.dumps({"losses": losses, "weight": head.weight.reshape(-1).tolist(), "mean": norm.running_mean.tolist(), "variance": norm.running_var.tolist(), "scores": scores.reshape(-1).tolist()}))
`;

withTorch(
  "linear probing takes the steps of MAE's linear probing in PyTorch, and scores alike",
  async (run) => {
    const start = initialProbe(CONFIG);
    const batches = [0, 1, 2].flatMap((epoch) => {
      const order = epochOrder(CONFIG.seed, epoch, SAMPLES);
      const all = cloud(epoch);
      return [0, 8].map((from) => {
        const indices = [...order.subarray(from, from + 8)];
        return {
          features: indices.flatMap((
            i,
          ) => [...all.features.subarray(i * 6, i * 6 + 6)]),
          labels: indices.map((i) => all.labels[i]),
        };
      });
    });
    const test = cloud(8, 1030);
    const path = await Deno.makeTempFile();
    await Deno.writeTextFile(
      path,
      JSON.stringify({
        config: CONFIG,
        weight: [...start.parameters.get(PROBE_NAMES.weight)!],
        stepsPerEpoch: 2,
        totalSteps: 6,
        batches,
        test: [...test.features],
      }),
    );
    const wanted = JSON.parse(await run(TORCH_PROBE, path));
    await Deno.remove(path);
    const backend = referenceBackend();
    const probe = started(backend);
    const reports = await take(probe);
    const trained = orThrow(await probe.snapshot());
    probe.dispose();
    const scores = orThrow(await probeScores(backend, CONFIG, trained, test));
    const { parameters, statistics } = trained;
    const errors = [
      largestDifference(reports.map(({ loss }) => loss), wanted.losses),
      largestDifference(parameters.get(PROBE_NAMES.weight), wanted.weight),
      largestDifference(statistics.get(PROBE_NAMES.mean), wanted.mean),
      largestDifference(statistics.get(PROBE_NAMES.variance), wanted.variance),
      largestDifference(scores, wanted.scores),
    ];
    ok(errors.every((error) => error < 1e-5), `off by ${errors}`);
  },
);

Deno.test("describeTrainError() of a probe's loss names no stage", () => {
  const error = { _tag: "NonFiniteLoss", step: 2, stageLosses: {} } as const;
  strictEqual(
    describeTrainError(error),
    "Stopped at step 2: the loss is not finite",
  );
});
