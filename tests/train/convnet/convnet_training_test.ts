import {
  deepStrictEqual,
  notDeepStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import {
  convNetTensors,
  FREEZEOUT_ADAMW,
  phaseAt,
  right as success,
} from "../../../core/mod.ts";
import { referenceBackend } from "../../../backends/mod.ts";
import {
  compileConvNetScores,
  convNetError,
  convNetIdentity,
  convNetTargets,
  convNetTraining,
  decodeTraining,
  encodeTraining,
  learningParameters,
  orThrow,
} from "../../../train/mod.ts";
import { onDevices } from "../devices.ts";
import {
  CLASSES,
  CONFIG,
  inputsOn,
  pictures,
  stepped,
} from "./tiny_convnet.ts";

await onDevices(
  ["cpu", "wasm", "onnx on one thread"],
  "convNetTraining() takes the reference's steps, across freezes",
  async (backend) => {
    const before = backend.liveTensors();
    const ours = convNetTraining(inputsOn(backend));
    const wanted = convNetTraining(inputsOn(referenceBackend()));
    const [found, told] = [await stepped(ours, 6), await stepped(wanted, 6)];
    deepStrictEqual(found.map((r) => r.frozenLayers), [0, 0, 0, 1, 1, 2]);
    found.forEach(({ loss, rates }, i) => {
      // Rates of 0.1 / 0.216 let float32's rounding grow from step to step.
      ok(Math.abs(loss - told[i]!.loss) < 1e-3 * Math.max(1, loss), `${i}`);
      deepStrictEqual(rates, told[i]!.rates);
    });
    [ours, wanted].forEach((training) => training.dispose());
    strictEqual(backend.liveTensors(), before);
  },
);

await onDevices(
  ["onnx on one thread"],
  "convNetTraining() that goes on from a file takes the same steps, bit for bit",
  async (backend) => {
    for (
      const config of [
        CONFIG,
        {
          ...CONFIG,
          optimizer: FREEZEOUT_ADAMW.optimizer,
          rate: { ...CONFIG.rate, baseRate: FREEZEOUT_ADAMW.baseRate },
        },
      ]
    ) {
      const inputs = inputsOn(backend, config);
      const whole = convNetTraining(inputs);
      await stepped(whole, 7);
      const wanted = orThrow(await whole.snapshot());
      const first = convNetTraining(inputs);
      await stepped(first, 4);
      const identity = convNetIdentity(inputs);
      const file = encodeTraining(identity, orThrow(await first.snapshot()));
      const start = decodeTraining(identity, file);
      if (start._tag === "Left") throw new Error(start.left.reason);
      const second = convNetTraining({ ...inputs, start: start.right });
      await stepped(second, 7);
      deepStrictEqual(orThrow(await second.snapshot()), wanted);
      [whole, first, second].forEach((training) => training.dispose());
    }
  },
);

await onDevices(
  ["onnx on one thread"],
  "convNetTraining() leaves everything of a frozen layer as it is, and drops its moments",
  async (backend) => {
    const inputs = inputsOn(backend);
    const training = convNetTraining(inputs);
    await stepped(training, 6);
    const { tensors: before } = orThrow(await training.snapshot());
    await stepped(training, 8);
    const { tensors: after } = orThrow(await training.snapshot());
    training.dispose();
    const { parameters, statistics } = convNetTensors(CONFIG.model);
    const phase = phaseAt(inputs.plan)(6);
    strictEqual(phase.frozenLayers, 2);
    for (const { name, layer } of [...parameters, ...statistics]) {
      const same = layer < phase.frozenLayers
        ? deepStrictEqual
        : notDeepStrictEqual;
      // Layer 2 still learns in step 6.
      same(after.get(name), before.get(name), name);
    }
    const moving = learningParameters(inputs, phaseAt(inputs.plan)(7));
    deepStrictEqual(
      [...after.keys()].filter((name) => name.includes("/")).toSorted(),
      moving.map(({ name }) => `momentum_buffer/${name}`).toSorted(),
    );
  },
);

await onDevices(
  ["onnx on one thread"],
  "convNetTraining() learns what convNetError() then finds by running statistics",
  async (backend) => {
    const inputs = inputsOn(backend, {
      ...CONFIG,
      rate: { ...CONFIG.rate, baseRate: 0.02 },
      training: { ...CONFIG.training, epochs: 20 },
    });
    const training = convNetTraining(inputs);
    const scores = orThrow(
      await compileConvNetScores(backend, CONFIG.model, 5),
    );
    const errorNow = async () =>
      orThrow(
        await convNetError(
          backend,
          scores,
          training.tensors(),
          (async function* () {
            yield success(pictures(Int32Array.of(24, 25, 26, 27, 28)));
            yield success(pictures(Int32Array.of(29, 30, 31)));
          })(),
          CLASSES,
        ),
      );
    const untrained = await errorNow();
    const reports = await stepped(training, 120);
    ok(untrained >= 0.5, `${untrained}`);
    strictEqual(await errorNow(), 0);
    ok(reports.at(-1)!.loss < 0.2 * reports[0]!.loss);
    scores.dispose();
    training.dispose();
  },
);

Deno.test("convNetTargets() is one where the class is, and refuses images without one", () => {
  const batch = pictures(Int32Array.of(2, 0));
  const { targets } = orThrow(convNetTargets(batch, CLASSES));
  deepStrictEqual(Array.from(targets!.data), [0, 0, 1, 1, 0, 0]);
  for (
    const labels of [null, Int32Array.of(0, 3), Int32Array.of(-1, 0)]
  ) {
    const refused = convNetTargets({ ...batch, labels }, CLASSES);
    strictEqual(refused._tag === "Left" && refused.left._tag, "BadConfig");
  }
});
