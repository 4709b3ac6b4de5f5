/** The reference's numbers on every device that this machine has. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  type Backend,
  type BackendError,
  describeBackendError,
  onnxBackend,
  referenceBackend,
  TFJS_DEVICES,
  tfjsBackend,
} from "../../../backends/mod.ts";
import type { Result } from "../../../core/mod.ts";
import { compareFolder } from "../../../tools/parity/compare_folder.ts";
import { readFixture } from "../../../tools/parity/fixture_folder.ts";
import { value } from "../../backends/contract.ts";
import { OTHER_MODELS, type OtherModel } from "./other_model.ts";
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

async function withRecorded(
  other: OtherModel,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    recordFolder(folder, other);
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function register(device: string, backend: Backend): void {
  Deno.test(`${device}: every group of the reference's numbers holds`, async () => {
    deepStrictEqual(await failures(backend, TINY), []);
  });

  for (const [name, other] of Object.entries(OTHER_MODELS)) {
    Deno.test(`${device}: every group of a ${name} model's numbers holds`, async () => {
      await withRecorded(other, async (folder) => {
        deepStrictEqual(await failures(backend, folder), []);
      });
    });
  }
}

function registerOpened(
  device: string,
  backend: Result<BackendError, Backend>,
): void {
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

register("reference", referenceBackend({ precision: "float64" }));

/** Wrong numbers of the optimizer, in their places in `config.json`. */
const FAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "β₁ off by a thousandth": { betas: [0.801, 0.9] },
  "β₂ off by a thousandth": { betas: [0.8, 0.901] },
  "ε twice as large": { eps: 2e-7 },
  "weight decay off by a hundredth": { weightDecay: 0.101 },
  "a rate off by a thousandth": { lr: 2.002e-3 },
};

for (const [fault, wrong] of Object.entries(FAULTS)) {
  Deno.test(`compareFolder() finds ${fault} by the parameters, not by the gradients`, async () => {
    const backend = value(await tfjsBackend("wasm"));
    await withRecorded(OTHER_MODELS.small, async (folder) => {
      const path = `${folder}/config.json`;
      const config = JSON.parse(Deno.readTextFileSync(path));
      const schedule = { ...config.schedule, ...wrong };
      Deno.writeTextFileSync(path, JSON.stringify({ ...config, schedule }));
      const failed = await failures(backend, folder);
      ok(failed.some((group) => group.startsWith("parameters after")));
      ok(failed.every((group) => !group.startsWith("gradients")));
    });
  });
}

for (const device of TFJS_DEVICES) {
  registerOpened(device, await tfjsBackend(device));
}

for (const threads of [1, 2]) {
  const backend = await onnxBackend({ threads });
  registerOpened(`onnx with ${threads} threads`, backend);
}
