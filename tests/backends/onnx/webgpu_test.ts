/** ONNX Runtime's WebGPU engine on software that is a graphics card to it. */
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
async function withDriver(
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

const file = (name: string) => new URL(name, import.meta.url).pathname;

const NAME = "onnx-webgpu keeps the contract and has the reference's gradients";

if (isThere(DRIVER)) {
  Deno.test(`${NAME}, on SwiftShader`, async () => {
    const suite = file("webgpu_suite.ts");
    const args = ["test", "-A", "--no-check", suite];
    const { code, out } = await withDriver(DRIVER, ...args);
    strictEqual(code, 0, out);
    match(out, /^ok \| \d\d passed/m);
  });
} else {
  Deno.test({
    name:
      `${NAME} [skipped: no SwiftShader at ${DRIVER}; SWIFTSHADER_DRIVER can name another file]`,
    ignore: true,
    fn: () => {},
  });
}

Deno.test("onnxWebgpuBackend() without a graphics driver is an error with the engine's reason", async () => {
  const program = file("print_backend.ts");
  const args = ["run", "-A", "--no-check", program, "onnx-webgpu"];
  const { out } = await withDriver("/nowhere/driver.json", ...args);
  match(out, /^Cannot use onnx-webgpu: .*(adapter|WebGPU)/m);
});
