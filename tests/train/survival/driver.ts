/**
 * A tiny run as a process of its own, to be killed: goes on with the run in a
 * folder, or begins it.
 *
 * ```sh
 * deno run -A tests/train/survival/driver.ts FOLDER DEVICE
 * ```
 *
 * It writes one JSON object a line: where it starts, each step, its end.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- its lines are what its parent waits for
import {
  describeTrainError,
  holdsRun,
  orThrow,
  resumeRunFolder,
  type RunFolder,
  type TrainError,
} from "../../../train/mod.ts";
import { type Result, right } from "../../../core/mod.ts";
import { type DeviceName, openDevice } from "../devices.ts";
import { keptSteps, newRunFolder } from "../tiny_run.ts";
import { SURVIVAL_POLICY, SURVIVAL_RUN } from "./survival_run.ts";

async function opened(path: string): Promise<Result<TrainError, RunFolder>> {
  if (await holdsRun(path)) {
    return resumeRunFolder(path, path, SURVIVAL_RUN, SURVIVAL_POLICY);
  }
  const folder = await newRunFolder(path, SURVIVAL_RUN, SURVIVAL_POLICY);
  if (folder._tag === "Left") return folder;
  const saved = await folder.right.checkpoint(folder.right.start);
  return saved._tag === "Left" ? saved : right(folder.right);
}

function fail(error: TrainError): never {
  console.error(describeTrainError(error));
  Deno.exit(1);
}

const [path = "", device = ""] = Deno.args;
const backend = orThrow(await openDevice(device as DeviceName));
const folder = await opened(path);
if (folder._tag === "Left") fail(folder.left);
const { start, skipped } = folder.right;
console.log(JSON.stringify({ event: "open", step: start.step, skipped }));
let done = start.step;
const keeping = { folder: folder.right, policy: SURVIVAL_POLICY };
for await (const taken of keptSteps(backend, SURVIVAL_RUN, keeping)) {
  if (taken._tag === "Left") fail(taken.left);
  const { report: { step }, checkpoint } = taken.right;
  console.log(JSON.stringify({ event: "step", step, checkpoint }));
  done = step + 1;
}
console.log(JSON.stringify({ event: "end", step: done }));
Deno.exit(0);
