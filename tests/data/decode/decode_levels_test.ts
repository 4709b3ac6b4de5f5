import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import sharp from "sharp";
import { decodeLevels } from "../../../data/decode/decode_levels.ts";
import { goldenJson } from "../../golden_files.ts";
import { blackPng, DEEP } from "../made_images.ts";

/** Files that Pillow wrote, and their numbers. */
interface File {
  readonly mode: string;
  readonly bits: number;
  readonly file: string;
  readonly levels: readonly number[];
  readonly width: number;
  readonly height: number;
}

const { files } = goldenJson("segmentation.json") as {
  readonly files: readonly File[];
};

for (const { mode, bits, file, ...wanted } of files) {
  const { width, height } = wanted;
  Deno.test(`decodeLevels() gives the numbers that Pillow stored: mode ${mode} of ${bits} bits, ${width}×${height}`, () => {
    const { levels, ...size } = decodeLevels(Uint8Array.fromBase64(file));
    deepStrictEqual({ ...size, levels: [...levels] }, wanted);
  });
}

Deno.test("decodeLevels() gives what was written, interlaced or not, of any size", async () => {
  const sizes = fc.record({
    width: fc.integer({ min: 1, max: 19 }),
    height: fc.integer({ min: 1, max: 19 }),
    progressive: fc.boolean(),
    seed: fc.nat(250),
  });
  await fc.assert(
    fc.asyncProperty(sizes, async ({ width, height, progressive, seed }) => {
      const levels = Uint8Array.from(
        { length: width * height },
        (_, i) => (i * 37 + seed) % 256,
      );
      const raw = { width, height, channels: 1 } as const;
      const file = await sharp(levels, { raw }).toColourspace("b-w")
        .png({ progressive }).toBuffer();
      deepStrictEqual(decodeLevels(new Uint8Array(file)).levels, levels);
    }),
    { numRuns: 60 },
  );
});

Deno.test("decodeLevels() refuses what holds no numbers of classes, and what is damaged, by its kind", async () => {
  const raw = { width: 2, height: 2, channels: 3 } as const;
  const made = sharp(new Uint8Array(12), { raw });
  const colours = new Uint8Array(await made.png().toBuffer());
  const photograph = new Uint8Array(await made.jpeg().toBuffer());
  throws(() => decodeLevels(colours), /a PNG file of colours, wanted grey/);
  throws(() => decodeLevels(photograph), /found jpeg, wanted a PNG file/);
  throws(() => decodeLevels(blackPng(3, 3, DEEP)), /colours with an alpha/);
  const deep = { depth: 16, colours: 0, isInterlaced: false } as const;
  throws(() => decodeLevels(blackPng(3, 3, deep)), /levels of 16 bits/);
  const [{ file }] = files as readonly [File];
  const bytes = Uint8Array.fromBase64(file);
  throws(() => decodeLevels(bytes.subarray(0, bytes.length - 40)));
  const changed = bytes.slice();
  changed[changed.length - 30]! ^= 85;
  throws(() => decodeLevels(changed));
  strictEqual(decodeLevels(bytes).levels.length, 143);
});
