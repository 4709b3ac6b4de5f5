import { describeBackendError } from "../../../backends/mod.ts";
import { webgpuBackend } from "../../../backends/webgpu/webgpu_backend.ts";
import { CONTRACT } from "../contract.ts";
import { GUARD_TESTS } from "../guard_contract.ts";

const backend = await webgpuBackend();

if (backend._tag === "Right") {
  for (const { name, run } of [...CONTRACT, ...GUARD_TESTS]) {
    Deno.test(`webgpu: ${name}`, () => run(backend.right));
  }
} else {
  const reason = describeBackendError(backend.left);
  Deno.test({
    name: `webgpu keeps the contract [skipped: ${reason}]`,
    ignore: true,
    fn: () => {},
  });
}
