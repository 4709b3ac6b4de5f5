/**
 * The file that remembers a run's images, hostile.
 *
 * @module
 */
import fc from "fast-check";
import { deepStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import { readImagesFile, rememberedImages } from "../../../train/mod.ts";
import { inFolder, noiseSource } from "../../data/sources.ts";
import { damaged } from "../../fuzz/damage.ts";
import { hostileJson } from "../../fuzz/hostile_json.ts";
import { fuzzParameters } from "../../fuzz/parameters.ts";
import { checkReason, watched } from "../../fuzz/watch.ts";

Deno.test("readImagesFile() of hostile and damaged files gives what was remembered or one reason", async () => {
  const choice = {
    data: "/photos",
    limit: 3,
    classes: ["a"],
    valShare: 0.1,
    heldOut: "by class",
    background: "none",
  } as const;
  const images = rememberedImages(choice, noiseSource(3));
  const bytesOf = (json: unknown): Uint8Array<ArrayBuffer> =>
    new TextEncoder().encode(JSON.stringify(json));
  const cases = fc.oneof(
    hostileJson(images).map(bytesOf),
    damaged(bytesOf(images)),
  );
  await inFolder({}, async (folder) => {
    await fc.assert(
      fc.asyncProperty(cases, async (bytes) => {
        await Deno.writeFile(join(folder, "images.json"), bytes);
        const read = await watched(1e6, () => readImagesFile(folder));
        if (read._tag === "Left") return checkReason(read.left);
        const { data, limit, classes, valShare, found, names } = read.right;
        deepStrictEqual(
          [data, classes?.[0]].map((x) => x === null || typeof x),
          [
            data === null || "string",
            classes === null ? "undefined" : "string",
          ],
        );
        deepStrictEqual([typeof found, typeof names], ["string", "string"]);
        deepStrictEqual([limit, valShare].map((x) => Number.isFinite(x ?? 0)), [
          true,
          true,
        ]);
      }),
      fuzzParameters(500),
    );
  });
});
