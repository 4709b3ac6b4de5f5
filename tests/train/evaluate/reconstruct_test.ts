import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  initialSnapshot,
  pretraining,
  reconstruct,
} from "../../../train/mod.ts";
import { onDevices } from "../devices.ts";
import {
  startTiny,
  syntheticBatch,
  syntheticBatches,
  takeSteps,
  TINY_MODEL,
  tinyRun,
  trained,
} from "../tiny_run.ts";

const RUN = tinyRun();

await onDevices(
  ["cpu", "wasm", "webgpu", "onnx"],
  "reconstruct() shows every stage, and its masked error is the loss of that stage",
  async (backend) => {
    const before = backend.liveTensors();
    const first = syntheticBatches(RUN.config)(0, 0);
    const training = startTiny(backend, RUN);
    const parameters = training.parameters();
    for await (const batch of first) {
      if (batch._tag === "Left") throw new Error("never");
      const made = trained(
        await reconstruct(backend, TINY_MODEL, parameters, batch.right, {
          seed: RUN.config.training.seed,
          epoch: 0,
        }),
      );
      deepStrictEqual(
        made.stages.map(({ index, cells, target, prediction }) => [
          index,
          cells,
          target.length,
          prediction.length,
        ]),
        [16, 8, 4, 2].map((cells, index) => {
          const numbers = 2 * cells ** 2 * 4;
          return [index, cells, numbers, numbers];
        }),
      );
      const [report] = await takeSteps(training, 1);
      const { target = [], prediction = [] } = made.stages[2] ?? {};
      const hidden = [...made.patchMask].flatMap((value, patch) =>
        value === 1 ? [patch] : []
      );
      const error = hidden.reduce((sum, patch) => {
        const cell = [0, 1, 2, 3].map((bin) => 4 * patch + bin);
        return sum + cell.reduce(
          (part, i) =>
            part + ((prediction[i] ?? NaN) - (target[i] ?? NaN)) ** 2 / 4,
          0,
        );
      }, 0);
      const loss = report?.stageLosses[2] ?? NaN;
      ok(Math.abs(error / hidden.length - loss) < 1e-6, `${loss}`);
      break;
    }
    training.dispose();
    strictEqual(backend.liveTensors(), before);
  },
);

await onDevices(
  ["cpu"],
  "reconstruct() names a parameter that is missing",
  async (backend) => {
    const run = pretraining({
      ...RUN,
      backend,
      start: initialSnapshot(RUN.config, RUN.plan),
      batches: syntheticBatches(RUN.config),
    });
    const { images } = syntheticBatch(TINY_MODEL, Int32Array.of(0, 1));
    const parameters = new Map(run.parameters());
    parameters.delete("norm.0.bias");
    const made = await reconstruct(backend, TINY_MODEL, parameters, {
      images,
      indices: Int32Array.of(0, 1),
    }, { seed: 0, epoch: 0 });
    run.dispose();
    deepStrictEqual(
      made._tag === "Left" && made.left._tag === "BackendFailed" &&
        made.left.error._tag === "WrongInput" && made.left.error.name,
      "norm.0.bias",
    );
  },
);
