import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  batchSource,
  describeDataError,
  imagesOf,
  loadAll,
  loadBatches,
  orThrow,
  type RawImage,
  RECIPES,
  trainTransform,
} from "../../api/web.ts";
import * as deno from "../../api/data.ts";
import type { ImageSource } from "../../api/web.ts";

/** Pictures of several sizes, in colour. */
const PICTURES: readonly RawImage[] = [[40, 30], [24, 24], [5, 90]].map((
  [width = 1, height = 1],
) => ({
  ...{ _tag: "RawImage", width, height, channels: 3 },
  pixels: Uint8Array.from(
    { length: 3 * width * height },
    (_, i) => i * 97 % 251,
  ),
}));

const source = imagesOf("made", PICTURES);

const collected = async <A>(all: AsyncIterable<A>): Promise<readonly A[]> => {
  const list: A[] = [];
  for await (const each of all) list.push(each);
  return list;
};

Deno.test("loadBatches() of pages gives the numbers of Deno's, to the bit", async () => {
  const { normalization } = source;
  const view = { imageSize: 16, inChannels: 3, normalization };
  const transform = orThrow(trainTransform(view));
  const options = { source, transform, seed: 5, epoch: 1, batchSize: 3 };
  deepStrictEqual(
    await collected(loadBatches(options)),
    await collected(deno.loadBatches(options)),
  );
});

Deno.test("batchSource() of pages refuses a size of images as Deno's does", () => {
  const model = { ...RECIPES.small.model, imageSize: 0 };
  strictEqual(batchSource(source, { ...RECIPES.small, model })._tag, "Left");
});

Deno.test("loading of pages says that a source of files is of no use", async () => {
  const files: ImageSource = {
    ...source,
    read: () =>
      Promise.resolve({
        _tag: "Right",
        right: { _tag: "EncodedImage", bytes: new Uint8Array(4) },
      }),
  };
  const { normalization } = files;
  const view = { imageSize: 8, inChannels: 1, normalization };
  const transform = orThrow(deno.evalTransform(view));
  const [batch] = await collected(
    loadAll({ source: files, transform, batchSize: 3 }),
  );
  strictEqual(
    batch?._tag === "Left" && describeDataError(batch.left),
    "Cannot load images: their source gives files, wanted pixels",
  );
});

Deno.test("imagesOf() refuses an image that is not there", async () => {
  const read = await source.read(3);
  match(
    read._tag === "Left" ? describeDataError(read.left) : "",
    /made, image 3: there is no such image/,
  );
});
