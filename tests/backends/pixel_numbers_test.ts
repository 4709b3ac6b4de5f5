import { deepStrictEqual, throws } from "node:assert/strict";
import { pixelNumbers } from "../../backends/pixel_numbers.ts";

const table = (factor: number): Float32Array =>
  Float32Array.from({ length: 256 }, (_, level) => factor * level + 0.1);

Deno.test("pixelNumbers() looks each byte up in the table of its channel", () => {
  const levels = [table(1), table(-3)];
  const data = Uint8Array.of(0, 255, 7, 8, 1, 2, 3, 4);
  deepStrictEqual(pixelNumbers({ shape: [2, 2, 1, 2], data, levels }), {
    shape: [2, 2, 1, 2],
    data: Float32Array.of(
      ...[0.1, 255.1, -20.9, -23.9],
      ...[1.1, 2.1, -8.9, -11.9],
    ),
  });
  const none = { shape: [0, 2, 1, 2], data: new Uint8Array(), levels };
  deepStrictEqual(pixelNumbers(none).data, new Float32Array());
});

Deno.test("pixelNumbers() refuses bytes and tables that do not fit", () => {
  const data = new Uint8Array(4);
  throws(
    () => pixelNumbers({ shape: [1, 1, 2, 2], data, levels: [] }),
    /found 0 tables of levels, wanted 1/,
  );
});
