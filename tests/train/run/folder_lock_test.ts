import { match, ok, strictEqual } from "node:assert/strict";
import { hostname } from "node:os";
import { join } from "node:path";
import {
  checkUnlocked,
  describeTrainError,
  lockFolder,
  resumeRunFolder,
  type TrainError,
} from "../../../train/mod.ts";
import type { Result } from "../../../core/mod.ts";
import { inFolder } from "../temporary_folder.ts";
import { newRunFolder, tinyRun, trained } from "../tiny_run.ts";

const RUN = tinyRun();

const textOf = (result: Result<TrainError, unknown>): string =>
  result._tag === "Left" ? describeTrainError(result.left) : "accepted";

const MODULE =
  new URL("../../../train/run/folder_lock.ts", import.meta.url).href;
const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;

/** A process that locks a folder, says so, and then does nothing. */
async function holder(folder: string): Promise<Deno.ChildProcess> {
  const script = `${folder}.ts`;
  await Deno.writeTextFile(
    script,
    `const { lockFolder } = await import("${MODULE}");
const lock = await lockFolder(Deno.args[0]);
console.log(lock._tag);
setInterval(() => {}, 1000);`,
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--no-lock",
      "--config",
      CONFIG,
      script,
      folder,
    ],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  strictEqual(new TextDecoder().decode(value), "Right\n");
  await reader.cancel();
  return child;
}

Deno.test("lockFolder() refuses a folder that a living process holds, by its number, and takes it at once when that was killed", () =>
  inFolder(async (parent) => {
    const folder = join(parent, "run");
    const child = await holder(folder);
    const start = performance.now();
    const text = textOf(await lockFolder(folder));
    ok(performance.now() - start < 1000, "it does not wait");
    match(
      text,
      /run: another run is writing to it \(process \d+ on .+, since 20/,
    );
    ok(text.includes(`process ${child.pid} on ${hostname()}`), text);
    match(textOf(await checkUnlocked(folder)), /another run is writing/);
    match(textOf(await newRunFolder(folder, RUN, 2)), /another run/);
    child.kill("SIGKILL");
    await child.status;
    strictEqual((await checkUnlocked(folder))._tag, "Right");
    trained(await lockFolder(folder))[Symbol.dispose]();
  }));

Deno.test("a run's folder is locked from its opening to its disposal, also against its own process", () =>
  inFolder(async (path) => {
    {
      using folder = trained(await newRunFolder(path, RUN, 2));
      trained(await folder.checkpoint(folder.start));
      const second = await resumeRunFolder(path, path, RUN, 2);
      match(textOf(second), /another run is writing to it/);
    }
    trained(await resumeRunFolder(path, path, RUN, 2))[Symbol.dispose]();
  }));

Deno.test("a folder that could not be opened is not left locked", () =>
  inFolder(async (path) => {
    const training = { ...RUN.config.training, seed: 99 };
    {
      using folder = trained(await newRunFolder(path, RUN, 2));
      trained(await folder.checkpoint(folder.start));
    }
    const other = await resumeRunFolder(path, path, tinyRun({ training }), 2);
    match(textOf(other), /training\.seed/);
    strictEqual((await checkUnlocked(path))._tag, "Right");
  }));

Deno.test("a lock file that a dead process left locks nothing, whatever is in it", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(
      join(folder, "run.lock"),
      "process 1 on elsewhere",
    );
    strictEqual((await checkUnlocked(folder))._tag, "Right");
    using _lock = trained(await lockFolder(folder));
    match(textOf(await lockFolder(folder)), /process \d+ on/);
  }));

Deno.test("checkUnlocked() of a folder that is not there makes none", () =>
  inFolder(async (parent) => {
    const folder = join(parent, "none");
    strictEqual((await checkUnlocked(folder))._tag, "Right");
    strictEqual(await Deno.stat(folder).catch(() => null), null);
  }));
