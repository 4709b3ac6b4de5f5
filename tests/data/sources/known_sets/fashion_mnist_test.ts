import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  embeddedFashionMnist,
  type ImageSource,
} from "../../../../data/mod.ts";
import { fashionMnist } from "../../../../data/sources/known_sets/fashion_mnist.ts";
import { FASHION_MNIST_CLASSES } from "../../../../data/sources/known_sets/fashion_mnist_source.ts";
import type { RawImage } from "../../../../data/image/raw_image.ts";
import { errorOf, gzip, idxFile, inFolder, valueOf } from "../../sources.ts";

const images = idxFile([3, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
const labels = idxFile([3], [9, 0, 4]);

const rawAt = async (source: ImageSource, index: number): Promise<RawImage> => {
  const image = valueOf(await source.read(index));
  if (image._tag !== "RawImage") throw new Error("encoded");
  return image;
};

Deno.test("embeddedFashionMnist() holds 10,000 images of 28×28, a thousand of each class", async () => {
  const source = valueOf(await embeddedFashionMnist());
  strictEqual(source.length, 10_000);
  strictEqual(source.summary, "10000 images of 28×28 in 10 classes");
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < source.length; i++) {
    const label = source.label(i) ?? -1;
    counts[label] = (counts[label] ?? 0) + 1;
  }
  deepStrictEqual(counts, new Array(10).fill(1000));
  deepStrictEqual(source.classNames, FASHION_MNIST_CLASSES);
});

Deno.test("embeddedFashionMnist() has pixels with nearly the published mean and deviation", async () => {
  const source = valueOf(await embeddedFashionMnist());
  let [sum, squares] = [0, 0];
  for (let i = 0; i < source.length; i++) {
    const { pixels, width, height, channels } = await rawAt(source, i);
    deepStrictEqual([width, height, channels, pixels.length], [28, 28, 1, 784]);
    for (const level of pixels) {
      sum += level / 255;
      squares += (level / 255) ** 2;
    }
  }
  const mean = sum / 7_840_000;
  const deviation = Math.sqrt(squares / 7_840_000 - mean ** 2);
  // 0.2860 and 0.3530 are those of the 60,000 training images.
  ok(Math.abs(mean - 0.2860) < 0.002, `mean ${mean}`);
  ok(Math.abs(deviation - 0.3530) < 0.002, `deviation ${deviation}`);
});

Deno.test("fashionMnist() reads packed and plain files of the split that is asked for", async () => {
  const files = {
    "train-images-idx3-ubyte.gz": await gzip(images),
    "train-labels-idx1-ubyte": labels,
    "t10k-images-idx3-ubyte": idxFile([1, 2, 2], [0, 0, 0, 1]),
    "t10k-labels-idx1-ubyte.gz": await gzip(idxFile([1], [3])),
  };
  await inFolder(files, async (folder) => {
    const train = valueOf(await fashionMnist(folder, "train"));
    strictEqual(train.length, 3);
    deepStrictEqual([0, 1, 2].map(train.label), [9, 0, 4]);
    deepStrictEqual([...(await rawAt(train, 1)).pixels], [5, 6, 7, 8]);
    const test = valueOf(await fashionMnist(folder, "test"));
    deepStrictEqual([test.length, test.label(0)], [1, 3]);
  });
});

Deno.test("fashionMnist() names the file that is not there", async () => {
  await inFolder({ "train-images-idx3-ubyte": images }, async (folder) => {
    strictEqual(
      errorOf(await fashionMnist(folder, "train")),
      `Cannot use ${folder}/train-labels-idx1-ubyte: found nothing, wanted an idx file`,
    );
  });
});

Deno.test("fashionMnist() refuses a gzip archive that is cut short", async () => {
  const packed = await gzip(images);
  const files = {
    "train-images-idx3-ubyte.gz": packed.subarray(0, packed.length - 9),
    "train-labels-idx1-ubyte": labels,
  };
  await inFolder(files, async (folder) => {
    match(
      errorOf(await fashionMnist(folder, "train")),
      /train-images-idx3-ubyte\.gz: found a damaged gzip archive \(.+\), wanted an idx file$/,
    );
  });
});

Deno.test("fashionMnist() refuses labels that do not fit the images or the classes", async () => {
  const withLabels = (own: Uint8Array) => ({
    "train-images-idx3-ubyte": images,
    "train-labels-idx1-ubyte": own,
  });
  await inFolder(withLabels(idxFile([2], [0, 1])), async (folder) => {
    match(
      errorOf(await fashionMnist(folder, "train")),
      /found 2 labels, wanted 3, one for each image/,
    );
  });
  await inFolder(withLabels(idxFile([3], [0, 10, 1])), async (folder) => {
    match(
      errorOf(await fashionMnist(folder, "train")),
      /found label 10, wanted labels below 10/,
    );
  });
});
