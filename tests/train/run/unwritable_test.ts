import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { referenceBackend } from "../../../backends/mod.ts";
import type { Result } from "../../../core/mod.ts";
import {
  type CheckpointPolicy,
  describeTrainError,
  initialSnapshot,
  keepingHooks,
  latestCheckpoint,
  resumeRunFolder,
  type RunFolder,
  type Snapshot,
  type TrainError,
} from "../../../train/mod.ts";
import { newestWholeCheckpoint } from "../../../train/run/newest_whole_checkpoint.ts";
import { readCheckpoint } from "../../../train/checkpoint/read_checkpoint.ts";
import { writeCheckpoint } from "../../../train/checkpoint/write_checkpoint.ts";
import { startDriver } from "../survival/killed_process.ts";
import { SURVIVAL_POLICY, SURVIVAL_RUN } from "../survival/survival_run.ts";
import { inFolder } from "../temporary_folder.ts";
import { newRunFolder, startTiny, tinyRun, trained } from "../tiny_run.ts";

const RUN = tinyRun();
const START = initialSnapshot(RUN.config, RUN.plan);

const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();

Deno.test("writeCheckpoint() where a file is in the way is an error and leaves earlier ones as they are", () =>
  inFolder(async (folder) => {
    const path = trained(await writeCheckpoint(folder, RUN, START));
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "in the way");
    const failed = await writeCheckpoint(file, RUN, START);
    strictEqual(failed._tag === "Left" && failed.left._tag, "FileFailed");
    strictEqual(await Deno.readTextFile(file), "in the way");
    deepStrictEqual(trained(await readCheckpoint(path, RUN)), START);
  }));

/** Bytes of one tiny checkpoint. */
const CHECKPOINT_BYTES = await (async () => {
  let bytes = 0;
  await inFolder(async (folder) => {
    const path = trained(await writeCheckpoint(folder, RUN, START));
    for await (const { name } of Deno.readDir(path)) {
      bytes += (await Deno.stat(join(path, name))).size;
    }
  });
  return bytes;
})();

/** Mounts a disk in memory, or changes one that is there; gives the reason if that fails. */
async function mount(folder: string, options: string): Promise<string | null> {
  try {
    const { success, stderr } = await new Deno.Command("mount", {
      args: ["-t", "tmpfs", "-o", options, "tmpfs", folder],
    }).output();
    return success ? null : new TextDecoder().decode(stderr).trim();
  } catch (error) {
    return String(error);
  }
}

const unmount = (folder: string) =>
  new Deno.Command("umount", { args: [folder] }).output();

const probe = await Deno.makeTempDir();
const refused = await mount(probe, "size=1m");
if (refused === null) await unmount(probe);
await Deno.remove(probe);

/** Registers a test on a disk that holds so many tiny checkpoints. */
const onDisk = (
  name: string,
  checkpoints: number,
  test: (disk: string) => Promise<void>,
): void =>
  Deno.test({
    name: `${name}${
      refused === null ? "" : ` [skipped: no small disk: ${refused}]`
    }`,
    ignore: refused !== null,
    fn: () =>
      inFolder(async (disk) => {
        const size = Math.round(checkpoints * CHECKPOINT_BYTES);
        strictEqual(await mount(disk, `size=${size}`), null);
        try {
          await test(disk);
        } finally {
          await unmount(disk);
        }
      }),
  });

onDisk(
  "writeCheckpoint() on a full disk keeps the last good checkpoint",
  1.5,
  async (disk) => {
    const path = trained(await writeCheckpoint(disk, RUN, START));
    const failed = await writeCheckpoint(disk, RUN, { ...START, step: 1 });
    if (failed._tag === "Right") throw new Error("the disk is too large");
    match(
      describeTrainError(failed.left),
      /step-000000001.*ENOSPC|no space/i,
    );
    deepStrictEqual(await namesIn(disk), ["step-000000000"]);
    strictEqual(trained(await latestCheckpoint(disk)), path);
    deepStrictEqual(trained(await readCheckpoint(path, RUN)), START);
  },
);

const textOf = (result: Result<TrainError, unknown>): string =>
  result._tag === "Left" ? describeTrainError(result.left) : "accepted";

const POLICY: CheckpointPolicy = {
  everySteps: 1,
  everyMinutes: null,
  keepLast: 1,
  keepAtFreeze: true,
};

/** Takes the steps of a run in a folder; gives its error or its last moment. */
async function ended(
  opening: Promise<Result<TrainError, RunFolder>>,
): Promise<Result<TrainError, Snapshot>> {
  using folder = trained(await opening);
  const keeping = { plan: RUN.plan, folder, policy: POLICY };
  const hooks = trained(keepingHooks(keeping));
  const run = startTiny(referenceBackend(), RUN, folder.start, { hooks });
  let failure: Result<TrainError, never> | null = null;
  for await (const taken of run) {
    if (taken._tag === "Left") failure = taken;
  }
  const end = await run.snapshot();
  run.dispose();
  return failure ?? end;
}

onDisk(
  "a disk that fills during a run stops it by that reason with its last checkpoint whole; with room it ends like one that was never stopped",
  2.9,
  async (disk) => {
    const path = join(disk, "run");
    const full = await ended(newRunFolder(path, RUN, POLICY));
    match(textOf(full), /ENOSPC|no space/i);
    const names = await namesIn(join(path, "checkpoints"));
    ok(names.every((name) => /^step-\d{9}$/.test(name)), names.join());
    const newest = trained(await newestWholeCheckpoint(path, RUN, false));
    deepStrictEqual(newest.skipped, []);
    strictEqual(newest.path, join(path, "checkpoints", names.at(-1) ?? ""));
    ok(newest.start.step > 5, "the first freeze is behind it");
    strictEqual(await mount(disk, "remount,size=64m"), null);
    const rest = trained(await ended(resumeRunFolder(path, path, RUN, POLICY)));
    await inFolder(async (other) => {
      const whole = newRunFolder(join(other, "run"), RUN, POLICY);
      deepStrictEqual(rest, trained(await ended(whole)));
    });
  },
);

onDisk(
  "createRunFolder() and resumeRunFolder() refuse a folder that is read-only",
  20,
  async (disk) => {
    const path = join(disk, "run");
    {
      using folder = trained(await newRunFolder(path, RUN, 2));
      trained(await folder.checkpoint(folder.start));
    }
    const before = await namesIn(path);
    strictEqual(await mount(disk, "remount,ro"), null);
    const readOnly = /EROFS|read-only/i;
    match(textOf(await newRunFolder(join(disk, "other"), RUN, 2)), readOnly);
    match(textOf(await resumeRunFolder(path, path, RUN, 2)), readOnly);
    deepStrictEqual(await namesIn(path), before);
    await inFolder(async (folder) => {
      const copy = join(folder, "run");
      using resumed = trained(await resumeRunFolder(path, copy, RUN, 2));
      strictEqual(resumed.start.step, 0, "it can still be read");
    });
  },
);

onDisk(
  "a checkpoint that cannot be removed stays: it is complained of once, and the run goes on",
  1,
  async (disk) =>
    await inFolder(async (path) => {
      {
        using folder = trained(await newRunFolder(path, RUN, 1));
        const first = trained(await folder.checkpoint(START));
        // What is mounted cannot be removed, not even by the superuser.
        await Deno.mkdir(join(first, "mounted"));
        const bind = ["--bind", disk, join(first, "mounted")];
        strictEqual(
          (await new Deno.Command("mount", { args: bind }).output()).code,
          0,
        );
        try {
          for (const step of [1, 2, 3]) {
            trained(await folder.checkpoint({ ...START, step }));
          }
          const [complaint, ...others] = folder.complaints();
          match(
            complaint ?? "",
            /old checkpoints that cannot be removed stay: /,
          );
          deepStrictEqual([...others, ...folder.complaints()], []);
          const whole = await namesIn(join(path, "checkpoints"));
          ok(
            whole.includes("step-000000003") &&
              !whole.includes("step-000000002"),
          );
        } finally {
          for (const name of await namesIn(join(path, "checkpoints"))) {
            await unmount(join(path, "checkpoints", name, "mounted"));
          }
        }
      }
      using again = trained(await resumeRunFolder(path, path, RUN, 1));
      strictEqual(again.start.step, 3);
    }),
);

const hasShell = Deno.build.os !== "windows";

Deno.test({
  name:
    `a process that may write no file so large stops with its reason, and what was whole stays so${
      hasShell ? "" : " [skipped: no ulimit here]"
    }`,
  ignore: !hasShell,
  fn: () =>
    inFolder(async (folder) => {
      const path = join(folder, "run");
      {
        using opened = trained(
          await newRunFolder(path, SURVIVAL_RUN, SURVIVAL_POLICY),
        );
        trained(await opened.checkpoint(opened.start));
      }
      const file = join(path, "checkpoints/step-000000000/model.safetensors");
      // Half of the model's file, in blocks of 512 bytes.
      const blocks = Math.floor((await Deno.stat(file)).size / 1024);
      const limit = `trap "" XFSZ; ulimit -f ${blocks}`;
      const end = await startDriver(path, "reference", limit).output();
      strictEqual(end.code, 1);
      match(
        new TextDecoder().decode(end.stderr),
        /Cannot use .*step-000000002: .*(EFBIG|too large)/i,
      );
      deepStrictEqual(await namesIn(join(path, "checkpoints")), [
        "step-000000000",
      ]);
      const start = trained(
        await newestWholeCheckpoint(path, SURVIVAL_RUN, false),
      );
      strictEqual(start.start.step, 0);
    }),
});
