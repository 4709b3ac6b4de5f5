import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  bytes,
  double,
  float,
  integer,
  integers,
  message,
  text,
} from "../../backends/protobuf_wire.ts";

// The examples of https://protobuf.dev/programming-guides/encoding/.
Deno.test("wire writes the documented examples", () => {
  deepStrictEqual(integer(1, 150), Uint8Array.of(0x08, 0x96, 0x01));
  deepStrictEqual(
    text(2, "testing"),
    Uint8Array.of(0x12, 7, ...new TextEncoder().encode("testing")),
  );
  deepStrictEqual(
    message(3, [integer(1, 150)]),
    Uint8Array.of(0x1a, 3, 0x08, 0x96, 0x01),
  );
  deepStrictEqual(
    integers(6, [3, 270, 86942]),
    Uint8Array.of(0x32, 6, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05),
  );
  deepStrictEqual(float(2, 1), Uint8Array.of(0x15, 0, 0, 0x80, 0x3f));
  deepStrictEqual(
    double(1, 1),
    Uint8Array.of(0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f),
  );
});

Deno.test("float() and double() have tags of any length", () => {
  deepStrictEqual(float(16, 0), Uint8Array.of(0x85, 0x01, 0, 0, 0, 0));
  strictEqual(double(2 ** 29 - 1, 0).length, 5 + 8);
});

/** Reads a field of a whole number: its tag, then the number. */
function readInteger(written: Uint8Array): readonly [bigint, bigint] {
  const numbers: bigint[] = [];
  let [value, shift] = [0n, 0n];
  for (const byte of written) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte < 0x80) {
      numbers.push(value);
      [value, shift] = [0n, 0n];
    }
  }
  const [tag = -1n, number = -1n] = numbers;
  return [tag, BigInt.asIntN(64, number)];
}

Deno.test("integer() is read back, whatever its sign and size", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 29 - 1 }),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      (field, value) => {
        deepStrictEqual(readInteger(integer(field, value)), [
          BigInt(field) * 8n,
          value,
        ]);
      },
    ),
    { examples: [[1, 0n], [1, 127n], [16, 128n], [1, -1n]] },
  );
});

Deno.test("bytes() says how many bytes follow", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (value) => {
      const written = bytes(1, value);
      const head = written.length - value.length;
      deepStrictEqual(written.subarray(head), value);
      deepStrictEqual(
        readInteger(written.subarray(0, head))[1],
        BigInt(value.length),
      );
    }),
  );
});
