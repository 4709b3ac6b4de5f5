import { CONTRACT, value } from "/work/main/tests/backends/contract.ts";
import { tfjsBackend } from "/work/main/backends/tfjs/tfjs_backend.ts";
for (
  const d of (Deno.env.get("DEV") ?? "cpu,wasm").split(
    ",",
  ) as ("cpu" | "wasm" | "webgpu")[]
) {
  const b = value(await tfjsBackend(d));
  for (const t of CONTRACT) {
    Deno.test({
      name: `${d}: ${t.name}`,
      fn: () => t.run(b),
    });
  }
}
