/**
 * PIL 9.4.0 gives the same samples for files of each of these kinds, but that it
 * rounds halves to even numbers.
 *
 * @module
 */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { decodePnm, sizeOfPnm } from "../../../data/decode/decode_pnm.ts";

/** A text, followed by bytes. */
const file = (text: string, ...bytes: readonly number[]): Uint8Array =>
  Uint8Array.from([...new TextEncoder().encode(text), ...bytes]);

/** Size, channels and samples, or what is wrong. */
function samples(bytes: Uint8Array): readonly number[] | string {
  const image = decodePnm(bytes, 1000);
  if (image._tag === "Left") return image.left;
  const { width, height, channels, pixels } = image.right;
  return [width, height, channels, ...pixels];
}

Deno.test("decodePnm() reads all six kinds", () => {
  const cases: readonly (readonly [Uint8Array, readonly number[]])[] = [
    [file("P1 # bits\n2 2\n01\n1 0"), [2, 2, 1, 255, 0, 0, 255]],
    [file("P2\n2 1\n15\n0 15"), [2, 1, 1, 0, 255]],
    [file("P3\n#a\n1 #b\n1 255 1 2 3"), [1, 1, 3, 1, 2, 3]],
    [file("P4\n9 1\n", 0x80, 0x80), [
      ...[9, 1, 1, 0, 255, 255, 255, 255, 255, 255, 255, 0],
    ]],
    [file("P5 2 1 100 ", 50, 100), [2, 1, 1, 128, 255]],
    [file("P6\n1 1\n255\n", 10, 13, 35), [1, 1, 3, 10, 13, 35]],
    [file("P5\n2 1\n65535\n", 0xff, 0xff, 0x80, 0x80), [2, 1, 1, 255, 128]],
  ];
  for (const [bytes, wanted] of cases) deepStrictEqual(samples(bytes), wanted);
});

Deno.test("decodePnm() says what is wrong", () => {
  const wrong: readonly (readonly [Uint8Array, RegExp])[] = [
    [file("P7\n1 1\n255\n", 0), /no PBM/],
    [file("P5\nx 1\n255\n", 0), /to its end/],
    [file("P5\n1 1\n255"), /to its end/],
    [file("P5\n0 1\n255\n", 0), /0×1 pixels/],
    [file("P5\n1 1\n65536\n", 0), /largest sample of 65536/],
    [file("P5\n99999 99999\n255\n", 0), /more than 1000/],
    [file("P6\n2 1\n255\n", 1, 2, 3, 4, 5), /cut short/],
    [file("P5\n1 1\n100\n", 101), /101 above 100/],
    [file("P2\n2 1\n9\n1 x"), /no sample 1 of 2/],
  ];
  for (const [bytes, reason] of wrong) match(String(samples(bytes)), reason);
  const size = sizeOfPnm(file("P6\n7 5\n255\n"));
  deepStrictEqual(size, { _tag: "Right", right: { width: 7, height: 5 } });
});

Deno.test("decodePnm() answers any bytes behind a header", () => {
  const size = fc.integer({ min: 0, max: 30 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      size,
      size,
      fc.constantFrom(1, 100, 255, 300, 65_535),
      fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 300 }),
      (kind, width, height, most, body) => {
        const image = decodePnm(
          file(`P${kind}\n${width} ${height}\n${most}\n`, ...body),
          1000,
        );
        if (image._tag === "Left") return;
        const { width: w, height: h, channels, pixels } = image.right;
        strictEqual(pixels.length, w * h * channels);
      },
    ),
    { seed: 1, numRuns: 2000 },
  );
});
