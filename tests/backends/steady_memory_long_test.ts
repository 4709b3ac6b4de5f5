import { ok, strictEqual } from "node:assert/strict";
import { onDevices } from "../train/devices.ts";

/**
 * What may be added in each 400 steps; a leak of 20 kB a step is 8. A leak adds to all of
 * them, a page table or a heap that grows late adds to one.
 */
const SLACK_MEGABYTES = 3;

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
    const added = megabytes.slice(1).map((now: number, i: number) =>
      now - megabytes[i]
    );
    ok(Math.min(...added) < SLACK_MEGABYTES, `grew steadily, MB: ${megabytes}`);
  },
);
