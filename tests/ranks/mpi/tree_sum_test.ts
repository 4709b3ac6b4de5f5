import { deepStrictEqual } from "node:assert/strict";
import fc from "fast-check";
import { halvings, isTreeSize, treeSum } from "../../../ranks/mpi/tree_sum.ts";
import { treeSum as plainSum } from "../tree_sum.ts";
import { adders } from "./mailboxes.ts";

const finite = fc.float({ noNaN: true, noDefaultInfinity: true });

async function summed(parts: readonly Float32Array[]): Promise<void> {
  const all = adders(parts.length);
  await Promise.all(all.map((adder) => treeSum(adder, parts[adder.rank]!)));
}

Deno.test("treeSum() sums as a balanced tree, to the bit, any length on 1, 2, 4 or 8 ranks", () =>
  fc.assert(fc.asyncProperty(
    fc.tuple(fc.constantFrom(1, 2, 4, 8), fc.nat(19)).chain(([size, length]) =>
      fc.array(
        fc.array(finite, { minLength: length, maxLength: length }),
        { minLength: size, maxLength: size },
      )
    ),
    async (rows) => {
      const parts = rows.map((row) => Float32Array.from(row));
      const wanted = plainSum(parts);
      await summed(parts);
      deepStrictEqual(parts, parts.map(() => wanted));
    },
  )));

Deno.test("treeSum() sums more numbers than it swaps at once", async () => {
  const length = 2 * 2 ** 21 + 3;
  const parts = [1, 2].map((k) =>
    Float32Array.from({ length }, (_, i) => k * (i % 1000))
  );
  const wanted = plainSum(parts);
  await summed(parts);
  for (const part of parts) {
    const wrong = part.findIndex((number, i) => number !== wanted[i]);
    deepStrictEqual(wrong, -1);
  }
});

Deno.test("halvings() gives what the partner keeps and keeps what it gives", () =>
  fc.assert(fc.property(
    fc.constantFrom(2, 4, 8, 16),
    fc.nat(1000),
    (size, length) => {
      for (let rank = 0; rank < size; rank++) {
        halvings(rank, size, length).forEach(
          ({ partner, kept, given }, level) => {
            const other = halvings(partner, size, length)[level]!;
            deepStrictEqual([other.partner, other.kept, other.given], [
              rank,
              given,
              kept,
            ]);
          },
        );
      }
    },
  )));

Deno.test("isTreeSize() is true of powers of two", () => {
  const sizes = Array.from({ length: 16 }, (_, i) => i + 1);
  deepStrictEqual(sizes.filter(isTreeSize), [1, 2, 4, 8, 16]);
});
