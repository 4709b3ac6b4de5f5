import { match, strictEqual } from "node:assert/strict";
import {
  badImages,
  describeDataError,
  evalTransform,
  type ImageSource,
  imageWorkers,
  loadAll,
} from "../../../data/mod.ts";
import { right } from "../../right.ts";
import { noiseSource } from "../sources.ts";

/** A GIF file of one pixel, which only sharp can decode. */
const PIXEL = Uint8Array.from(
  "GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;",
  (character) => character.charCodeAt(0),
);

/** Files that no decoder ever sees. */
const SOURCE: ImageSource = {
  ...noiseSource(8),
  read: () =>
    Promise.resolve({
      _tag: "Right",
      right: { _tag: "EncodedImage", bytes: PIXEL },
    }),
};

const format = {
  imageSize: 8,
  inChannels: 1,
  normalization: SOURCE.normalization,
};

Deno.test({
  name:
    "loadAll() blames no image for a decoder that does not load, with and without workers",
  // Sharp looks at the environment when it is loaded.
  permissions: { env: false, read: true, ffi: true, sys: true },
  fn: async () => {
    const transform = right(evalTransform(format));
    const noted = badImages(SOURCE.length);
    const base = { source: SOURCE, transform, batchSize: 4, badImages: noted };
    using workers = imageWorkers(1);
    for (const more of [{}, { workers }]) {
      const [first] = await Array.fromAsync(loadAll({ ...base, ...more }));
      const error = first?._tag === "Left" ? describeDataError(first.left) : "";
      match(error, /^Cannot load images: .*sharp does not load: .*env access/);
    }
    strictEqual(noted.list().length, 0);
  },
});
