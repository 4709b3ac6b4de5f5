import {
  deepStrictEqual,
  match,
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
  type BatchSource,
  compileConvNetScores,
  convNetError,
  convNetTask,
  orThrow,
  trainingParts,
} from "../../../train/mod.ts";
import { convNetTargets } from "../../../train/tasks/convnet.ts";
import { decodeTraining } from "../../../train/run/training_file.ts";
import { joinedParts } from "../../../train/files/safetensors.ts";
import { onDevices } from "../devices.ts";
import {
  CLASSES,
  CONFIG,
  inputsOn,
  pictures,
  started,
  stepped,
} from "./tiny_convnet.ts";

await onDevices(
  ["cpu", "wasm", "webgpu", "onnx on one thread"],
  "training of a convolutional network takes the reference's steps, across freezes",
  async (backend) => {
    const before = backend.liveTensors();
    const ours = started(inputsOn(backend));
    const wanted = started(inputsOn(referenceBackend()));
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
  ["webgpu", "onnx on one thread"],
  "training of a convolutional network that goes on from a file takes the same steps, bit for bit",
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
      const whole = started(inputs);
      await stepped(whole, 7);
      const wanted = orThrow(await whole.snapshot());
      const first = started(inputs);
      await stepped(first, 4);
      const task = convNetTask(inputs);
      const snapshot = orThrow(await first.snapshot());
      const file = joinedParts(trainingParts(task, { snapshot }));
      const read = decodeTraining(task, file);
      if (read._tag === "Left") throw new Error(read.left.reason);
      const second = started({ ...inputs, start: read.right.snapshot });
      await stepped(second, 7);
      deepStrictEqual(orThrow(await second.snapshot()), wanted);
      [whole, first, second].forEach((training) => training.dispose());
    }
  },
);

await onDevices(
  ["webgpu", "onnx on one thread"],
  "training of a convolutional network leaves everything of a frozen layer as it is, and drops its moments",
  async (backend) => {
    const inputs = inputsOn(backend);
    const training = started(inputs);
    await stepped(training, 6);
    const before = orThrow(await training.snapshot());
    await stepped(training, 8);
    const after = orThrow(await training.snapshot());
    training.dispose();
    const { parameters, statistics } = convNetTensors(CONFIG.model);
    const phase = phaseAt(inputs.plan)(6);
    strictEqual(phase.frozenLayers, 2);
    for (const { name, owner: layer } of [...parameters, ...statistics]) {
      const same = layer < phase.frozenLayers
        ? deepStrictEqual
        : notDeepStrictEqual;
      // Layer 2 still learns in step 6.
      const [now, then] = [after, before].map((state) =>
        state.parameters.get(name) ?? state.statistics.get(name)
      );
      same(now, then, name);
    }
    const moving = convNetTask(inputs).trainable(phaseAt(inputs.plan)(7));
    deepStrictEqual(
      [...after.optimizer.keys()].toSorted(),
      moving.map(({ name }) => `momentum_buffer/${name}`).toSorted(),
    );
  },
);

await onDevices(
  ["onnx on one thread"],
  "training of a convolutional network learns what convNetError() then finds by running statistics",
  async (backend) => {
    const inputs = inputsOn(backend, {
      ...CONFIG,
      rate: { ...CONFIG.rate, baseRate: 0.02 },
      training: { ...CONFIG.training, epochs: 20 },
    });
    const training = started(inputs);
    const scores = orThrow(
      await compileConvNetScores(backend, CONFIG.model, 5),
    );
    const errorNow = async () =>
      orThrow(
        await convNetError(
          backend,
          scores,
          new Map([...training.parameters(), ...training.state().statistics]),
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

await onDevices(
  ["cpu", "webgpu"],
  "training of a convolutional network skips a step whose running statistics leave float32: nothing moves, statistics neither",
  async (backend) => {
    const inputs = inputsOn(backend);
    const batches: BatchSource = async function* (epoch, from) {
      let place = from;
      for await (const batch of inputs.batches(epoch, from)) {
        const isBad = epoch === 0 && place++ === 2 && batch._tag === "Right";
        yield isBad
          ? success({
            ...batch.right,
            images: batch.right.images.map(() => 1e30),
          })
          : batch;
      }
    };
    const training = started({ ...inputs, batches, skipNonFinite: 1 });
    await stepped(training, 2);
    const before = orThrow(await training.snapshot());
    const [report] = await stepped(training, 3);
    match(report?.skipped ?? "", /^the running statistics .* are not finite/);
    const after = orThrow(await training.snapshot());
    deepStrictEqual(after, { ...before, step: 3, skipped: 1 });
    await stepped(training, 5);
    training.dispose();
  },
);
