import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { kindOfBytes } from "../../core/mod.ts";
import { packTar } from "modern-tar";
import { gzip } from "../data/sources.ts";

/** Characters of Latin-1 as bytes. */
const bytes = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));

Deno.test("kindOfBytes() calls what lies in the place of a picture by its name", () => {
  const kinds: readonly (readonly [string, string | null])[] = [
    ["", "an empty file"],
    ["\0\0\0\0", "a file of nothing but zeros"],
    [
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n",
      "a Git LFS pointer (git lfs pull fetches the file itself)",
    ],
    ["\n <!DOCTYPE html><html>", "an HTML page"],
    ['<?xml version="1.0"?><!DOCTYPE html PUBLIC ""><html>', "an HTML page"],
    ['<?xml version="1.0"?>\n<!-- a --><svg width="9">', "an SVG drawing"],
    ["<?xml version='1.0'?><Error><Code>AccessDenied", "an XML file"],
    ['{"error":"not found"}', "a JSON file"],
    ["<!>".repeat(300), "an XML file"],
    ["404: Not Found", "a text file"],
    ["\xc3\xa9t\xc3", "a text file"],
    ["PK\x03\x04\x14\0", "a zip archive"],
    ["\x28\xb5\x2f\xfd\x04", "a file compressed by Zstandard"],
    ["\0\0\0\x18ftypheic\0\0\0\0", "a HEIC picture"],
    ["\0\0\0\x18ftypisom\0\0\0\0", "a video"],
    [
      "\0\x05\x16\x07\0\x02\0\0",
      "what macOS keeps beside a file (AppleDouble)",
    ],
    ["\x93NUMPY\x01\0", "a NumPy array"],
    ["\x80\x04\x95\x10", "a pickle of Python"],
    ['\x28\0\0\0\0\0\0\0{"a":', "a safetensors file"],
    ["\x01\x02\x03\x04\xfe", null],
  ];
  deepStrictEqual(
    kinds.map(([head]) => kindOfBytes(bytes(head))),
    kinds.map(([, kind]) => kind),
  );
});

Deno.test("kindOfBytes() knows what others have packed", async () => {
  strictEqual(
    kindOfBytes(await gzip(Uint8Array.of(1))),
    "a file compressed by gzip",
  );
  const tar = await packTar([{ header: { name: "a", size: 1 }, body: "1" }]);
  strictEqual(kindOfBytes(tar), "a tar archive");
});
