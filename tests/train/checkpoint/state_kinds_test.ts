import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { averageName } from "../../../core/mod.ts";
import { readSnapshot } from "../../../train/checkpoint/checkpoint_files.ts";
import { decodeSafetensors } from "../../../train/files/safetensors.ts";
import type { Snapshot } from "../../../train/engine/state.ts";
import type { RunFile } from "../../../train/checkpoint/layout.ts";
import { writeCheckpoint } from "../../../train/checkpoint/write_checkpoint.ts";
import { inFolder } from "../temporary_folder.ts";
import { tinyRun, trained } from "../tiny_run.ts";

const SHAPE = [2];

/** A training of one normalised layer whose means are kept. */
const TRAINING = {
  ...tinyRun(),
  task: "toy",
  config: { seed: 1 },
  constants: new Map([["table", {
    shape: SHAPE,
    data: Float32Array.of(8, 9),
  }]]),
  stateShapes: () => ({
    parameters: [{ name: "bn1.weight", shape: SHAPE }],
    optimizer: [{ name: "momentum_buffer/bn1.weight", shape: SHAPE }],
    statistics: [{ name: "bn1.running_mean", shape: SHAPE }],
    averages: [{ name: averageName("bn1.weight"), shape: SHAPE }],
  }),
};

const STATE: Snapshot = {
  step: 3,
  skipped: 1,
  parameters: new Map([["bn1.weight", Float32Array.of(1, 2)]]),
  optimizer: new Map([["momentum_buffer/bn1.weight", Float32Array.of(3, 4)]]),
  statistics: new Map([["bn1.running_mean", Float32Array.of(5, 6)]]),
  averages: new Map([[averageName("bn1.weight"), Float32Array.of(7, 8)]]),
};

async function namesIn(path: string): Promise<readonly string[]> {
  const file = decodeSafetensors(await Deno.readFile(path));
  if (file._tag === "Left") throw new Error(file.left.reason);
  return [...file.right.tensors.keys()];
}

Deno.test("writeCheckpoint() keeps every kind of state, statistics beside the parameters and means under their names", () =>
  inFolder(async (folder) => {
    const path = trained(await writeCheckpoint(folder, TRAINING, STATE));
    const names = (file: string) => namesIn(join(path, `${file}.safetensors`));
    deepStrictEqual(await names("model"), [
      "bn1.weight",
      "bn1.running_mean",
      "table",
    ]);
    deepStrictEqual(await names("optimizer"), ["momentum_buffer/bn1.weight"]);
    deepStrictEqual(await names("averages"), ["bn1.weight"]);
    const file: RunFile = JSON.parse(
      await Deno.readTextFile(join(path, "run.json")),
    );
    deepStrictEqual(file, {
      version: 3,
      task: "toy",
      step: 3,
      totalSteps: 12,
      skipped: 1,
      config: { seed: 1 },
    });
    const read = await readSnapshot(path, TRAINING, { file, digests: null });
    deepStrictEqual(read, { _tag: "Right", right: STATE });
  }));

Deno.test("readSnapshot() refuses a checkpoint whose file of means is not there", () =>
  inFolder(async (folder) => {
    const path = trained(await writeCheckpoint(folder, TRAINING, STATE));
    await Deno.remove(join(path, "averages.safetensors"));
    const file: RunFile = JSON.parse(
      await Deno.readTextFile(join(path, "run.json")),
    );
    const read = await readSnapshot(path, TRAINING, { file, digests: null });
    strictEqual(read._tag, "Left");
    match(read._tag === "Left" ? read.left.path : "", /averages\.safetensors/);
  }));
