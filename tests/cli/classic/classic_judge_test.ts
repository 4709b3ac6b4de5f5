import { deepStrictEqual, match, rejects } from "node:assert/strict";
import {
  classicJudge,
  epochsOf,
  errorTable,
} from "../../../cli/classic/classic_judge.ts";
import { CommandFailed } from "../../../cli/command/command_failed.ts";
import { fieldNames } from "../../../cli/flags/field_names.ts";
import {
  type ConvNetConfig,
  convNetPlan,
  FREEZEOUT_RECIPE,
} from "../../../core/mod.ts";
import { embeddedFashionMnist } from "../../../data/mod.ts";
import {
  convNetTask,
  initialConvNet,
  orThrow,
  trainingParts,
} from "../../../train/mod.ts";
import { decodeTraining } from "../../../train/run/training_file.ts";
import { joinedParts } from "../../../train/files/safetensors.ts";
import { right } from "../../right.ts";
import { inFolder } from "../../train/temporary_folder.ts";

const CONFIG: ConvNetConfig = {
  ...FREEZEOUT_RECIPE,
  model: {
    ...{ family: "resNet", depth: 8, width: 1, imageSize: 8 } as const,
    ...{ inChannels: 1, classes: 10 } as const,
  },
  training: { ...FREEZEOUT_RECIPE.training, epochs: 4, batchSize: 4 },
};

/** Two steps an epoch. */
const RUN = { config: CONFIG, plan: right(convNetPlan(CONFIG, 8)) };

const EPOCH = { epoch: 1, loss: 0.1 + 0.2, error: 0.5, frozenLayers: 1 };

const RECORD = { step: 3, epochs: [EPOCH], open: {}, milliseconds: {} };

const SNAPSHOT = { ...initialConvNet(RUN), step: 3 };

const judge = async () =>
  classicJudge(RUN, orThrow(await embeddedFashionMnist()));

Deno.test("the epochs of a network of an earlier version are in the note of its file", async () => {
  const note = JSON.stringify(RECORD);
  const parts = trainingParts(convNetTask(RUN), { snapshot: SNAPSHOT, note });
  const read = decodeTraining(convNetTask(RUN), joinedParts(parts));
  if (read._tag === "Left") throw new Error(read.left.reason);
  const filed = read.right;
  deepStrictEqual(filed.snapshot, SNAPSHOT);
  const { epoch: _, ...scores } = EPOCH;
  const lines = await (await judge()).earlier?.(filed, "network.safetensors");
  deepStrictEqual(lines, [{ step: 2, scores }]);
  deepStrictEqual(epochsOf(lines ?? [], 2), [EPOCH]);
});

Deno.test("the epochs of a network from before there were notes lie beside it, if they are of the same step", () =>
  inFolder(async (folder) => {
    const file = `${folder}/network.safetensors`;
    const { earlier } = await judge();
    const write = (record: object) =>
      Deno.writeTextFile(`${folder}/record.json`, JSON.stringify(record));
    await write(RECORD);
    const lines = await earlier?.({ snapshot: SNAPSHOT }, file);
    deepStrictEqual(lines?.map(({ step }) => step), [2]);
    await write({ ...RECORD, step: 2 });
    await rejects(
      async () => await earlier?.({ snapshot: SNAPSHOT }, file),
      (thrown) => {
        const words = thrown instanceof CommandFailed
          ? thrown.describe(fieldNames({}))
          : "";
        match(words, /it is of step 2, the network of 3/);
        return true;
      },
    );
  }));

Deno.test("errorTable() reads the epoch at 80 % of the run, the last and the first of the best", () => {
  const epochs = [0.5, 0.3, 0.2, 0.4, 0.2].map((error, i) => ({
    ...EPOCH,
    epoch: i + 1,
    error,
  }));
  deepStrictEqual(errorTable(epochs), {
    ...{ at80: 0.4, at100: 0.2, best: 0.2, bestEpoch: 3 },
  });
});
