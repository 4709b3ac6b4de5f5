/** The reference's numbers on every device that this machine has. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  type Backend,
  describeBackendError,
  onnxBackend,
  referenceBackend,
  TFJS_DEVICES,
  tfjsBackend,
} from "../../../backends/mod.ts";
import { compareFolder } from "../../../tools/parity/compare_folder.ts";
import { readFixture } from "../../../tools/parity/fixture_folder.ts";
import { recordFolder } from "./record_folder.ts";

const TINY = new URL("../../golden/tiny", import.meta.url).pathname;

/** Groups of a folder that do not hold on an engine. */
async function failures(
  backend: Backend,
  folder: string,
): Promise<readonly string[]> {
  const fixture = readFixture(folder);
  if (fixture._tag === "Left") throw new Error(fixture.left[0].reason);
  const groups = await compareFolder(backend, fixture.right);
  if (groups._tag === "Left") throw new Error(groups.left._tag);
  strictEqual(backend.liveTensors(), 0);
  return groups.right.filter(({ holds }) => !holds).map(({ group, worst }) =>
    `${group}: ${worst}`
  );
}

function register(device: string, backend: Backend): void {
  Deno.test(`${device}: every group of the reference's numbers holds`, async () => {
    deepStrictEqual(await failures(backend, TINY), []);
  });

  Deno.test(`${device}: every group of a folder of other sizes holds`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      recordFolder(folder);
      deepStrictEqual(await failures(backend, folder), []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

register("reference", referenceBackend({ precision: "float64" }));

for (const device of [...TFJS_DEVICES, "onnx"] as const) {
  const backend = device === "onnx"
    ? await onnxBackend()
    : await tfjsBackend(device);
  if (backend._tag === "Right") register(device, backend.right);
  else {
    const reason = describeBackendError(backend.left);
    Deno.test({
      name: `${device} has the reference's numbers [skipped: ${reason}]`,
      ignore: true,
      fn: () => {},
    });
  }
}
