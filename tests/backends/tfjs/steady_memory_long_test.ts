import { ok, strictEqual } from "node:assert/strict";
import { TFJS_DEVICES } from "../../../backends/tfjs/tfjs_backend.ts";
import { graphicsAdapter } from "../../../backends/tfjs/webgpu/graphics_adapter.ts";

/** What may be added from the 400th step to the 2,000th; a leak of 20 kB a step is 32. */
const SLACK_MEGABYTES = 12;

const adapter = await graphicsAdapter();

for (const device of TFJS_DEVICES) {
  const reason = device === "webgpu-ops" && typeof adapter === "string"
    ? adapter
    : null;
  Deno.test({
    name:
      `${device}: memory and tensors stay level over 2,000 steps, stdout stays clean${
        reason === null ? "" : ` [skipped: ${reason}]`
      }`,
    ignore: reason !== null,
    fn: async () => {
      const program = new URL("./many_steps.ts", import.meta.url).pathname;
      const { code, stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", program, device],
        stderr: "null",
      }).output();
      strictEqual(code, 0);
      const { megabytes, tensors } = JSON.parse(
        new TextDecoder().decode(stdout),
      );
      strictEqual(new Set(tensors).size, 1, `tensors: ${tensors}`);
      const growth = megabytes.at(-1) - megabytes[0];
      ok(growth < SLACK_MEGABYTES, `grew by ${growth} MB: ${megabytes}`);
    },
  });
}
