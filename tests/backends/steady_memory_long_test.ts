import { ok, strictEqual } from "node:assert/strict";
import { onDevices } from "../train/devices.ts";

/** What may be added from the 400th step to the 2,000th; a leak of 20 kB a step is 32. */
const SLACK_MEGABYTES = 12;

await onDevices(
  ["wasm", "cpu", "webgpu", "webgpu-ops"],
  "memory and tensors stay level over 2,000 steps, stdout stays clean",
  async ({ device }) => {
    const program = new URL("./many_steps.ts", import.meta.url).pathname;
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-check", "--v8-flags=--expose-gc"],
        ...[program, device.name],
      ],
      stderr: "null",
    }).output();
    strictEqual(code, 0);
    const { megabytes, tensors } = JSON.parse(new TextDecoder().decode(stdout));
    strictEqual(new Set(tensors).size, 1, `tensors: ${tensors}`);
    const growth = megabytes.at(-1) - megabytes[0];
    ok(growth < SLACK_MEGABYTES, `grew by ${growth} MB: ${megabytes}`);
  },
);
