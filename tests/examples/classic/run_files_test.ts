import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { openRun, saveRun } from "../../../examples/classic/run_files.ts";
import {
  EMPTY_RECORD,
  type RunRecord,
} from "../../../examples/classic/run_record.ts";
import {
  describeTrainError,
  orThrow,
  type SteppedTraining,
  type TrainingIdentity,
} from "../../../train/mod.ts";
import { inFolder } from "../../train/temporary_folder.ts";

const IDENTITY: TrainingIdentity = {
  config: { seed: 1 },
  shapesAt: () => ({ w: [2] }),
  totalSteps: 9,
};

const SNAPSHOT = { step: 3, tensors: new Map([["w", Float32Array.of(1, 2)]]) };

const RECORD: RunRecord = {
  ...EMPTY_RECORD,
  step: 3,
  epochs: [{ epoch: 1, loss: 0.1 + 0.2, error: NaN, frozenLayers: 0 }],
  milliseconds: { 10: [1.5], 2: [3] },
};

const TRAINING = {
  snapshot: () => Promise.resolve({ _tag: "Right", right: SNAPSHOT }),
} as unknown as SteppedTraining<unknown>;

const open = (folder: string) => openRun(IDENTITY, SNAPSHOT, folder);

Deno.test("openRun() gives back what saveRun() wrote, and refuses a record or network of which a digit was changed", () =>
  inFolder(async (folder) => {
    orThrow(await saveRun(folder, IDENTITY, TRAINING, RECORD));
    deepStrictEqual(orThrow(await open(folder)), {
      snapshot: SNAPSHOT,
      // JSON has no word for what is no number.
      record: JSON.parse(JSON.stringify(RECORD)),
    });
    const path = `${folder}/record.json`;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace("0.3", "0.4"));
    const changed = await open(folder);
    match(
      changed._tag === "Left" ? describeTrainError(changed.left) : "opened",
      /record\.json.*not as it was written/,
    );
    const { sha512: _, ...older } = JSON.parse(text);
    await Deno.writeTextFile(path, JSON.stringify(older));
    strictEqual(orThrow(await open(folder)).record.step, 3);
    const network = `${folder}/network.safetensors`;
    const bytes = await Deno.readFile(network);
    await Deno.writeFile(network, bytes.with(-1, bytes.at(-1)! ^ 1));
    strictEqual((await open(folder))._tag, "Left");
  }));
