import { equal, ok } from "node:assert/strict";
import { libraryFile } from "../../../../backends/onnx/runtime/library_file.ts";

const ENTRY = import.meta.resolve("onnxruntime-node");

for (
  const [os, arch] of [
    ["linux", "x86_64"],
    ["linux", "aarch64"],
    ["darwin", "aarch64"],
    ["windows", "x86_64"],
  ] as const
) {
  Deno.test(`libraryFile() names a file of the package for ${os} ${arch}`, () => {
    const file = libraryFile(ENTRY, os, arch);
    ok(file !== null && Deno.statSync(file).isFile);
  });
}

Deno.test("libraryFile() is null where the package has no library", () => {
  equal(libraryFile(ENTRY, "darwin", "x86_64"), null);
  equal(libraryFile(ENTRY, "freebsd", "x86_64"), null);
});
