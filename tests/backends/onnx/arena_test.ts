import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  sharedArena,
  type Stretch,
  withFree,
} from "../../../backends/onnx/arena.ts";

const overlap = (a: Stretch, b: Stretch): boolean =>
  a.start < b.end && b.start < a.end;

/** Sizes to take, and for each whether an older stretch is given back first. */
const course = fc.array(
  fc.tuple(fc.nat({ max: 300_000 }), fc.option(fc.nat({ max: 30 }))),
  { minLength: 1, maxLength: 40 },
);

Deno.test("take() hands out aligned stretches that never overlap, and counts them", () => {
  fc.assert(
    fc.property(course, (steps) => {
      const arena = sharedArena();
      const taken: Stretch[] = [];
      for (const [bytes, back] of steps) {
        const [old] = back === null ? [] : taken.splice(back, 1);
        if (old !== undefined) arena.giveBack(old);
        const stretch = arena.take(bytes);
        strictEqual(stretch.start % 64, 0);
        ok(stretch.end - stretch.start >= bytes);
        ok(stretch.end <= arena.memory.buffer.byteLength);
        ok(!taken.some((other) => overlap(other, stretch)));
        taken.push(stretch);
      }
      const sizes = taken.map(({ start, end }) => end - start);
      strictEqual(arena.takenBytes(), sizes.reduce((a, b) => a + b, 0));
      taken.forEach(arena.giveBack);
      strictEqual(arena.takenBytes(), 0);
    }),
    { numRuns: 20 },
  );
});

Deno.test("take() uses again what was given back", () => {
  const arena = sharedArena();
  const stretches = [1e6, 2e6, 3e6].map(arena.take);
  const size = arena.memory.buffer.byteLength;
  stretches.forEach(arena.giveBack);
  const whole = arena.take(6_000_128);
  strictEqual(arena.memory.buffer.byteLength, size);
  strictEqual(whole.start, stretches[0]?.start);
});

Deno.test("take() keeps numbers where they are while the memory grows", () => {
  const arena = sharedArena();
  const { start } = arena.take(16);
  const early = new Float32Array(arena.memory.buffer, start, 4);
  early.fill(7);
  arena.take(64 * 2 ** 20);
  deepStrictEqual(
    new Float32Array(arena.memory.buffer, start, 4),
    Float32Array.of(7, 7, 7, 7),
  );
  early.fill(8);
  strictEqual(new Float32Array(arena.memory.buffer, start, 4)[3], 8);
});

Deno.test({
  name: "giveBack() returns pages to the operating system (Linux)",
  ignore: Deno.build.os !== "linux",
  fn: () => {
    const arena = sharedArena();
    const bytes = 200e6;
    const stretch = arena.take(bytes);
    new Uint8Array(arena.memory.buffer, stretch.start, bytes).fill(1);
    const full = Deno.memoryUsage().rss;
    arena.giveBack(stretch);
    const freed = full - Deno.memoryUsage().rss;
    ok(freed > 0.9 * bytes, `only ${freed} of ${bytes} bytes came back`);
  },
});

Deno.test("withFree() joins neighbours and keeps the order", () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(Array.from({ length: 12 }, (_, i) => i)),
      (places) => {
        const free = places.reduce<readonly Stretch[]>(
          (all, at) => withFree(all, { start: 10 * at, end: 10 * at + 10 }),
          [],
        );
        const covered = free.flatMap(({ start, end }) =>
          Array.from({ length: (end - start) / 10 }, (_, i) => start / 10 + i)
        );
        deepStrictEqual(covered, places.toSorted((a, b) => a - b));
        free.slice(1).forEach(({ start }, i) => ok(start > free[i]!.end));
      },
    ),
  );
});
