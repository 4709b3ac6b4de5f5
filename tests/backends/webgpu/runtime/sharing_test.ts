/** Shared memory of intermediate values, by its properties. */
import { deepStrictEqual, ok } from "node:assert/strict";
import type {
  Call,
  Value,
} from "../../../../backends/webgpu/wgsl/command_list.ts";
import {
  bytesOf,
  lifetimesOf,
} from "../../../../backends/webgpu/runtime/memory/lifetimes.ts";
import { shareScratch } from "../../../../backends/webgpu/runtime/memory/sharing.ts";

/** Whole numbers below a bound, the same in every run. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor(state / 65_536) % bound;
  };
}

const listOf = (seed: number) => {
  const next = numbers(seed);
  const values = Array.from({ length: 24 }, (): Value => ({
    shape: [1 + next(900)],
    dtype: "float32",
    storage: next(3) === 0 ? "bf16" : "f32",
    place: { _tag: "Scratch" },
  }));
  const near = (at: number) => Math.min(23, Math.max(0, at - 4 + next(8)));
  const calls = Array.from({ length: 30 }, (_, at): Call =>
    at % 5 === 0
      ? {
        _tag: "GroupedKernel",
        name: "",
        code: "",
        access: ["read", "read_write"],
        members: Array.from({ length: 3 }, () => ({
          values: [near(at), near(at)],
          blocks: 1,
          words: [],
        })),
      }
      : {
        _tag: "Kernel",
        name: "",
        code: "",
        workgroups: [1, 1, 1],
        bindings: Array.from({ length: 3 }, () => ({
          value: near(at),
          access: "read" as const,
        })),
      });
  return { values, calls };
};

/** Memory in which values begin at multiples of 256 bytes. */
const rounded = (bytes: number): number => Math.ceil(bytes / 256) * 256;

Deno.test("values that are alive at one time never share memory, and sharing never costs any", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const list = listOf(seed);
    const lifetimes = [...lifetimesOf(list)];
    const { placeOf, bytes } = shareScratch(list);
    deepStrictEqual(placeOf.size, lifetimes.length);
    for (const [a, one] of lifetimes) {
      const here = placeOf.get(a)!;
      const end = here.offset + bytesOf(list.values[a]!);
      ok(here.offset % 256 === 0 && end <= bytes[here.buffer]!);
      for (const [b, other] of lifetimes) {
        const meet = one.first <= other.last && other.first <= one.last;
        const there = placeOf.get(b)!;
        ok(
          a === b || !meet || here.buffer !== there.buffer ||
            end <= there.offset ||
            there.offset + bytesOf(list.values[b]!) <= here.offset,
        );
      }
    }
    const sum = (sizes: readonly number[]) => sizes.reduce((x, y) => x + y, 0);
    const alone = lifetimes.map(([id]) => rounded(bytesOf(list.values[id]!)));
    ok(sum(bytes) <= sum(alone));
    deepStrictEqual(bytes, bytes.toSorted((x, y) => y - x));
  }
});

Deno.test("values of grouped kernels lie in one buffer for each use, up to a limit", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const list = listOf(seed);
    const grouped = list.calls.flatMap((call) =>
      call._tag === "GroupedKernel" ? call.members : []
    );
    const written = new Set(grouped.map(({ values }) => values[1]!));
    const read = new Set(grouped.map(({ values }) => values[0]!));
    const only = [...read].filter((id) => !written.has(id));
    const buffersOf = (limit: number, ids: Iterable<number>) => {
      const { placeOf } = shareScratch(list, limit);
      return new Set([...ids].map((id) => placeOf.get(id)?.buffer));
    };
    deepStrictEqual(buffersOf(Infinity, written).size, 1);
    deepStrictEqual(buffersOf(Infinity, only).size, 1);
    const { bytes, placeOf } = shareScratch(list, 4_096);
    ok(written.size > 0 && [...placeOf.values()].length > 0);
    const largest = Math.max(...list.values.map(bytesOf));
    ok(bytes.every((size) => size <= Math.max(4_096, largest)));
  }
});
