/**
 * Recorded numbers against those that an engine computes.
 *
 * @module
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  type Backend,
  type BackendError,
  describeBackendError,
} from "../../../backends/mod.ts";
import type { Result } from "../../../core/mod.ts";
import { compareFolder } from "../../../tools/parity/compare_folder.ts";
import { readFixture } from "../../../tools/parity/fixture_folder.ts";
import type { OtherModel } from "./other_model.ts";
import { recordFolder } from "./record_folder.ts";

const TINY = new URL("../../golden/tiny", import.meta.url).pathname;
const MAE_NUMBERS = new URL("../../golden/mae", import.meta.url).pathname;

/** Groups of a folder that do not hold on an engine. */
export async function failures(
  backend: Backend,
  folder: string,
): Promise<readonly string[]> {
  const fixture = readFixture(folder);
  if (fixture._tag === "Left") throw new Error(fixture.left[0].reason);
  const groups = await compareFolder(backend, fixture.right);
  if (groups._tag === "Left") throw new Error(JSON.stringify(groups.left));
  strictEqual(backend.liveTensors(), 0);
  return groups.right.filter(({ holds }) => !holds).map(({ group, worst }) =>
    `${group}: ${worst}`
  );
}

/** Records the numbers of a model for as long as they are used. */
export async function withRecorded(
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

/** A folder of numbers, by what its model is called. */
export type Recorded = readonly [
  name: string,
  use: (check: (folder: string) => Promise<void>) => Promise<void>,
];

/** The reference's own. */
export const REFERENCE: Recorded = ["the reference's", (check) => check(TINY)];

/** Those of a masked autoencoder in PyTorch, with and without frozen layers. */
export const MAE: Recorded = [
  "a masked autoencoder's",
  (check) => check(MAE_NUMBERS),
];

/** Those of another model. */
export const recorded = (name: string, other: OtherModel): Recorded => [
  `a ${name} model's`,
  (check) => withRecorded(other, check),
];

/** Registers a test of each folder on an engine, which this machine may not have. */
export function numbersHold(
  device: string,
  backend: Result<BackendError, Backend>,
  folders: readonly Recorded[],
): void {
  for (const [name, use] of folders) {
    const law = `${device}: every group of ${name} numbers holds`;
    if (backend._tag === "Right") {
      Deno.test(law, () =>
        use(async (folder) => {
          deepStrictEqual(await failures(backend.right, folder), []);
        }));
    } else {
      const reason = describeBackendError(backend.left);
      Deno.test({
        name: `${law} [skipped: ${reason}]`,
        ignore: true,
        fn: () => {},
      });
    }
  }
}
