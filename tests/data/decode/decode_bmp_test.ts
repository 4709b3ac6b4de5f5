/**
 * PIL 9.4.0 gave the same colours for files of each of these kinds, but for runs of
 * 4 bits: those are compared with the picture that they were made from.
 *
 * @module
 */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { decodeBmp, sizeOfBmp } from "../../../data/decode/decode_bmp.ts";

const little = (value: number, bytes: number): readonly number[] =>
  Array.from(
    { length: bytes },
    (_, i) => Math.floor(value / 256 ** i) & 255,
  );

interface Parts {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly compression?: number;
  /** Masks and palette. */
  readonly tables?: readonly number[];
  readonly body: readonly number[];
}

/** A file with the usual header of 40 bytes. */
function bitmap(
  { width, height, bits, compression = 0, tables = [], body }: Parts,
): Uint8Array {
  const start = 54 + tables.length;
  return Uint8Array.from([
    ...[66, 77, ...little(start + body.length, 4), 0, 0, 0, 0],
    ...[start, 40, width, height].flatMap((field) => little(field, 4)),
    ...[1, bits].flatMap((field) => little(field, 2)),
    ...[compression, body.length, 0, 0, 0, 0].flatMap((f) => little(f, 4)),
    ...tables,
    ...body,
  ]);
}

/** Colours of the pixels, or what is wrong. */
function colours(bytes: Uint8Array): readonly (readonly number[])[] | string {
  const image = decodeBmp(bytes, 1000);
  if (image._tag === "Left") return image.left;
  const { pixels } = image.right;
  return Array.from(
    { length: pixels.length / 3 },
    (_, i) => [...pixels.subarray(3 * i, 3 * i + 3)],
  );
}

const RED = [255, 0, 0];
const GREEN = [0, 255, 0];
const BLUE = [0, 0, 255];
/** Blue, green, red and a byte without meaning, for each colour. */
const PALETTE = [RED, GREEN, BLUE].flatMap(([r, g, b]) => [b!, g!, r!, 0]);

Deno.test("decodeBmp() reads rows from the lowest up, or down where the height is negative", () => {
  const body = [0, 0, 255, 0, 255, 0, 0, 0, 255, 0, 0, 1, 2, 3, 0, 0];
  const parts = { width: 2, height: 2, bits: 24, body };
  deepStrictEqual(colours(bitmap(parts)), [BLUE, [3, 2, 1], RED, GREEN]);
  deepStrictEqual(colours(bitmap({ ...parts, height: -2 })), [
    ...[RED, GREEN],
    ...[BLUE, [3, 2, 1]],
  ]);
});

Deno.test("decodeBmp() reads palettes of 1, 4 and 8 bits", () => {
  const three = { width: 3, height: 1, tables: PALETTE };
  const picture = [RED, GREEN, RED];
  const one = bitmap({ ...three, bits: 1, body: [0b010_00000, 0, 0, 0] });
  const four = bitmap({ ...three, bits: 4, body: [0x01, 0x00, 0, 0] });
  const eight = bitmap({ ...three, bits: 8, body: [0, 1, 0, 0] });
  for (const file of [one, four, eight]) {
    deepStrictEqual(colours(file), picture);
  }
});

Deno.test("decodeBmp() reads 16 and 32 bits by their masks", () => {
  const size = { width: 1, height: 1 };
  const masks = (...values: readonly number[]): readonly number[] =>
    values.flatMap((value) => little(value, 4));
  const cases = [
    bitmap({ ...size, bits: 16, body: [...little(0x7c00, 2), 0, 0] }),
    bitmap({
      ...size,
      bits: 16,
      compression: 3,
      tables: masks(0xf800, 0x7e0, 0x1f),
      body: [...little(0xf800, 2), 0, 0],
    }),
    bitmap({ ...size, bits: 32, body: [0, 0, 255, 7] }),
    bitmap({
      ...size,
      bits: 32,
      compression: 3,
      tables: masks(0xff000000, 0xff0000, 0xff00),
      body: [9, 0, 0, 255],
    }),
  ];
  for (const file of cases) deepStrictEqual(colours(file), [RED]);
});

Deno.test("decodeBmp() reads runs of 8 and 4 bits", () => {
  const size = { width: 3, height: 2, tables: PALETTE };
  const eight = [3, 1, 0, 0, 0, 3, 0, 1, 2, 0, 0, 1];
  const four = [3, 0x11, 0, 0, 0, 3, 0x01, 0x20, 0, 1];
  const picture = [RED, GREEN, BLUE, GREEN, GREEN, GREEN];
  deepStrictEqual(
    colours(bitmap({ ...size, bits: 8, compression: 1, body: eight })),
    picture,
  );
  deepStrictEqual(
    colours(bitmap({ ...size, bits: 4, compression: 2, body: four })),
    picture,
  );
});

Deno.test("decodeBmp() reads the old header of OS/2", () => {
  const body = [0, 1, 0, 0];
  const palette = [RED, GREEN].flatMap(([r, g, b]) => [b!, g!, r!]);
  const file = Uint8Array.from([
    ...[66, 77, 0, 0, 0, 0, 0, 0, 0, 0, ...little(26 + palette.length, 4)],
    ...[...little(12, 4), ...little(2, 2), ...little(1, 2)],
    ...[...little(1, 2), ...little(8, 2)],
    ...palette,
    ...body,
  ]);
  deepStrictEqual(colours(file), [RED, GREEN]);
});

Deno.test("decodeBmp() says what is wrong", () => {
  const size = { width: 2, height: 1, bits: 8, tables: PALETTE };
  const good = bitmap({ ...size, body: [0, 1, 0, 0] });
  const wrong: readonly (readonly [Uint8Array, RegExp])[] = [
    [good.subarray(0, 20), /header/],
    [good.subarray(0, good.length - 3), /cut short/],
    [bitmap({ ...size, body: [0, 3, 0, 0] }), /palette does not have/],
    [bitmap({ ...size, width: 0, body: [0] }), /0×1 pixels/],
    [bitmap({ ...size, width: 2000, body: [0] }), /more than 1000/],
    [bitmap({ ...size, compression: 4, body: [0] }), /compression 4/],
    [bitmap({ ...size, compression: 1, body: [3, 0] }), /over its edge/],
    [bitmap({ ...size, compression: 1, body: [2, 0] }), /cut short/],
    [
      bitmap({
        ...size,
        bits: 16,
        compression: 3,
        tables: [5, 1, 1].flatMap((mask) => little(mask, 4)),
        body: [0, 0, 0, 0],
      }),
      /masks/,
    ],
  ];
  for (const [file, reason] of wrong) match(String(colours(file)), reason);
  const size4 = sizeOfBmp(good);
  deepStrictEqual(size4, { _tag: "Right", right: { width: 2, height: 1 } });
});

Deno.test("decodeBmp() answers any bytes behind a header", () => {
  const field = fc.integer({ min: -9, max: 40 });
  fc.assert(
    fc.property(
      fc.tuple(field, field, fc.constantFrom(1, 4, 8, 16, 24, 32, 7)),
      fc.integer({ min: 0, max: 6 }),
      fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 200 }),
      ([width, height, bits], compression, body) => {
        const file = bitmap({ width, height, bits, compression, body });
        const image = decodeBmp(file, 1000);
        if (image._tag === "Left") return;
        const { width: w, height: h, pixels } = image.right;
        strictEqual(pixels.length, 3 * w * h);
      },
    ),
    { seed: 1, numRuns: 2000 },
  );
});
