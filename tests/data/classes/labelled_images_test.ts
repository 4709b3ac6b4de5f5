import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { labelledImages, noClassesReason } from "../../../data/mod.ts";
import { noiseSource, valueOf } from "../sources.ts";

Deno.test("labelledImages() keeps images with a label, in order, with their names and pixels", async () => {
  const all = noiseSource(9);
  const some = {
    ...all,
    label: (index: number) => index % 4 === 1 ? null : all.label(index),
  };
  const found = labelledImages(some);
  strictEqual(found.length, 7);
  strictEqual(found.summary, "7 of 9 images");
  const kept = [0, 2, 3, 4, 6, 7, 8];
  deepStrictEqual(kept.map((_, i) => found.label(i)), kept.map(all.label));
  deepStrictEqual(
    kept.map((_, i) => found.imageName(i)),
    kept.map(all.imageName),
  );
  deepStrictEqual(valueOf(await found.read(1)), valueOf(await all.read(2)));
  strictEqual(labelledImages(all), all);
  strictEqual(labelledImages({ ...all, label: () => null }).length, 0);
});

Deno.test("noClassesReason() says what is wrong with labels that are there", () => {
  const source = noiseSource(1);
  strictEqual(noClassesReason(source), "they have no classes");
  strictEqual(
    noClassesReason({
      ...source,
      labelFault: "a list of labels stands at a:0",
    }),
    "their labels are no classes: a list of labels stands at a:0",
  );
});
