import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import {
  describeTrainError,
  resumeRunFolder,
  type RunFolder,
  type TrainError,
} from "../../../train/mod.ts";
import { readCheckpoint } from "../../../train/checkpoint/read_checkpoint.ts";
import {
  decodePretrainConfig,
  type PretrainConfig,
  ratesAt,
  type Result,
} from "../../../core/mod.ts";
import type { Backend } from "../../../backends/mod.ts";
import { right } from "../../right.ts";
import { onDevices } from "../devices.ts";
import { inFolder } from "../temporary_folder.ts";
import {
  newRunFolder,
  startTiny,
  takeSteps,
  TINY_CONFIG,
  type TinyRun,
  tinyRun,
  trained,
} from "../tiny_run.ts";

const RUN = tinyRun();
const ALLOWED = { allowScheduleChange: true };

const withTraining = (change: Partial<PretrainConfig["training"]>) =>
  tinyRun({ training: { ...TINY_CONFIG.training, ...change } });

/** One epoch more: layers freeze at steps 8, 11, 14 and 16 or so, instead of 5, 7, 9 and 11. */
const LONGER = withTraining({ epochs: 3 });

/** Takes steps of a run and saves after each. */
async function stepped(
  backend: Backend,
  run: TinyRun,
  folder: RunFolder,
  count: number,
): Promise<void> {
  const training = startTiny(backend, run, folder.start);
  for (let i = 0; i < count; i++) {
    for (const report of await takeSteps(training, 1)) {
      trained(await folder.record(report));
      trained(await folder.checkpoint(trained(await training.snapshot())));
    }
  }
  training.dispose();
}

/** Runs a test on a folder of the run after some steps, one checkpoint for each. */
const afterSteps = (
  backend: Backend,
  steps: number,
  test: (path: string) => Promise<void>,
): Promise<void> =>
  inFolder(async (path) => {
    {
      using folder = trained(await newRunFolder(path, RUN, 99));
      await stepped(backend, RUN, folder, steps);
    }
    await test(path);
  });

const textOf = (result: Result<TrainError, unknown>): string =>
  result._tag === "Left" ? describeTrainError(result.left) : "accepted";

await onDevices(
  ["reference"],
  "resumeRunFolder() refuses another schedule and shows fields, freeze steps and rates",
  (backend) =>
    afterSteps(backend, 6, async (path) => {
      const refused = await resumeRunFolder(path, path, LONGER, 99);
      strictEqual(
        refused._tag === "Left" && refused.left._tag,
        "ScheduleDiffers",
      );
      const text = textOf(refused);
      match(text, /training\.epochs: checkpoint 2, this run 3\n/);
      match(text, /at step 6 of 12 -> 18:\n/);
      const after = LONGER.plan.layers[0]?.freezeStep;
      match(
        text,
        new RegExp(
          `patch_embed: frozen since step 5 -> freezes at step ${after}, rate 0.* -> 0\\.0.*; its optimizer state starts anew`,
        ),
      );
      match(text, /block 3: never frozen, rate 0\.\d+ -> 0\.\d+(\n|$)/);
      const config = right(decodePretrainConfig(
        JSON.parse(await Deno.readTextFile(join(path, "config.json"))),
      ));
      deepStrictEqual(config, RUN.config, "the folder is as it was");
    }),
);

await onDevices(
  ["reference"],
  "resumeRunFolder() refuses what is not the schedule, also where changes of it are allowed",
  (backend) =>
    afterSteps(backend, 1, async (path) => {
      const others: readonly (readonly [TinyRun, RegExp])[] = [
        [withTraining({ seed: 8 }), /training\.seed: checkpoint 7, this run 8/],
        [
          withTraining({ batchSize: 1 }),
          /training\.batchSize: checkpoint 2, this run 1/,
        ],
        [
          tinyRun({
            optimizer: { ...TINY_CONFIG.optimizer, weightDecay: 0.1 },
          }),
          /optimizer\.weightDecay: checkpoint 0\.05, this run 0\.1/,
        ],
      ];
      for (const [run, wanted] of others) {
        const refused = await resumeRunFolder(path, path, run, 9, ALLOWED);
        match(textOf(refused), wanted);
      }
    }),
);

await onDevices(
  ["reference"],
  "resumeRunFolder() refuses a schedule that has ended before the checkpoint",
  (backend) =>
    afterSteps(backend, 7, async (path) => {
      const shorter = withTraining({ epochs: 1 });
      const refused = await resumeRunFolder(path, path, shorter, 9, ALLOWED);
      match(textOf(refused), /it is at step 7, wanted 0 to 6/);
    }),
);

await onDevices(
  ["reference", "cpu"],
  "a run goes on under another schedule if asked to: its steps are those of the new plan from the moment of the old one",
  (backend) =>
    afterSteps(backend, 8, async (path) => {
      const from = join(path, "checkpoints", "step-000000006");
      const before = trained(await readCheckpoint(from, RUN));
      {
        using folder = trained(
          await resumeRunFolder(from, path, LONGER, 99, ALLOWED),
        );
        deepStrictEqual(folder.change?.totalSteps, [12, 18]);
        deepStrictEqual(folder.start.parameters, before.parameters);
        for (const [name, state] of folder.start.optimizer) {
          const old = before.optimizer.get(name);
          deepStrictEqual(state, old ?? new Float32Array(state.length), name);
        }
        const training = startTiny(backend, LONGER, folder.start);
        const [report] = await takeSteps(training, 1);
        training.dispose();
        deepStrictEqual(report?.rates, ratesAt(LONGER.plan)(6).layers);
        strictEqual(report?.frozenLayers, 0, "what was frozen trains again");
        trained(await folder.record(report!));
      }
      // The change is part of the run: nothing need be allowed again.
      using again = trained(await resumeRunFolder(path, path, LONGER, 99));
      deepStrictEqual([again.start.step, again.change], [6, null]);
      deepStrictEqual(again.skipped, [], "later checkpoints are gone");
      await stepped(backend, LONGER, again, 99);
      const end = join(path, "checkpoints", "step-000000018");
      strictEqual(trained(await readCheckpoint(end, LONGER)).step, 18);
    }),
);

await onDevices(
  ["reference"],
  "freeze checkpoints that stay outlive a change of the schedule",
  (backend) =>
    inFolder(async (path) => {
      const kept = { keepLast: 1, keepAtFreeze: true };
      {
        using folder = trained(await newRunFolder(path, RUN, kept));
        await stepped(backend, RUN, folder, 8);
      }
      const later = tinyRun({ rate: { ...RUN.config.rate, baseRate: 0.02 } });
      {
        using folder = trained(
          await resumeRunFolder(path, path, later, kept, ALLOWED),
        );
        await stepped(backend, later, folder, 99);
      }
      const names = (await Array.fromAsync(
        Deno.readDir(join(path, "checkpoints")),
      )).map(({ name }) => Number(name.replace("step-", "")));
      deepStrictEqual(names.sort((a, b) => a - b), [5, 7, 9, 11, 12]);
    }),
);
