import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Tally } from "../../../../data/report/counts.ts";
import { tarSamples } from "../../../../data/sources/tar/tar_samples.ts";

/** Images and their classes, and what is left out, of an archive with files of these names. */
function samplesOf(...names: readonly string[]) {
  const skipped = new Tally();
  const entries = names.map((name) => ({ name, offset: 512, size: 1 }));
  const samples = tarSamples(entries, skipped).map((sample) =>
    [sample.image, sample.classFile ?? sample.json]
      .map((entry) => entry?.name ?? null)
  );
  return [samples, skipped.words];
}

Deno.test("tarSamples() joins an image and its class, in the order of their first files", () => {
  deepStrictEqual(samplesOf("b.cls", "a.png", "a.cls", "b.JPG"), [
    [["b.JPG", "b.cls"], ["a.png", "a.cls"]],
    "",
  ]);
  deepStrictEqual(samplesOf("d/x.PNG", "d/x.CLS", "e/x.png", "y.cls"), [
    [["d/x.PNG", "d/x.CLS"], ["e/x.png", null]],
    "1 .cls (y.cls)",
  ]);
  for (const suffix of ["cls.txt", "label", "json", "class_name.txt"]) {
    deepStrictEqual(samplesOf("x.bmp", `x.${suffix}`)[0], [
      ["x.bmp", `x.${suffix}`],
    ]);
  }
});

Deno.test("tarSamples() takes the last dot where names have dots of their own", () => {
  deepStrictEqual(
    samplesOf(
      ...["IMG.2023.05.01.jpg", "IMG.2023.05.01.cls"],
      ...["IMG.2023.05.02.jpg", "IMG.2023.05.02.cls"],
    ),
    [[
      ["IMG.2023.05.01.jpg", "IMG.2023.05.01.cls"],
      ["IMG.2023.05.02.jpg", "IMG.2023.05.02.cls"],
    ], ""],
  );
  deepStrictEqual(samplesOf("a.b.jpg", "a.c.jpg"), [
    [["a.b.jpg", null], ["a.c.jpg", null]],
    "",
  ]);
  deepStrictEqual(samplesOf("p.jpg", "p.v2.jpg", "p.v2.cls", "p.3.jpg"), [
    [["p.jpg", null], ["p.v2.jpg", "p.v2.cls"], ["p.3.jpg", null]],
    "",
  ]);
  deepStrictEqual(samplesOf("./v1.2/set.a/0.jpg", "./v1.2/set.a/0.cls"), [
    [["./v1.2/set.a/0.jpg", "./v1.2/set.a/0.cls"]],
    "",
  ]);
});

Deno.test("tarSamples() takes one image of a sample and counts the others by their endings", () => {
  deepStrictEqual(samplesOf("0.png", "0.jpg", "1.png", "1.jpg"), [
    [["0.jpg", null], ["1.jpg", null]],
    "2 .png beside .jpg (0.png)",
  ]);
  deepStrictEqual(samplesOf("0.depth.png", "0.seg.png", "0.jpg", "0.cls"), [
    [["0.jpg", "0.cls"]],
    "1 .depth.png beside .jpg (0.depth.png), 1 .seg.png beside .jpg (0.seg.png)",
  ]);
  deepStrictEqual(samplesOf("0.mask.png", "0.image.png"), [
    [["0.image.png", null]],
    "1 about other images (0.mask.png)",
  ]);
  deepStrictEqual(samplesOf("0.right.png", "0.left.png", "0.cls"), [
    [["0.left.png", "0.cls"]],
    "1 .right.png beside .left.png (0.right.png)",
  ]);
  deepStrictEqual(samplesOf("a.1.png", "a.1.jpg"), [
    [["a.1.jpg", null]],
    "1 .png beside .jpg (a.1.png)",
  ]);
});

Deno.test("tarSamples() takes masks where there is nothing else, and flowers for no optical flow", () => {
  deepStrictEqual(samplesOf("0.mask.png", "1.mask.png")[0], [
    ["0.mask.png", null],
    ["1.mask.png", null],
  ]);
  deepStrictEqual(samplesOf("my.flower.jpg", "my.flow.jpg")[0], [
    ["my.flower.jpg", null],
  ]);
});

Deno.test("tarSamples() leaves out masks in a folder beside that of the images they are about", () => {
  deepStrictEqual(
    samplesOf(
      ...["voc/JPEGImages/1.jpg", "voc/JPEGImages/2.jpg"],
      ...["voc/SegmentationClass/1.png", "voc/masks/3.png"],
    ),
    [[
      ["voc/JPEGImages/1.jpg", null],
      ["voc/JPEGImages/2.jpg", null],
      ["voc/masks/3.png", null],
    ], "1 about other images (voc/SegmentationClass/1.png)"],
  );
  const faces = ["with_mask/1.jpg", "no_mask/1.jpg", "none/1.jpg"];
  deepStrictEqual(samplesOf(...faces)[0], faces.map((name) => [name, null]));
});

Deno.test("tarSamples() counts what belongs to no sample, each kind with an example", () => {
  const [samples, words] = samplesOf(
    ...["a.jpg", "a.txt", "b.jpg", "b.txt", "README"],
    ...["._a.jpg", "__MACOSX/a.jpg", ".x.jpg", "PaxHeaders.7/a.jpg"],
  );
  deepStrictEqual(samples, [["a.jpg", null], ["b.jpg", null]]);
  strictEqual(
    words,
    "2 files of macOS (._a.jpg), 2 .txt (a.txt), 1 hidden files (.x.jpg), " +
      "1 notes of the archiver (PaxHeaders.7/a.jpg), 1 without a suffix (README)",
  );
});

Deno.test("tarSamples() of many files with one name up to the first dot is no slower than of others", () => {
  const names = Array.from({ length: 20_000 }, (_, i) => `p.${i}`);
  const [samples] = samplesOf(
    ...names.flatMap((name) => [`${name}.jpg`, `${name}.cls`]),
  );
  strictEqual(samples?.length, names.length);
});
