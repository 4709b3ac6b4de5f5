import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { rootKey } from "../../../core/mod.ts";
import {
  heldOutCount,
  heldOutImages,
  type ImageSource,
  splitByClass,
} from "../../../data/mod.ts";
import { noiseSource, valueOf } from "../sources.ts";

const namesOf = ({ length, imageName }: ImageSource) =>
  Array.from({ length }, (_, i) => imageName(i));

Deno.test("heldOutImages() keeps a fifth away, 2000 at most, and each image is in one part", () => {
  for (const [length, held] of [[5, 1], [99, 19], [12_000, 2000]] as const) {
    strictEqual(heldOutCount(length), held);
    const { share, rest } = valueOf(heldOutImages(noiseSource(length)));
    strictEqual(share.length, held);
    const all = new Set([...namesOf(share), ...namesOf(rest)]);
    strictEqual(all.size, length);
  }
});

Deno.test("heldOutImages() holds out the same images each time: those of key 0", () => {
  const source = noiseSource(60);
  const parts = [heldOutImages(source, 6), splitByClass(source, 6, rootKey(0))]
    .map((part) => namesOf(valueOf(part).share));
  deepStrictEqual(parts[0], parts[1]);
});

Deno.test("heldOutImages() names what cannot be divided", () => {
  const one = heldOutImages(noiseSource(1));
  ok(one._tag === "Left");
  strictEqual(one.left[0].path, "images");
  const none = heldOutImages(noiseSource(4));
  ok(none._tag === "Left");
  deepStrictEqual(none.left[0], {
    _tag: "OutOfRange",
    path: "count",
    found: 0,
    wanted: "a whole number in [1, 3]",
  });
});
