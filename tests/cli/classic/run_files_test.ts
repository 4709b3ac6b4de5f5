import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { openRun, saveRun } from "../../../cli/classic/run_files.ts";
import {
  EMPTY_RECORD,
  type RunRecord,
} from "../../../cli/classic/run_record.ts";
import {
  describeTrainError,
  encodeTraining,
  fileIdentity,
  flatSnapshot,
  orThrow,
  type Snapshot,
  type Training,
  type TrainingIdentity,
} from "../../../train/mod.ts";
import { inFolder } from "../../train/temporary_folder.ts";

const IDENTITY = {
  task: "convnet",
  config: { seed: 1 },
  plan: { totalSteps: 9 },
  training: { epochs: 1, batchSize: 1, accumIter: 1 },
  stateShapes: () => ({
    parameters: [{ name: "w", shape: [2] }],
    ...{ optimizer: [], statistics: [], averages: [] },
  }),
} as unknown as TrainingIdentity;

const SNAPSHOT: Snapshot = {
  step: 3,
  parameters: new Map([["w", Float32Array.of(1, 2)]]),
  optimizer: new Map(),
  statistics: new Map(),
  averages: new Map(),
  skipped: 0,
};

const RECORD: RunRecord = {
  ...EMPTY_RECORD,
  step: 3,
  epochs: [{ epoch: 1, loss: 0.1 + 0.2, error: NaN, frozenLayers: 0 }],
  milliseconds: { 10: [1.5], 2: [3] },
};

const TRAINING = {
  snapshot: () => Promise.resolve({ _tag: "Right", right: SNAPSHOT }),
} as unknown as Training;

const open = (folder: string) => openRun(IDENTITY, SNAPSHOT, folder);

const refusal = async (folder: string): Promise<string> => {
  const opened = await open(folder);
  return opened._tag === "Left" ? describeTrainError(opened.left) : "opened";
};

Deno.test("openRun() gives back what saveRun() wrote into one file, and refuses it if a digit of the record was changed", () =>
  inFolder(async (folder) => {
    orThrow(await saveRun(folder, IDENTITY, TRAINING, RECORD));
    const { snapshot, record } = orThrow(await open(folder));
    deepStrictEqual(snapshot, SNAPSHOT);
    // JSON has no word for what is no number.
    deepStrictEqual(record, JSON.parse(JSON.stringify(RECORD)));
    const path = `${folder}/network.safetensors`;
    const bytes = await Deno.readFile(path);
    const at = Buffer.from(bytes).indexOf("0.3000");
    await Deno.writeFile(path, bytes.with(at, 0x31));
    match(await refusal(folder), /it is not as it was written/);
  }));

Deno.test("openRun() reads a record that lies beside a network of before, if it is of the same step", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(
      `${folder}/network.safetensors`,
      encodeTraining(fileIdentity(IDENTITY), flatSnapshot(SNAPSHOT)),
    );
    const write = (record: RunRecord) =>
      Deno.writeTextFile(`${folder}/record.json`, JSON.stringify(record));
    await write(RECORD);
    strictEqual(orThrow(await open(folder)).record.step, 3);
    await write({ ...RECORD, step: 2 });
    match(await refusal(folder), /it is of step 2, the network of 3/);
  }));
