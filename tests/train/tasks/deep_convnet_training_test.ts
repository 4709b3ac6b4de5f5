import {
  deepStrictEqual,
  notDeepStrictEqual,
  strictEqual,
} from "node:assert/strict";
import { convNetTensors, phaseAt } from "../../../core/mod.ts";
import { convNetTask, orThrow } from "../../../train/mod.ts";
import { onDevices } from "../devices.ts";
import {
  testRecordedSteps,
  testReferenceSteps,
  TRAININGS,
} from "./deep_convnets.ts";
import { ended, inputsOn, started, stepped } from "./tiny_convnet.ts";

const DEVICES = ["cpu", "wasm", "onnx on one thread"] as const;

await testReferenceSteps(DEVICES);
await testRecordedSteps(DEVICES);

await onDevices(
  ["cpu"],
  "training of a vgg that goes on drops the same values, bit for bit",
  async (backend) => {
    const config = TRAININGS.find(({ model }) => model.family === "vgg")!;
    const inputs = inputsOn(backend, config);
    const whole = started(inputs);
    await stepped(whole, 3);
    const start = orThrow(await whole.snapshot());
    // Into the second epoch.
    await stepped(whole, 8);
    const rest = started({ ...inputs, start });
    await stepped(rest, 8);
    deepStrictEqual(
      orThrow(await rest.snapshot()),
      orThrow(await whole.snapshot()),
    );
    [whole, rest].forEach((training) => training.dispose());
  },
);

for (const config of TRAININGS) {
  await onDevices(
    ["onnx on one thread"],
    `training of a ${config.model.family} leaves everything of a frozen layer as it is, and drops its moments`,
    async (backend) => {
      const inputs = inputsOn(backend, config);
      const training = started(inputs);
      await stepped(training, 6);
      const before = orThrow(await training.snapshot());
      await stepped(training, 7);
      const after = orThrow(await training.snapshot());
      await ended(training);
      const { frozenLayers } = phaseAt(inputs.plan)(6);
      strictEqual(frozenLayers >= 2, true);
      const { parameters, statistics } = convNetTensors(config.model);
      for (const { name, owner: layer } of [...parameters, ...statistics]) {
        const same = layer < frozenLayers
          ? deepStrictEqual
          : notDeepStrictEqual;
        const [now, then] = [after, before].map((state) =>
          state.parameters.get(name) ?? state.statistics.get(name)
        );
        same(now, then, name);
      }
      const moving = convNetTask(inputs).trainable(phaseAt(inputs.plan)(6));
      deepStrictEqual(
        [...after.optimizer.keys()].toSorted(),
        moving.map(({ name }) => `momentum_buffer/${name}`).toSorted(),
      );
    },
  );
}
