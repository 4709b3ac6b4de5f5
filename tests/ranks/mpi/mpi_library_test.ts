import { deepStrictEqual, match } from "node:assert/strict";
import {
  integers,
  libraryNames,
  openMpi,
  textFrom,
} from "../../../ranks/mpi/mpi_library.ts";

Deno.test("openMpi() says for each library why it cannot be opened, in one line", () => {
  const opened = openMpi(["/nowhere/libmpi.so", "/nowhere/other.so"]);
  deepStrictEqual(opened._tag, "Left");
  const reason = opened._tag === "Left" ? opened.left : "";
  match(
    reason,
    /^no MPI library could be opened: \/nowhere\/libmpi\.so \(.*\); \/nowhere\/other\.so \(.*\)$/,
  );
});

Deno.test("libraryNames() tries the libraries of all families for none", () => {
  deepStrictEqual(libraryNames(null), [
    ...libraryNames("openmpi"),
    ...libraryNames("mpich"),
  ]);
});

Deno.test("textFrom() ends a text where its length or a zero byte does", () => {
  const bytes = new TextEncoder().encode("abc\0d");
  const written = (count: number) =>
    textFrom(8, (out, length) => {
      out.set(bytes);
      length[0] = count;
    });
  deepStrictEqual([written(2), written(5)], ["ab", "abc"]);
  deepStrictEqual(integers(2), new Int32Array(2));
});
