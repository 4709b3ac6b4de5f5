import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  badImages,
  type Batch,
  IMAGENET_NORMALIZATION,
  type ImageSource,
  imageWorkers,
  keptImages,
  loadBatches,
  trainTransform,
} from "../../../data/mod.ts";
import { right as rightResult } from "../../../core/mod.ts";
import { right } from "../../right.ts";
import { encode, type Encoding, waves } from "../photographs.ts";
import { noiseSource, valueOf } from "../sources.ts";

const transform = right(
  trainTransform({
    ...{ imageSize: 16, inChannels: 3, normalization: IMAGENET_NORMALIZATION },
    scale: [0.3, 1],
  }),
);

const ENCODINGS: readonly Encoding[] = ["jpeg", "png", "webp"];

/** Pictures of several formats and sizes, one of them damaged, and how often one was read. */
async function pictures(): Promise<
  { readonly source: ImageSource; readonly reads: () => number }
> {
  const files = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      encode(
        waves(40 + 3 * i, 33 + 2 * i),
        ENCODINGS[i % ENCODINGS.length] ?? "png",
      )),
  );
  files[5] = files[5]!.slice(0, 60);
  let count = 0;
  const source: ImageSource = {
    ...noiseSource(files.length),
    normalization: IMAGENET_NORMALIZATION,
    read: (index) => {
      count++;
      const bytes = files[index]!.slice();
      return Promise.resolve(rightResult({ _tag: "EncodedImage", bytes }));
    },
  };
  return { source, reads: () => count };
}

type Options = Pick<Parameters<typeof loadBatches>[0], "kept" | "workers">;

async function epochs(
  source: ImageSource,
  options: Options,
): Promise<readonly Batch[]> {
  const found: Batch[] = [];
  for (const epoch of [0, 1, 2]) {
    const noted = badImages(source.length, 1);
    const all = loadBatches({
      ...{ source, transform, seed: 3, epoch, batchSize: 4 },
      ...{ badImages: noted, ...options },
    });
    for await (const batch of all) found.push(valueOf(batch));
    deepStrictEqual(noted.list().map(({ index }) => index), [5]);
  }
  return found;
}

Deno.test("pictures that stay decoded look as they do otherwise, and are read once", async () => {
  const { source, reads } = await pictures();
  const wanted = await epochs(source, {});
  const kept = keptImages(12);
  deepStrictEqual(await epochs(source, { kept }), wanted);
  const before = reads();
  deepStrictEqual(await epochs(source, { kept }), wanted);
  // The damaged one is tried in each epoch.
  strictEqual(reads() - before, 3);
});

Deno.test("pictures that stay decoded look the same to workers", async () => {
  const { source } = await pictures();
  using workers = imageWorkers(2);
  deepStrictEqual(
    await epochs(source, { kept: keptImages(12), workers }),
    await epochs(source, {}),
  );
});

Deno.test("no picture stays decoded where they do not all fit, and none looks otherwise", async () => {
  const { source, reads } = await pictures();
  const wanted = await epochs(source, {});
  const before = reads();
  const kept = keptImages(12, 20_000);
  deepStrictEqual(await epochs(source, { kept }), wanted);
  strictEqual(reads() - before, before);
  strictEqual(kept.at(0), null);
});

Deno.test("the size of a large source is reckoned from its first pictures", async () => {
  const bytes = await encode(waves(10, 10), "png");
  const [fits, exceeds] = [300_000, 299_999].map((most) =>
    keptImages(1000, most)
  );
  for (let index = 0; index < 40; index++) {
    const image = { _tag: "EncodedImage", bytes } as const;
    await fits!.keep(index, image);
    const after = await exceeds!.keep(index, image);
    strictEqual(after._tag, index < 32 ? "RawImage" : "EncodedImage");
  }
  strictEqual(fits!.at(39)?.pixels.length, 300);
  strictEqual(exceeds!.at(0), null);
});
