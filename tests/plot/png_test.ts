import { deepStrictEqual, match, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import sharp from "sharp";
import { type PictureImage, pngDataUri } from "../../plot/png.ts";

const decodedBy = (uri: string) =>
  sharp(Buffer.from(uri.replace("data:image/png;base64,", ""), "base64"));

const imageOf = (
  width: number,
  height: number,
  channels: 1 | 3,
): PictureImage => ({
  ...{ width, height, channels },
  pixels: Uint8Array.from(
    { length: width * height * channels },
    (_, i) => (37 * i) % 256,
  ),
});

Deno.test("pngDataUri() is lossless, in sizes that nothing divides", async () => {
  for (const channels of [1, 3] as const) {
    for (const [width, height] of [[4, 4], [1, 7], [61, 1], [70, 33]]) {
      const image = imageOf(width!, height!, channels);
      const uri = await pngDataUri(image);
      match(uri, /^data:image\/png;base64,/);
      const { data, info } = await decodedBy(uri)
        .toColourspace(channels === 1 ? "b-w" : "srgb").raw()
        .toBuffer({ resolveWithObject: true });
      deepStrictEqual(
        [info.width, info.height, info.channels, ...data],
        [width, height, channels, ...image.pixels],
      );
    }
  }
});

Deno.test("pngDataUri() refuses pixels that are not as many as the sizes say, and none", async () => {
  const image = imageOf(4, 4, 3);
  await rejects(
    pngDataUri({ ...image, channels: 1 }),
    /an image of 4×4 with 1 channels has 48 numbers, wanted 16/,
  );
  await rejects(pngDataUri(imageOf(0, 4, 1)), /and at least 1/);
});
