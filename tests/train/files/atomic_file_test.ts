import fc from "fast-check";
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { orThrow, replaceFile } from "../../../train/mod.ts";
import { writeDigested } from "../../../train/files/atomic_file.ts";
import { inFolder } from "../temporary_folder.ts";

const parts = fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 6 });

Deno.test("writeDigested() writes parts one behind the other and gives the SHA-512 of the file", () =>
  inFolder(async (folder) => {
    const path = `${folder}/x`;
    await fc.assert(fc.asyncProperty(parts, async (content) => {
      const sha512 = await writeDigested(path, content);
      const whole = await Deno.readFile(path);
      deepStrictEqual(Buffer.from(whole), Buffer.concat(content));
      strictEqual(sha512, createHash("sha512").update(whole).digest("hex"));
    }));
  }));

Deno.test("replaceFile() writes text, bytes and parts, and keeps the old file when parts end with an error", () =>
  inFolder(async (folder) => {
    const path = `${folder}/x`;
    const bytes = new TextEncoder().encode("a–b");
    for (const content of ["a–b", bytes, [bytes.slice(0, 2), bytes.slice(2)]]) {
      orThrow(await replaceFile(path, content));
      strictEqual(await Deno.readTextFile(path), "a–b");
    }
    const broken = function* () {
      yield bytes;
      throw new Error("no more");
    };
    strictEqual((await replaceFile(path, broken()))._tag, "Left");
    strictEqual(await Deno.readTextFile(path), "a–b");
    deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name), [
      "x",
    ]);
  }));
