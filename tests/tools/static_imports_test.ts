import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";

/** One file of a module graph, as `deno info` prints it. */
interface ModuleInfo {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly specifier: string;
    readonly code?: { readonly specifier?: string };
    readonly isDynamic?: boolean;
  }[];
}

const REPOSITORY = new URL("../../", import.meta.url);

async function moduleGraph(entry: string): Promise<readonly ModuleInfo[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: REPOSITORY,
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).modules;
}

/** Names of everything that is loaded with a module, our files and packages alike. */
function loadedWith(
  modules: readonly ModuleInfo[],
  entry: string,
  follow: "static imports" | "all imports",
): ReadonlySet<string> {
  const bySpecifier = new Map(modules.map((m) => [m.specifier, m]));
  const loaded = new Set<string>();
  const waiting = [new URL(entry, REPOSITORY).href];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (loaded.has(next)) continue;
    loaded.add(next);
    for (const import_ of bySpecifier.get(next)?.dependencies ?? []) {
      if (import_.isDynamic && follow === "static imports") continue;
      if (import_.code === undefined) continue;
      waiting.push(import_.code.specifier ?? import_.specifier);
    }
  }
  return loaded;
}

const TENSOR_LIBRARY = /@tensorflow|onnxruntime/;

const tensorLibraries = (loaded: ReadonlySet<string>): string =>
  [...loaded].filter((name) => TENSOR_LIBRARY.test(name)).join(", ");

for (const entry of ["core/mod.ts", "data/mod.ts", "plot/mod.ts", "mod.ts"]) {
  Deno.test(`importing ${entry} loads no tensor library`, async () => {
    const loaded = loadedWith(
      await moduleGraph(entry),
      entry,
      "static imports",
    );
    ok(loaded.size > 1, `${entry} imports nothing: is it there?`);
    strictEqual(tensorLibraries(loaded), "");
  });
}

Deno.test("backends/mod.ts reaches the tensor library, so that the tests above can fail", async () => {
  const entry = "backends/mod.ts";
  const loaded = loadedWith(await moduleGraph(entry), entry, "all imports");
  ok(tensorLibraries(loaded) !== "");
});

Deno.test("importing mod.ts loads no library that draws, and plots() reaches it", async () => {
  const modules = await moduleGraph("mod.ts");
  const drawing = (follow: "static imports" | "all imports") =>
    [...loadedWith(modules, "mod.ts", follow)]
      .filter((name) => /@observablehq|linkedom/.test(name)).length;
  strictEqual(drawing("static imports"), 0);
  ok(drawing("all imports") > 0);
});

Deno.test("backends/webgpu reaches no module that a browser has not, however it is imported", async () => {
  const entry = "backends/webgpu/webgpu_backend.ts";
  const loaded = loadedWith(await moduleGraph(entry), entry, "all imports");
  const reached = [...loaded].filter((name) => !name.startsWith("file:"));
  ok(loaded.size > 70, "there is more in the engine");
  // Both are plain JavaScript.
  deepStrictEqual(
    reached.map((name) => name.replace(/@[^@]*$/, "")).sort(),
    ["npm:fp-ts", "npm:io-ts"],
  );
});
