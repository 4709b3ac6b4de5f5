import type { Backend } from "../../backends/backend.ts";
import { describeBackendError, referenceBackend } from "../../backends/mod.ts";
import { TFJS_DEVICES, tfjsBackend } from "../../backends/tfjs/tfjs_backend.ts";
import { CONTRACT } from "./contract.ts";
import { GUARD_TESTS } from "./guard_contract.ts";

function register(device: string, backend: Backend): void {
  const ahead = backend.runsAhead === undefined ? [] : GUARD_TESTS;
  for (const { name, run } of [...CONTRACT, ...ahead]) {
    Deno.test(`${device}: ${name}`, () => run(backend));
  }
}

register("reference", referenceBackend());
register(
  "reference with runs in line",
  referenceBackend({ precision: "float32", runsAhead: 3 }),
);

for (const device of TFJS_DEVICES) {
  const backend = await tfjsBackend(device);
  if (backend._tag === "Right") register(device, backend.right);
  else {
    const reason = describeBackendError(backend.left);
    Deno.test({
      name: `${device} keeps the contract [skipped: ${reason}]`,
      ignore: true,
      fn: () => {},
    });
  }
}
