import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "../temporary_folder.ts";

const TRAIN = new URL("../../../train/", import.meta.url).href;
const TINY = new URL("../tiny_run.ts", import.meta.url).href;
const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;

/** Writes a checkpoint into the folder that it is told. */
const SCRIPT = `
const { initialSnapshot } = await import("${TRAIN}tasks/pretrain.ts");
const { writeCheckpoint } = await import("${TRAIN}checkpoint/write_checkpoint.ts");
const { tinyRun } = await import("${TINY}");
const run = tinyRun();
const start = initialSnapshot(run.config, run.plan);
const written = await writeCheckpoint(Deno.args[0], run, start);
if (written._tag === "Left") throw new Error(written.left.reason);
`;

/** What a process flushes and renames, in order, by paths below a folder. */
interface Call {
  readonly name: "fsync" | "rename";
  readonly path: string;
}

/** Runs a script under strace; gives the reason if that cannot be done. */
async function traced(
  folder: string,
  script: string,
): Promise<readonly Call[] | string> {
  const [log, file] = [join(folder, "log"), join(folder, "script.ts")];
  await Deno.writeTextFile(file, script);
  const deno = ["run", "-A", "--no-check", "--no-lock", "--config", CONFIG];
  const calls = "trace=fsync,fdatasync,rename,renameat,renameat2";
  const words = ["-f", "-y", "-o", log, "-e", calls, Deno.execPath()];
  const run = join(folder, "run");
  try {
    const { success, stderr } = await new Deno.Command("strace", {
      args: [...words, ...deno, file, join(run, "checkpoints")],
    }).output();
    if (!success) return new TextDecoder().decode(stderr).trim();
  } catch (error) {
    return String(error);
  }
  const lines = (await Deno.readTextFile(log)).split("\n");
  return lines.flatMap((line): readonly Call[] => {
    const flushed = /f(?:data)?sync\(\d+<([^>]*)>/.exec(line)?.[1];
    const renamed = /rename\w*\(.*"([^"]*)"/.exec(line)?.[1];
    const path = flushed ?? renamed;
    if (path === undefined || !path.startsWith(folder)) return [];
    const name = flushed === undefined ? "rename" : "fsync";
    return [{ name, path: path.slice(folder.length + 1) }];
  });
}

const probe = await new Deno.Command("strace", { args: ["true"] }).output()
  .then(
    ({ success, stderr }) =>
      success ? null : new TextDecoder().decode(stderr).trim(),
    String,
  );

Deno.test({
  name:
    `writeCheckpoint() flushes each file and its folder before the name, and the folders around it after${
      probe === null ? "" : ` [skipped: no strace: ${probe}]`
    }`,
  ignore: probe !== null,
  fn: () =>
    inFolder(async (folder) => {
      const calls = await traced(folder, SCRIPT);
      ok(typeof calls !== "string", String(calls));
      const at = calls.findIndex(({ name }) => name === "rename");
      strictEqual(calls[at]?.path, "run/checkpoints/step-000000000");
      const partial = "run/checkpoints/step-000000000.partial";
      const before = calls.slice(0, at).map(({ path }) => path);
      deepStrictEqual(before.filter((path) => path.startsWith(partial)), [
        `${partial}/model.safetensors`,
        `${partial}/optimizer.safetensors`,
        `${partial}/run.json`,
        `${partial}/SHA512SUMS`,
        partial,
      ]);
      ok(before.includes("run"), "the new folder of checkpoints is flushed");
      deepStrictEqual(calls.slice(at + 1), [
        { name: "fsync", path: "run/checkpoints" },
      ]);
    }),
});
