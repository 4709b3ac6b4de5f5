/**
 * ONNX Runtime's WebGPU engine on software that is a graphics card to it.
 *
 * @module
 */
import { match, strictEqual } from "node:assert/strict";

/** A Vulkan driver that the engine accepts, and where it is looked for. */
const DRIVER = Deno.env.get("SWIFTSHADER_DRIVER") ??
  "/usr/lib/chromium/vk_swiftshader_icd.json";

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Runs Deno with one Vulkan driver and none beside it. */
export async function withDriver(
  driver: string,
  ...args: string[]
): Promise<{ readonly code: number; readonly out: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    env: { NO_COLOR: "1", VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: `${text(stdout)}${text(stderr)}` };
}

const SUITE = new URL("./webgpu_suite.ts", import.meta.url).pathname;

/**
 * Registers the suite of the WebGPU engine on SwiftShader, or says why it is skipped.
 *
 * @param law What it shows.
 * @param filter Tests of the suite, all if left out.
 */
export function onSwiftShader(law: string, filter = ""): void {
  if (isThere(DRIVER)) {
    Deno.test(`${law}, on SwiftShader`, async () => {
      const args = ["test", "-A", "--no-check", `--filter=${filter}`, SUITE];
      const { code, out } = await withDriver(DRIVER, ...args);
      strictEqual(code, 0, out);
      match(out, /^ok \| \d+ passed/m);
    });
  } else {
    Deno.test({
      name:
        `${law} [skipped: no SwiftShader at ${DRIVER}; SWIFTSHADER_DRIVER can name another file]`,
      ignore: true,
      fn: () => {},
    });
  }
}
