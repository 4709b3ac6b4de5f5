import { ok, strictEqual } from "node:assert/strict";
import { openDevice } from "./devices.ts";
import { survives } from "./survival/survives.ts";
import { inFolder } from "./temporary_folder.ts";

for (const [device, seed] of [["onnx on one thread", 1], ["cpu", 2]] as const) {
  const backend = await openDevice(device);
  const reason = backend._tag === "Right" ? null : backend.left._tag;
  Deno.test({
    name:
      `${device}: a run killed by SIGKILL 15 times, also while it writes checkpoints, ends bit for bit like one that was not${
        reason === null ? "" : ` [skipped: ${reason}]`
      }`,
    ignore: reason !== null,
    fn: () =>
      inFolder(async (folder) => {
        const options = { device, seed, kills: 15, folder };
        const { kills, cutOff, runs } = await survives(options);
        strictEqual(kills, 15);
        ok(runs >= 1);
        ok(cutOff >= 3, `${cutOff} kills met the writing of a checkpoint`);
      }),
  });
}
