import { strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { crc32c } from "../../../../train/run/tensorboard/event_file.ts";

const counting = (from: number, by: number): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => from + by * i);

/** A read command of iSCSI, as RFC 3720 prints it. */
const READ_COMMAND = [
  "01c00000 00000000 00000000 00000000 14000000 00000400",
  "00000014 00000018 28000000 00000000 02000000 00000000",
].join("").replaceAll(" ", "");

/** The checksums of RFC 3720, appendix B.4, whose bytes are printed lowest first. */
const RFC_3720: readonly (readonly [string, Uint8Array, number])[] = [
  ["zeros", new Uint8Array(32), 0x8a9136aa],
  ["ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ["rising bytes", counting(0, 1), 0x46dd794e],
  ["falling bytes", counting(31, -1), 0x113fdb5c],
  ["a read command", Uint8Array.fromHex(READ_COMMAND), 0xd9963a56],
];

Deno.test("crc32c() gives the checksums that RFC 3720 prints", () => {
  for (const [name, bytes, wanted] of RFC_3720) {
    strictEqual(crc32c(bytes), wanted, name);
  }
  strictEqual(crc32c(new Uint8Array()), 0);
});

/** Remainder of the division by Castagnoli's polynomial, bit by bit, highest power first. */
function divided(bytes: Uint8Array): number {
  const reversed = (value: number, bits: number): number =>
    parseInt([...value.toString(2).padStart(bits, "0")].reverse().join(""), 2);
  let remainder = 0xffffffffn;
  for (const byte of bytes) {
    remainder ^= BigInt(reversed(byte, 8)) << 24n;
    for (let bit = 0; bit < 8; bit++) {
      remainder <<= 1n;
      if (remainder >> 32n) remainder ^= 0x11edc6f41n;
    }
  }
  return reversed(Number(remainder ^ 0xffffffffn), 32);
}

Deno.test("crc32c() is the remainder of a long division", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      strictEqual(crc32c(bytes), divided(bytes));
    }),
  );
});
