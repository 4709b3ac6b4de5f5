import { ok, strictEqual } from "node:assert/strict";
import sharp from "sharp";
import { endsItsScan } from "../../../data/decode/decode_jpeg.ts";
import { encode } from "../photographs.ts";
import { noiseImage } from "../sources.ts";

Deno.test("endsItsScan() sees the end of a file, also with something behind it, and misses it where the scan is cut", async () => {
  const jpeg = await encode(noiseImage(0, 60, 40, 3), "jpeg");
  ok(endsItsScan(jpeg));
  ok(endsItsScan(Uint8Array.of(...jpeg, 0, 0, 0, 0)));
  for (let length = jpeg.length - 2; length > 1000; length -= 97) {
    strictEqual(endsItsScan(jpeg.subarray(0, length)), false, `${length}`);
  }
  strictEqual(endsItsScan(new Uint8Array(0)), false);
});

Deno.test("endsItsScan() is not misled by restarts within a scan", async () => {
  const { width, height, channels, pixels } = noiseImage(1, 64, 64, 3);
  const progressive = await sharp(pixels, { raw: { width, height, channels } })
    .jpeg({ progressive: true }).toBuffer();
  ok(endsItsScan(progressive));
  const scan = Uint8Array.of(0xff, 0xda, 1, 2, 0xff, 0xd0, 3, 0xff, 0, 0xff);
  strictEqual(endsItsScan(scan), false);
  ok(endsItsScan(Uint8Array.of(...scan, 0xd9)));
});
