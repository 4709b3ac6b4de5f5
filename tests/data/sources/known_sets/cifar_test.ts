import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { ImageSource } from "../../../../data/mod.ts";
import { cifar } from "../../../../data/sources/known_sets/cifar.ts";
import type { RawImage } from "../../../../data/image/raw_image.ts";
import { cifarOf } from "../../archives.ts";
import { errorOf, inFolder, valueOf } from "../../sources.ts";

const rawAt = async (source: ImageSource, index: number): Promise<RawImage> => {
  const image = valueOf(await source.read(index));
  if (image._tag !== "RawImage") throw new Error("encoded");
  return image;
};

const batches = Object.fromEntries(
  [1, 2, 3, 4, 5].map((k) => [`data_batch_${k}.bin`, cifarOf([[k], [k + 1]])]),
);

Deno.test("cifar() reads the five batches of CIFAR-10 in order, planes to pixels", async () => {
  const names =
    "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";
  const files = {
    ...batches,
    "test_batch.bin": cifarOf([[9]]),
    "batches.meta.txt": names,
  };
  await inFolder(files, async (folder) => {
    const train = valueOf(await cifar(folder, "CIFAR-10", "train"));
    strictEqual(train.summary, "10 images of 32×32 in 10 classes");
    deepStrictEqual(
      Array.from({ length: 10 }, (_, i) => train.label(i)),
      [1, 2, 2, 3, 3, 4, 4, 5, 5, 6],
    );
    strictEqual(train.classNames?.[9], "truck");
    const { width, height, channels, pixels } = await rawAt(train, 3);
    deepStrictEqual([width, height, channels, pixels.length], [
      32,
      32,
      3,
      3072,
    ]);
    deepStrictEqual([...pixels.slice(0, 6)], [17, 18, 19, 17, 18, 19]);
    const test = valueOf(await cifar(folder, "CIFAR-10", "test"));
    deepStrictEqual([test.length, test.label(0), test.name], [
      1,
      9,
      "CIFAR-10 test",
    ]);
  });
});

Deno.test("cifar() takes the fine labels of CIFAR-100 and numbers classes without names", async () => {
  const files = { "train.bin": cifarOf([[19, 99], [0, 7]]) };
  await inFolder(files, async (folder) => {
    const train = valueOf(await cifar(folder, "CIFAR-100", "train"));
    deepStrictEqual([train.label(0), train.label(1)], [99, 7]);
    deepStrictEqual([train.classNames?.length, train.classNames?.[99]], [
      100,
      "99",
    ]);
    match(
      errorOf(await cifar(folder, "CIFAR-100", "test")),
      /test\.bin: found nothing, wanted/,
    );
  });
});

Deno.test("cifar() refuses files of another length, labels out of range, and too few names", async () => {
  const whole = cifarOf([[3]]);
  const wrong = {
    "found 3072 bytes, wanted a multiple of 3073": whole.subarray(1),
    "found a Git LFS pointer .*, wanted a multiple": new TextEncoder().encode(
      "version https://git-lfs.github.com/spec/v1\n",
    ),
    "found 0 bytes, wanted a multiple of 3073": new Uint8Array(),
    "found label 10 at image 1, wanted labels < 10": cifarOf([[3], [10]]),
  };
  for (const [text, bytes] of Object.entries(wrong)) {
    await inFolder({ "test_batch.bin": bytes }, async (folder) => {
      match(
        errorOf(await cifar(folder, "CIFAR-10", "test")),
        new RegExp(`test_batch\\.bin: ${text}`),
      );
    });
  }
  const files = { "test_batch.bin": whole, "batches.meta.txt": "cat\ndog\n" };
  await inFolder(files, async (folder) => {
    match(
      errorOf(await cifar(folder, "CIFAR-10", "test")),
      /batches\.meta\.txt: found 2 names, wanted 10 names/,
    );
  });
});
