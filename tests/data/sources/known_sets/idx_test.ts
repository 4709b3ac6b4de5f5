import fc from "fast-check";
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { decodeIdx } from "../../../../data/sources/known_sets/idx_array.ts";
import { errorOf, idxFile, valueOf } from "../../sources.ts";

const extent = fc.integer({ min: 1, max: 5 });

Deno.test("decodeIdx() reads back what idx says", () => {
  fc.assert(
    fc.property(fc.array(extent, { minLength: 1, maxLength: 3 }), (shape) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const values = Array.from({ length: size }, (_, i) => i * 37 % 256);
      const decoded = valueOf(
        decodeIdx(idxFile(shape, values), shape.length, "f"),
      );
      deepStrictEqual(decoded.shape, shape);
      deepStrictEqual([...decoded.values], values);
    }),
  );
});

Deno.test("decodeIdx() refuses every file that is cut short or too long", () => {
  const whole = idxFile([2, 3, 4], new Array(24).fill(7));
  fc.assert(fc.property(fc.nat(whole.length - 1), (length) => {
    strictEqual(decodeIdx(whole.subarray(0, length), 3, "f")._tag, "Left");
  }));
  strictEqual(
    errorOf(decodeIdx(whole.subarray(0, 30), 3, "f")),
    "Cannot use f: found 14 bytes after the header, wanted 2 × 3 × 4 = 24, and at least 1",
  );
  strictEqual(
    errorOf(decodeIdx(Uint8Array.of(...whole, 0), 3, "f")),
    "Cannot use f: found 25 bytes after the header, wanted 2 × 3 × 4 = 24, and at least 1",
  );
  strictEqual(
    errorOf(decodeIdx(new Uint8Array(), 3, "f")),
    "Cannot use f: found 0 bytes, wanted an idx header of 16 bytes",
  );
});

Deno.test("decodeIdx() refuses other magic numbers: other files, other element types, labels for images", () => {
  strictEqual(
    errorOf(
      decodeIdx(new TextEncoder().encode("<html>not found</html>"), 3, "f"),
    ),
    "Cannot use f: found an HTML page, wanted 00 00 08 03 (idx, 3 extents of bytes)",
  );
  strictEqual(
    errorOf(decodeIdx(Uint8Array.of(1, 2, 3, 254), 3, "f")),
    "Cannot use f: found the bytes 01 02 03 fe at the start, wanted 00 00 08 03 (idx, 3 extents of bytes)",
  );
  const floats = idxFile([2, 1, 1], [1, 2]);
  floats[2] = 0x0d;
  strictEqual(decodeIdx(floats, 3, "f")._tag, "Left");
  strictEqual(
    decodeIdx(idxFile([20], new Array(20).fill(0)), 3, "f")._tag,
    "Left",
  );
});

Deno.test("decodeIdx() refuses an array without elements", () => {
  strictEqual(decodeIdx(idxFile([0, 28, 28], []), 3, "f")._tag, "Left");
});
