/**
 * Readers of files against files that are damaged: real ones with bytes changed,
 * cut out, put in, or cut off.
 *
 * @module
 */
import fc from "fast-check";
import { match, ok, strictEqual } from "node:assert/strict";
import sharp from "sharp";
import type { Result } from "../../core/mod.ts";
import {
  type DataError,
  describeDataError,
  type ImageSource,
  openSource,
} from "../../data/mod.ts";
import { cifar } from "../../data/sources/known_sets/cifar.ts";
import { fashionMnist } from "../../data/sources/known_sets/fashion_mnist.ts";
import { parquetImages } from "../../data/sources/parquet/parquet_images.ts";
import { type Size, wholeOf } from "../../data/image/raw_image.ts";
import type { View } from "../../data/transforms/view.ts";
import { webDataset } from "../../data/sources/tar/web_dataset.ts";
import { decodeLevels } from "../../data/decode/decode_levels.ts";
import { decodeScaled } from "./decode/decode_scaled.ts";
import { reasonOf } from "../../data/report/data_error.ts";
import { decodeIdx } from "../../data/sources/known_sets/idx_array.ts";
import { readFile } from "../../data/sources/read_file.ts";
import { tarIndex } from "../../data/sources/tar/tar_index.ts";
import { damaged } from "../fuzz/damage.ts";
import { fuzzParameters } from "../fuzz/parameters.ts";
import { checkReason, watched } from "../fuzz/watch.ts";
import { cifarOf, parquetOf, shardOf, type Stored, tarOf } from "./archives.ts";
import { encode, waves } from "./photographs.ts";
import { PLAIN } from "./plain_view.ts";
import { gzip, idxFile, inFolder } from "./sources.ts";

/** A failure must say what is wrong in a line of sane length. */
const checkError = (error: DataError): void =>
  checkReason(describeDataError(error));

/** A source that opened must be whole: each image can be asked for. */
async function checkSource(
  opened: Result<DataError, ImageSource>,
  most: number,
): Promise<void> {
  if (opened._tag === "Left") return checkError(opened.left);
  const { length, classNames, label, imageName, read } = opened.right;
  ok(length >= 1 && length <= most, `${length} images`);
  for (let index = 0; index < Math.min(length, 12); index++) {
    const own = label(index);
    ok(
      classNames === null
        ? own === null
        : own !== null && own >= 0 && own < classNames.length,
    );
    ok(imageName(index).length > 0);
    const image = await read(index);
    if (image._tag === "Left") checkError(image.left);
    else if (image.right._tag === "RawImage") {
      const { width, height, channels, pixels } = image.right;
      ok(pixels.length === width * height * channels);
    } else ok(image.right.bytes instanceof Uint8Array);
  }
}

/** Most bytes that one case may ask for; the files have some thousand. */
const ROOM_OF_CASE = 64e6;

/** Most that a fuzzed reader may add to the memory of the process, bytes. */
const ROOM = 600e6;

/** Runs cases on damaged copies of a file, in one folder. */
function fuzz(
  name: string,
  runs: number,
  whole: () => Promise<Uint8Array> | Uint8Array,
  check: (bytes: Uint8Array, path: string) => Promise<void>,
): void {
  Deno.test(name, async () => {
    const start = await whole();
    await inFolder({}, async (folder) => {
      const before = Deno.memoryUsage().rss;
      await fc.assert(
        fc.asyncProperty(
          damaged(start),
          (bytes) =>
            watched(
              ROOM_OF_CASE,
              () => check(bytes, `${folder}/file`),
            ),
        ),
        fuzzParameters(runs),
      );
      const grown = Deno.memoryUsage().rss - before;
      ok(grown < ROOM, `${grown} bytes more`);
      const left = (await Array.fromAsync(Deno.readDir(folder))).length;
      ok(left <= 2, "nothing is unpacked beside the file");
    });
  });
}

const idx = idxFile([3, 4, 5], new Array(60).fill(9));
const labels = idxFile([3], [1, 2, 3]);

fuzz(
  "decodeIdx() of damaged files gives the array or one error",
  2000,
  () => idx,
  (bytes) => {
    const array = decodeIdx(bytes, 3, "f");
    if (array._tag === "Left") checkError(array.left);
    else {
      const size = array.right.shape.reduce((a, b) => a * b, 1);
      ok(array.right.values.length === size && size <= bytes.length);
    }
    return Promise.resolve();
  },
);

fuzz(
  "fashionMnist() of damaged gzip files gives a source or one error",
  400,
  () => gzip(idx),
  async (bytes, path) => {
    const folder = path.slice(0, path.lastIndexOf("/"));
    await Deno.writeFile(`${folder}/train-images-idx3-ubyte`, bytes);
    await Deno.writeFile(`${folder}/train-labels-idx1-ubyte`, labels);
    await checkSource(await fashionMnist(folder, "train"), 3);
  },
);

fuzz(
  "cifar() of damaged files gives a source or one error",
  300,
  () => cifarOf([[1], [5], [9]]),
  async (bytes, path) => {
    const folder = path.slice(0, path.lastIndexOf("/"));
    await Deno.writeFile(`${folder}/test_batch.bin`, bytes);
    await checkSource(await cifar(folder, "CIFAR-10", "test"), 4);
  },
);

const stored: readonly Stored[] = [3, 0, 2, 1].map((label, i) => ({
  bytes: new Uint8Array(100 + 300 * i).fill(i),
  label,
}));

fuzz(
  "webDataset() of damaged archives gives a source or one error",
  600,
  () => shardOf(stored),
  async (bytes, path) => {
    await Deno.writeFile(path, bytes);
    await checkSource(await webDataset("w", [path]), 8);
  },
);

fuzz(
  "tarIndex() of damaged extended headers stays inside of the archive",
  600,
  () =>
    tarOf({
      [`${"x/".repeat(150)}a.jpg`]: "A",
      [`${"ü".repeat(120)}.jpg`]: "B".repeat(700),
      "c.jpg": "C",
    }),
  async (bytes, path) => {
    await Deno.writeFile(path, bytes);
    const index = await tarIndex(path);
    if (index._tag === "Left") return checkError(index.left);
    for (const { offset, size } of index.right.archives.flat()) {
      ok(offset >= 512 && size >= 0 && offset + size <= bytes.length);
    }
  },
);

for (const codec of ["SNAPPY", "UNCOMPRESSED"] as const) {
  fuzz(
    `parquetImages() of damaged files gives a source or one error: ${codec}`,
    500,
    () => parquetOf(stored, { codec, names: ["a", "b", "c", "d"] }),
    async (bytes, path) => {
      await Deno.writeFile(path, bytes);
      await checkSource(await parquetImages("p", [path]), bytes.length);
    },
  );
}

Deno.test("readFile() stops unpacking where an archive is larger than it may be", async () => {
  const packed = await gzip(new Uint8Array(8 << 20));
  await inFolder({ "zeros.gz": packed }, async (folder) => {
    const path = `${folder}/zeros.gz`;
    const bomb = await readFile(path, "an idx file", 1 << 20);
    strictEqual(
      bomb._tag === "Left" && describeDataError(bomb.left),
      `Cannot use ${path}: found a damaged gzip archive (it unpacks to more than 1048576 bytes), wanted an idx file`,
    );
    const whole = await readFile(path, "an idx file", 8 << 20);
    strictEqual(whole._tag === "Right" && whole.right.length, 8 << 20);
  });
});

for (
  const encoding of ["jpeg", "png", "webp", "gif", "tiff", "avif"] as const
) {
  Deno.test(`decodeScaled() of damaged files gives pixels or one error: ${encoding}`, async () => {
    const whole = await encode(waves(40, 30), encoding);
    const scaled = { width: 16, height: 16 };
    const viewAt = (size: Size): View => ({
      crop: wholeOf(size),
      scaled,
      window: wholeOf(scaled),
      flip: false,
      ...PLAIN,
    });
    const decode = async (bytes: Uint8Array): Promise<void> => {
      const image = { _tag: "EncodedImage", bytes } as const;
      const { pixels, channels } = await decodeScaled(image, viewAt);
      strictEqual(pixels.length, 16 * 16 * channels);
    };
    await decode(whole);
    await fc.assert(
      fc.asyncProperty(damaged(whole), async (bytes) => {
        const reason = await decode(bytes).then(() => null, reasonOf);
        ok(
          reason !== "" && !/undefined|Expected/.test(reason ?? ""),
          reason ?? "",
        );
      }),
      fuzzParameters(150),
    );
  });
}

for (const mode of ["8 bits", "interlaced"] as const) {
  Deno.test(`decodeLevels() of damaged files gives levels or one error: ${mode}`, async () => {
    const levels = new Uint8Array(40 * 30).map((_, i) => i % 7);
    const raw = { width: 40, height: 30, channels: 1 } as const;
    const grey = sharp(levels, { raw }).toColourspace("b-w");
    const progressive = mode === "interlaced";
    const whole = await grey.png({ progressive }).toBuffer();
    const faultOf = (bytes: Uint8Array): string | null => {
      let found: ReturnType<typeof decodeLevels>;
      try {
        found = decodeLevels(bytes);
      } catch (thrown) {
        return reasonOf(thrown);
      }
      strictEqual(found.levels.length, found.width * found.height);
      return null;
    };
    strictEqual(faultOf(new Uint8Array(whole)), null);
    await fc.assert(
      fc.asyncProperty(damaged(new Uint8Array(whole)), async (bytes) => {
        const reason = await watched(ROOM_OF_CASE, () => faultOf(bytes));
        if (reason !== null) checkReason(reason);
      }),
      fuzzParameters(300),
    );
  });
}

/** Writes a file of so many bytes that takes no room on the disk. */
async function writeHoles(path: string, start: Uint8Array, size: number) {
  await Deno.writeFile(path, start);
  await Deno.truncate(path, size);
}

Deno.test("read() of images that claim more than 1 GiB asks for no memory", async () => {
  const size = 2 ** 33 - 1;
  const header = (await tarOf({ "a.jpg": "" })).slice(0, 512);
  const text = new TextEncoder();
  header.set(text.encode(size.toString(8).padStart(11, "0")), 124);
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.set(text.encode(`${sum.toString(8).padStart(6, "0")}\0`), 148);
  await inFolder({ "photos/": "" }, async (folder) => {
    await writeHoles(`${folder}/photos/a.jpg`, text.encode("GIF89a"), size);
    // Its header, its content in whole blocks, and the end of the archive.
    await writeHoles(`${folder}/a.tar`, header, 512 + size + 1 + 1024);
    for (const path of [`${folder}/photos`, `${folder}/a.tar`]) {
      const source = await openSource(path);
      ok(source._tag === "Right");
      const image = await watched(1e6, () => source.right.read(0));
      match(
        image._tag === "Left" ? describeDataError(image.left) : "",
        /a\.jpg: it has 8589934591 bytes, wanted at most 1073741824$/,
      );
    }
  });
});
