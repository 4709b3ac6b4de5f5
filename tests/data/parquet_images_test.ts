import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { parquetImages } from "../../data/mod.ts";
import { parquetOf, type Stored } from "./archives.ts";
import { errorOf, inFolder, valueOf } from "./sources.ts";

const stored = (count: number): readonly Stored[] =>
  Array.from({ length: count }, (_, i) => ({
    bytes: Uint8Array.of(255, 216, i, i * 7),
    label: i % 3,
  }));

for (const codec of ["SNAPPY", "UNCOMPRESSED"] as const) {
  Deno.test(`parquetImages() reads every image of every row group in any order: ${codec}`, async () => {
    const files = {
      "0.parquet": parquetOf(stored(7), { codec, names: ["a", "b", "c"] }),
      "1.parquet": parquetOf(stored(4), { codec, rowGroupSize: 3 }),
    };
    await inFolder(files, async (folder) => {
      const paths = Object.keys(files).map((name) => `${folder}/${name}`);
      const source = valueOf(await parquetImages("p", paths));
      strictEqual(
        source.summary,
        "11 images in 3 classes (6 row groups in 2 Parquet files)",
      );
      deepStrictEqual(source.classNames, ["a", "b", "c"]);
      const order = [10, 0, 6, 7, 3, 9, 1, 8, 2, 5, 4];
      const images = await Promise.all(order.map((i) => source.read(i)));
      order.forEach((index, i) => {
        const within = index < 7 ? index : index - 7;
        deepStrictEqual(valueOf(images[i]!), {
          _tag: "EncodedImage",
          bytes: stored(7)[within]?.bytes,
        });
        strictEqual(source.label(index), within % 3);
      });
      strictEqual(source.imageName(8), `${folder}/1.parquet:1`);
    });
  });
}

Deno.test("parquetImages() names a file that is missing, cut short, or without images", async () => {
  const whole = parquetOf(stored(3));
  const files = {
    "short.parquet": whole.subarray(0, whole.length - 3),
    "text.parquet": "this is not a Parquet file at all",
    "empty.parquet": "",
  };
  await inFolder(files, async (folder) => {
    for (const name of [...Object.keys(files), "none.parquet"]) {
      match(
        errorOf(await parquetImages("p", [`${folder}/${name}`])),
        new RegExp(
          `${name}: found .+, wanted a Parquet file with a column of images$`,
        ),
      );
    }
  });
});

Deno.test("parquetImages() tells of a file that is gone, image by image", async () => {
  await inFolder({ "0.parquet": parquetOf(stored(5)) }, async (folder) => {
    const path = `${folder}/0.parquet`;
    const source = valueOf(await parquetImages("p", [path]));
    ok(valueOf(await source.read(0)));
    await Deno.remove(path);
    ok(valueOf(await source.read(1)), "the group of image 0 is kept");
    match(errorOf(await source.read(4)), /^Cannot read image .*0\.parquet:4: /);
  });
});

Deno.test("parquetImages() ends at a page header that lacks the length of its levels, and reads the other groups", async () => {
  const path = "tests/golden/level_length_missing.parquet";
  const source = valueOf(await parquetImages("p", [path]));
  const images = await Promise.all([0, 1, 2, 3].map(source.read));
  for (const image of images.slice(0, 2)) {
    match(errorOf(image), /a page header with/);
  }
  images.slice(2).forEach(valueOf);
});
