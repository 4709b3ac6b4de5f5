import {
  deepStrictEqual,
  match,
  rejects,
  strictEqual,
} from "node:assert/strict";
import { join } from "node:path";
import { cacheFolder, storeIn } from "../../../cli/command/tuning_file.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { ROOT } from "../../programs.ts";
import { runWith } from "../permissions/run_with.ts";

Deno.test("cacheFolder() is where programs of the system keep what can be made again", () => {
  const of = (system: string, variables: Readonly<Record<string, string>>) =>
    cacheFolder(system, (name) => variables[name]);
  const home = { HOME: "/home/a" };
  strictEqual(of("linux", home), join("/home/a", ".cache", "vitfreeze"));
  const own = { ...home, XDG_CACHE_HOME: "/b" };
  strictEqual(of("linux", own), join("/b", "vitfreeze"));
  // The standard says that a relative path is to be passed over.
  const relative = { ...home, XDG_CACHE_HOME: "b" };
  strictEqual(of("freebsd", relative), join("/home/a", ".cache", "vitfreeze"));
  strictEqual(
    of("darwin", own),
    join("/home/a", "Library", "Caches", "vitfreeze"),
  );
  strictEqual(
    of("windows", { LOCALAPPDATA: "/local" }),
    join("/local", "vitfreeze"),
  );
  for (const system of ["linux", "darwin", "windows"]) {
    strictEqual(of(system, {}), null);
  }
});

Deno.test("storeIn() keeps a text in a folder that it makes", () =>
  inFolder(async (folder) => {
    const path = join(folder, "some", "where", "tuning.json");
    const store = storeIn(path);
    strictEqual(store.place, path);
    strictEqual(await store.load(), null);
    await store.save("one");
    await store.save("two");
    strictEqual(await storeIn(path).load(), "two");
    const files = Array.from(Deno.readDirSync(join(folder, "some", "where")));
    deepStrictEqual(files.map(({ name }) => name), ["tuning.json"]);
  }));

Deno.test("storeIn() refuses what is too long or no file", () =>
  inFolder(async (folder) => {
    const path = join(folder, "tuning.json");
    await Deno.writeTextFile(path, " ".repeat(2 ** 20 + 1));
    await rejects(storeIn(path).load(), /wanted at most 1048576/);
    await rejects(storeIn(folder).load(), /not a regular file/);
    await rejects(storeIn(join(path, "below")).save(""));
  }));

const PROGRAM = `
import { storeIn, tuningFile } from "${new URL(
  "cli/command/tuning_file.ts",
  ROOT,
)}";
const own = tuningFile();
const store = own ?? storeIn(Deno.args[0] + "/tuning.json");
const text = await store.load();
const refusal = await store.save("new").then(() => null, String);
console.log(JSON.stringify({ place: own?.place, text, refusal }));
`;

Deno.test("tuningFile() asks for no permission, and goes on without any", () =>
  inFolder(async (folder) => {
    const program = join(folder, "program.ts");
    await Deno.writeTextFile(program, PROGRAM);
    await Deno.writeTextFile(join(folder, "tuning.json"), "old");
    const found = async (...flags: readonly string[]) => {
      const config = `--config=${new URL("deno.json", ROOT).pathname}`;
      const end = await runWith([config, ...flags], [program, folder]);
      strictEqual(end.code, 0, end.stderr);
      return JSON.parse(end.stdout);
    };
    const none = await found();
    deepStrictEqual([none.place, none.text], [undefined, null]);
    match(none.refusal, /no read access to /);
    const read = await found(`--allow-read=${folder}`);
    strictEqual(read.text, "old");
    match(read.refusal, /no write access to /);
    const both = `--allow-read=${folder}`;
    const all = await found(both, `--allow-write=${folder}`);
    deepStrictEqual([all.text, all.refusal], ["old", null]);
    strictEqual(await Deno.readTextFile(join(folder, "tuning.json")), "new");
  }));
