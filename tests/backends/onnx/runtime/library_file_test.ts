import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { libraryFile } from "../../../../backends/onnx/runtime/start_runtime.ts";

const ENTRY = import.meta.resolve("onnxruntime-node");

/** Platforms as Deno names them and the folder that the package keeps for each. */
const FOLDERS: Readonly<Record<string, string>> = {
  "linux x86_64": "linux/x64",
  "linux aarch64": "linux/arm64",
  "darwin aarch64": "darwin/arm64",
  "windows x86_64": "win32/x64",
  "windows aarch64": "win32/arm64",
};

const BINARIES = new URL("../bin/napi-v6/", ENTRY);

const namesIn = (folder: URL): readonly string[] =>
  [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test("libraryFile() knows every platform of the package", () => {
  const folders = namesIn(BINARIES).flatMap((os) =>
    namesIn(new URL(`${os}/`, BINARIES)).map((arch) => `${os}/${arch}`)
  );
  deepStrictEqual(folders.toSorted(), Object.values(FOLDERS).toSorted());
});

for (const [platform, folder] of Object.entries(FOLDERS)) {
  const [os = "", arch = ""] = platform.split(" ");

  Deno.test(`libraryFile() names a library beside the binding for ${platform}`, () => {
    const file = libraryFile(ENTRY, os, arch);
    ok(file !== null && Deno.statSync(file).size > 1e6);
    deepStrictEqual(new URL(".", file), new URL(`${folder}/`, BINARIES));
    ok(namesIn(new URL(".", file)).includes("onnxruntime_binding.node"));
  });
}

Deno.test("libraryFile() is null where the package has no library", () => {
  strictEqual(libraryFile(ENTRY, "darwin", "x86_64"), null);
  strictEqual(libraryFile(ENTRY, "freebsd", "x86_64"), null);
});
