import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { ImageSource } from "../../../../data/mod.ts";
import { parquetImages } from "../../../../data/sources/parquet/parquet_images.ts";
import {
  featuresOf,
  imageColumn,
  listColumn,
  parquetOf,
  parquetWith,
  type Stored,
  type StoredColumn,
  valueColumn,
} from "../../archives.ts";
import { pageOf, parquetByHand } from "./parquet_by_hand.ts";
import { errorOf, gzip, inFolder, valueOf } from "../../sources.ts";

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
    "tiny.parquet": "x",
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

/** Opens one file of some columns, and hands over its bytes to a test. */
async function opened(
  bytes: Uint8Array,
  test: (source: ImageSource, path: string) => Promise<void>,
): Promise<void> {
  await inFolder({ "x.parquet": bytes }, async (folder) => {
    const path = `${folder}/x.parquet`;
    await test(valueOf(await parquetImages("p", [path])), path);
  });
}

/** Files of 3 kB that have nothing in common. */
const large = (count: number): readonly Uint8Array[] =>
  Array.from(
    { length: count },
    (_, i) =>
      Uint8Array.from(
        { length: 3000 },
        (_, at) => Math.imul(3000 * i + at + 1, 2654435761) >>> 13,
      ),
  );

async function readAll(source: ImageSource, step = 7) {
  const order = Array.from(
    { length: source.length },
    (_, i) => (i * step) % source.length,
  );
  const read = await Promise.all(order.map(source.read));
  const found: (Uint8Array | string)[] = [];
  order.forEach((index, i) => {
    const image = read[i]!;
    found[index] = image._tag === "Left"
      ? errorOf(image)
      : image.right._tag === "EncodedImage"
      ? image.right.bytes
      : "";
  });
  return found;
}

const ENCODINGS = [
  "PLAIN",
  "DELTA_LENGTH_BYTE_ARRAY",
  "DELTA_BYTE_ARRAY",
  "RLE_DICTIONARY",
] as const;
for (const codec of ["SNAPPY", "UNCOMPRESSED"] as const) {
  for (const encoding of ENCODINGS) {
    Deno.test(`parquetImages() reads images of many pages in one row group, twice: ${codec}, ${encoding}`, async () => {
      const images = large(40).map((bytes, i) => i % 9 === 4 ? null : bytes);
      // A dictionary pays where values come again.
      const stored = encoding === "RLE_DICTIONARY"
        ? images.map((image, i) => image && images[i % 3]!)
        : images;
      const column = imageColumn("image", stored, encoding);
      const file = parquetWith([column], { codec, pageSize: 20_000 });
      await opened(file, async (source) => {
        const wanted = stored.map((image, i) =>
          image ??
            `Cannot read image ${source.imageName(i)}: the row holds no bytes`
        );
        deepStrictEqual(await readAll(source), wanted);
        deepStrictEqual(await readAll(source, 1), wanted);
      });
    });
  }
}

Deno.test("parquetImages() reads the page of an image and no other one", async () => {
  const images = large(40);
  const file = parquetWith([imageColumn("image", images)], {
    codec: "UNCOMPRESSED",
    pageSize: 20_000,
  });
  await opened(file, async (source, path) => {
    valueOf(await source.read(0));
    const bytes = await Deno.readFile(path);
    const text = (part: Uint8Array): string => String.fromCharCode(...part);
    const at = (image: Uint8Array): number =>
      text(bytes).indexOf(text(image.subarray(0, 200)));
    bytes.fill(1, at(images[1]!), at(images[1]!) + 3000);
    await Deno.writeFile(path, bytes.subarray(0, at(images[30]!)));
    // Image 1 was found with image 0: it is read by its place.
    const [first, ...others] = await Promise.all([1, 12, 39].map(source.read));
    deepStrictEqual(valueOf(first!), {
      _tag: "EncodedImage",
      bytes: new Uint8Array(3000).fill(1),
    });
    deepStrictEqual(valueOf(others[0]!), {
      _tag: "EncodedImage",
      bytes: images[12],
    });
    strictEqual(others[1]?._tag, "Left", "it lies behind the end");
  });
});

Deno.test("parquetImages() reads a row group of more bytes than memory has, page by page", async () => {
  const images = large(40);
  const file = parquetByHand([imageColumn("image", images)], {
    unpacked: 2n ** 40n,
  });
  await opened(file, async (source) => {
    deepStrictEqual(await readAll(source), images);
    match(source.summary, /^40 images \(1 row group in 1 Parquet file/);
  });
});

Deno.test("parquetImages() refuses a page of more than 1 GiB and says how files are written with smaller ones", async () => {
  const pages = pageOf({ type: 0, rows: 3, size: 90, unpacked: 2 ** 31 - 1 });
  const file = parquetByHand([imageColumn("image", large(3))], {
    unpacked: 2n ** 31n,
    pages,
  });
  await inFolder({ "x.parquet": file }, async (folder) => {
    match(
      errorOf(await parquetImages("p", [`${folder}/x.parquet`])),
      /found a page of 2\.1 GB, more than is read at once \(1\.1 GB\); smaller row groups help, for example row_group_size=100/,
    );
  });
});

Deno.test("parquetImages() reads columns of bytes, and says which columns were taken", async () => {
  const images = large(4);
  const file = parquetWith([
    imageColumn("mask", [1, 2, 3, 4].map((level) => Uint8Array.of(level))),
    valueColumn("jpg", "BYTE_ARRAY", images),
    valueColumn("caption", "BYTE_ARRAY", ["a", "b", "c", "d"], "UTF8"),
    valueColumn("category", "BYTE_ARRAY", ["y", "x", "y", "x"], "UTF8"),
  ]);
  await opened(file, async (source) => {
    deepStrictEqual(await readAll(source), images);
    deepStrictEqual(source.classNames, ["x", "y"]);
    strictEqual(
      source.summary,
      "4 images in 2 classes (1 row group in 1 Parquet file; images from jpg; " +
        "classes from category; columns left out: mask, caption)",
    );
  });
});

Deno.test("parquetImages() takes labels of every type", async () => {
  const image = imageColumn("image", large(3));
  const numbers = [["0", "1", "2"], [0, 2, 1]] as const;
  const types: readonly (readonly [StoredColumn, readonly unknown[]])[] = [
    [valueColumn("label", "INT32", [0, 2, 1]), numbers],
    [valueColumn("label", "INT64", [0n, 2n, 1n]), numbers],
    [valueColumn("label", "INT32", [0, 2, 1], "UINT_8"), numbers],
    [valueColumn("label", "DOUBLE", [0, 2, 1]), numbers],
    [valueColumn("label", "INT32", [0, null, -1]), [["0"], [0, null, null]]],
    [valueColumn("label", "BOOLEAN", [true, false, true]), [
      ["false", "true"],
      [1, 0, 1],
    ]],
    [valueColumn("label", "BYTE_ARRAY", ["b", "a", "b"], "UTF8"), [
      ["a", "b"],
      [1, 0, 1],
    ]],
    [valueColumn("label", "INT32", [-1, -1, -1]), [null, [null, null, null]]],
  ];
  for (const [label, [names, labels]] of types) {
    await opened(parquetWith([image, label]), async (source) => {
      deepStrictEqual(source.classNames, names);
      deepStrictEqual([0, 1, 2].map(source.label), labels);
      deepStrictEqual((await readAll(source)).length, 3);
    });
  }
});

Deno.test("parquetImages() opens images whose labels are lists, and says so with words about labels", async () => {
  const labels = listColumn("labels", [[0, 1], [2], [1]]);
  await opened(
    parquetWith([imageColumn("image", large(3)), labels]),
    async (source) => {
      strictEqual(source.classNames, null);
      strictEqual(source.labelFault, "a list of labels stands at x.parquet:0");
      match(
        source.summary,
        /no classes: a list of labels stands at x\.parquet:0/,
      );
      deepStrictEqual(await readAll(source), large(3));
    },
  );
});

Deno.test("parquetImages() opens images beside a column of classes that cannot be read", async () => {
  const file = parquetWith([
    imageColumn("image", large(3)),
    valueColumn("label", "INT64", [4n, 4n, 4n].map((n) => n ** 20n)),
  ], { codec: "UNCOMPRESSED" });
  const mark = new Uint8Array(new BigInt64Array([4n ** 20n]).buffer);
  const at = file.findIndex((_, i) =>
    mark.every((byte, j) => file[i + j] === byte)
  );
  ok(at > 0);
  // What stands before the values: levels, and the header of their page.
  file.fill(0xff, at - 20, at);
  await opened(file, async (source) => {
    strictEqual(source.classNames, null);
    match(source.labelFault ?? "", /^the column label cannot be read: .+/);
    deepStrictEqual(await readAll(source), large(3));
  });
});

Deno.test("parquetImages() joins files with and without classes, and those whose names differ", async () => {
  const part = (
    labels: readonly number[] | null,
    names: readonly string[] | null,
  ) =>
    parquetWith(
      [
        imageColumn("image", large(2)),
        ...labels === null ? [] : [valueColumn("label", "INT32", labels)],
      ],
      names === null
        ? {}
        : featuresOf({ label: { names, _type: "ClassLabel" } }),
    );
  const files = {
    "0.parquet": part([0, 1], ["cat", "dog"]),
    "1.parquet": part(null, null),
    "2.parquet": part([0, 1], ["dog", "cat"]),
  };
  await inFolder(files, async (folder) => {
    const paths = Object.keys(files).map((name) => `${folder}/${name}`);
    const source = valueOf(await parquetImages("p", paths));
    deepStrictEqual(source.classNames, ["cat", "dog"]);
    deepStrictEqual([0, 1, 2, 3, 4, 5].map(source.label), [
      ...[0, 1, null, null, 1, 0],
    ]);
    match(source.summary, /without a class: 2 with no label \(1\.parquet:0\)/);
  });
});

Deno.test("parquetImages() passes over files without rows and says which", async () => {
  const none = parquetWith([
    imageColumn("image", []),
    valueColumn("label", "INT32", []),
  ]);
  const files = {
    "0.parquet": none,
    "1.parquet": "",
    "2.parquet": parquetOf(stored(3)),
  };
  await inFolder(files, async (folder) => {
    const paths = Object.keys(files).map((name) => `${folder}/${name}`);
    const source = valueOf(await parquetImages("p", paths));
    strictEqual(source.length, 3);
    match(source.summary, /passed over: 2 without rows \(0\.parquet\)/);
    match(
      errorOf(await parquetImages("p", paths.slice(0, 1))),
      /0\.parquet: found no row, wanted a Parquet file with a column of images/,
    );
  });
});

Deno.test("parquetImages() calls files of another kind by their names, and one of paths alone too", async () => {
  const whole = parquetOf(stored(3));
  const kinds = {
    "an HTML page": "<!DOCTYPE html><html><body>not found</body></html>",
    "a Git LFS pointer":
      "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n",
    "a file compressed by gzip": await gzip(whole),
    "an encrypted Parquet file": "PARE................................PARE",
    "a Parquet file that was cut off": whole.subarray(0, whole.length - 9),
    "a column image of paths without bytes": parquetOf(
      stored(3).map((row) => ({ ...row, bytes: null })),
    ),
  };
  for (const [kind, bytes] of Object.entries(kinds)) {
    await inFolder({ "x.parquet": bytes }, async (folder) => {
      const error = errorOf(await parquetImages("p", [`${folder}/x.parquet`]));
      ok(error.includes(`x.parquet: found ${kind}`), error);
    });
  }
});

Deno.test("parquetImages() reads images beside a column with a damaged page header", async () => {
  const path = "tests/golden/level_length_missing.parquet";
  const source = valueOf(await parquetImages("p", [path]));
  const images = await Promise.all([0, 1, 2, 3].map(source.read));
  images.forEach(valueOf);
});
