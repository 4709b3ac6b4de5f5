import {
  deepStrictEqual,
  match,
  notStrictEqual,
  strictEqual,
} from "node:assert/strict";
import { createHash } from "node:crypto";
import { right } from "../../../core/mod.ts";
import {
  changedContents,
  contentDigest,
  imageFolder,
  type ImageSource,
  selectImages,
} from "../../../data/mod.ts";
import { parquetImages } from "../../../data/sources/parquet/parquet_images.ts";
import { webDataset } from "../../../data/sources/tar/web_dataset.ts";
import { parquetOf, tarOf } from "../archives.ts";
import { inFolder, noiseImage, noiseSource, valueOf } from "../sources.ts";

/** Contents of so many images; one of them may be another one of the same size. */
const contents = (count: number, changed = -1): readonly Uint8Array[] =>
  Array.from(
    { length: count },
    (_, i) => Uint8Array.of(255, 216, 255, i, i === changed ? 1 : 0),
  );

/** Opens the same images in every layout. */
const LAYOUTS: Readonly<
  Record<
    string,
    (images: readonly Uint8Array[]) => Promise<string>
  >
> = {
  folder: async (images) => {
    let digest = "";
    const files = images.map((bytes, i) => [`${100 + i}.jpg`, bytes] as const);
    await inFolder(Object.fromEntries(files), async (folder) => {
      digest = await contentDigest(valueOf(await imageFolder(folder)));
    });
    return digest;
  },
  "tar archive": async (images) => {
    let digest = "";
    const files = images.map((bytes, i) =>
      [`${100 + i}.jpg`, new TextDecoder("latin1").decode(bytes)] as const
    );
    const tar = await tarOf(Object.fromEntries(files));
    await inFolder({ "0.tar": tar }, async (folder) => {
      const source = await webDataset("w", [`${folder}/0.tar`]);
      digest = await contentDigest(valueOf(source));
    });
    return digest;
  },
  "Parquet file": async (images) => {
    let digest = "";
    const file = parquetOf(images.map((bytes) => ({ bytes, label: 0 })));
    await inFolder({ "0.parquet": file }, async (folder) => {
      const source = await parquetImages("p", [`${folder}/0.parquet`]);
      digest = await contentDigest(valueOf(source));
    });
    return digest;
  },
};

for (const [layout, digestOf] of Object.entries(LAYOUTS)) {
  Deno.test(`contentDigest() of a ${layout} is the same wherever it lies, and another if any image is replaced under its name`, async () => {
    const same = await digestOf(contents(40));
    match(same, /^1:([0-9a-f]{12}){40}$/);
    strictEqual(await digestOf(contents(40)), same);
    for (const changed of [0, 17, 39]) {
      notStrictEqual(await digestOf(contents(40, changed)), same, `${changed}`);
    }
  });
}

Deno.test("contentDigest() sees any one pixel of images in memory", async () => {
  const source = noiseSource(300);
  const altered: ImageSource = {
    ...source,
    read: (index) => {
      const image = noiseImage(index, 8, 8, 1);
      if (index === 299) image.pixels[63]! ^= 1;
      return Promise.resolve(right(image));
    },
  };
  notStrictEqual(await contentDigest(altered), await contentDigest(source));
});

/** Large files that count how often they are read. */
function largeSource(sizeOf: (index: number) => number) {
  const read: number[] = [];
  const source: ImageSource = {
    ...noiseSource(100_000),
    bytes: (index) => Promise.resolve(sizeOf(index)),
    read: (index) => {
      read.push(index);
      const bytes = new TextEncoder().encode(`image ${index}`);
      return Promise.resolve(right({ _tag: "EncodedImage", bytes }));
    },
  };
  return { source, read };
}

Deno.test("contentDigest() of a large set reads a few images of all parts, and sees a size that changed", async () => {
  const { source, read } = largeSource(() => 110_000);
  const digest = await contentDigest(source);
  const sample = [...new Set(read)];
  strictEqual(sample.length, 256);
  deepStrictEqual([sample[0], sample[128]], [0, 50_000]);
  const other = largeSource((index) => index === 0 ? 110_001 : 110_000);
  notStrictEqual(await contentDigest(other.source), digest);
});

Deno.test("contentDigest() is SHA-256 of the size and the content of each image", async () => {
  await inFolder(
    { "a.gif": "GIF89a one", "b.gif": "GIF89a three" },
    async (folder) => {
      const source = valueOf(await imageFolder(folder));
      const digest = (text: string): string =>
        createHash("sha256").update(text).digest("hex").slice(0, 12);
      const [one, two] = [
        digest("0: 10 bytes\n0: 10\nGIF89a one"),
        digest("1: 12 bytes\n1: 12\nGIF89a three"),
      ];
      strictEqual(await contentDigest(source), `1:${one}${two}`);
      const first = selectImages(source, Int32Array.of(0));
      strictEqual(await contentDigest(first), `1:${one}`);
      await Deno.remove(`${folder}/b.gif`);
      match(await contentDigest(source), new RegExp(`^1:${one}`));
    },
  );
});

Deno.test("changedContents() names the parts that changed, and tells nothing of another rule", async () => {
  const [before, now] = [
    await contentDigest(noiseSource(3000)),
    await contentDigest({
      ...noiseSource(3000),
      read: (index) =>
        Promise.resolve(right(noiseImage(index === 1500 ? 1 : index, 8, 8, 1))),
    }),
  ];
  deepStrictEqual(changedContents(before, now), {
    parts: 1024,
    changed: [512],
  });
  deepStrictEqual(changedContents(before, before)?.changed, []);
  strictEqual(changedContents(before, now.replace("1:", "2:")), null);
  strictEqual(changedContents(before, "1:"), null);
});
