import { deepStrictEqual, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { webgpuBackend } from "../../../backends/webgpu/webgpu_backend.ts";
import { sharedDevice } from "../../../backends/webgpu/device/open_device.ts";
import { readCheckpoint } from "../../../train/checkpoint/read_checkpoint.ts";
import { latestCheckpoint } from "../../../train/run/latest_checkpoint.ts";
import { describeTrainError } from "../../../train/mod.ts";
import { inFolder } from "../temporary_folder.ts";
import { keptSteps, newRunFolder, tinyRun, trained } from "../tiny_run.ts";

const RUN = tinyRun();

const POLICY = {
  everySteps: 2,
  everyMinutes: null,
  keepLast: 2,
  keepAtFreeze: false,
} as const;

const opened = await webgpuBackend();

for (const ahead of [0, 3]) {
  Deno.test({
    name:
      `a device that is lost in a run ends it, the last checkpoint is whole, and the next run goes on from it: ${ahead} steps ahead`,
    ignore: opened._tag === "Left",
    fn: () =>
      inFolder(async (path) => {
        const backend = await webgpuBackend();
        const device = await sharedDevice();
        ok(backend._tag === "Right" && device._tag === "Right");
        let error = "";
        let steps = 0;
        {
          using folder = trained(await newRunFolder(path, RUN, POLICY));
          const run = keptSteps(
            backend.right,
            RUN,
            { folder, policy: POLICY },
            { ahead },
          );
          for await (const taken of run) {
            if (taken._tag === "Left") error = describeTrainError(taken.left);
            else if (++steps === 5) device.right.device.destroy();
          }
        }
        match(error, /^Cannot go on with webgpu: the device was lost: ./);
        const newest = trained(
          await latestCheckpoint(join(path, "checkpoints")),
        );
        const kept = trained(await readCheckpoint(newest, RUN));
        deepStrictEqual(kept.step % 2, 0);
        ok(kept.step >= 4 && kept.step <= steps, `step ${kept.step}`);
        const next = await webgpuBackend();
        ok(next._tag === "Right", "the device opens again");
      }),
  });
}
