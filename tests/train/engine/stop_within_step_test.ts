import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import type { Backend } from "../../../backends/mod.ts";
import type { BatchSource } from "../../../train/mod.ts";
import { readCheckpoint } from "../../../train/checkpoint/read_checkpoint.ts";
import { readMetrics } from "../../../train/run/metrics_record.ts";
import { onDevices } from "../devices.ts";
import { inFolder } from "../temporary_folder.ts";
import {
  keptSteps,
  newRunFolder,
  startTiny,
  syntheticBatches,
  takeSteps,
  TINY_CONFIG,
  type TinyRun,
  tinyRun,
  trained,
} from "../tiny_run.ts";

/** Two steps an epoch, of three micro-batches each. */
const RUN = tinyRun({ training: { ...TINY_CONFIG.training, accumIter: 3 } });

const RARELY = {
  everySteps: null,
  everyMinutes: null,
  keepLast: 2,
  keepAtFreeze: false,
};

/** The batches of a run; before one of them is handed out, something happens. */
const batchesWith = (
  { config }: TinyRun,
  at: number,
  happens: () => void,
): BatchSource => {
  let count = 0;
  return async function* (epoch, from) {
    for await (const batch of syntheticBatches(config)(epoch, from)) {
      if (count++ === at) happens();
      yield batch;
    }
  };
};

/** Takes the steps of a run that is stopped before a micro-batch; gives its folder's state. */
async function stoppedBefore(backend: Backend, path: string, batch: number) {
  const stop = new AbortController();
  using folder = trained(await newRunFolder(path, RUN, RARELY));
  const batches = batchesWith(RUN, batch, () => stop.abort());
  const { signal } = stop;
  const kept = keptSteps(
    backend,
    RUN,
    { folder, policy: RARELY },
    { batches, signal },
  );
  for await (const taken of kept) trained(taken);
  return folder.newest();
}

await onDevices(
  ["reference", "reference in line", "wasm", "webgpu", "onnx"],
  "checkpointHook() of a training that is aborted within a step saves the steps before it, from which the run ends as if it had not been",
  (backend) =>
    inFolder(async (path) => {
      const before = backend.liveTensors();
      const newest = await stoppedBefore(backend, path, 4);
      strictEqual(newest, join(path, "checkpoints", "step-000000001"));
      strictEqual(backend.liveTensors(), before);
      const record = trained(await readMetrics(join(path, "metrics.jsonl")));
      deepStrictEqual(record.map(({ step }) => step), [0]);

      const start = trained(await readCheckpoint(newest, RUN));
      const [rest, whole] = [
        startTiny(backend, RUN, start),
        startTiny(backend, RUN),
      ];
      await Promise.all([takeSteps(rest), takeSteps(whole)]);
      deepStrictEqual(
        trained(await rest.snapshot()),
        trained(await whole.snapshot()),
      );
      [rest, whole].forEach((run) => run.dispose());
    }),
);

await onDevices(
  ["reference", "reference in line"],
  "checkpointHook() of a training that is aborted within its first step has nothing to save",
  (backend) =>
    inFolder(async (path) => {
      strictEqual(await stoppedBefore(backend, path, 1), null);
      deepStrictEqual(await readMetrics(join(path, "metrics.jsonl")), {
        _tag: "Right",
        right: [],
      });
    }),
);
