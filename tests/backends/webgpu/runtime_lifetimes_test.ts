/** Shared memory of intermediate values, by its properties. */
import { deepStrictEqual, ok } from "node:assert/strict";
import type { Kernel, Value } from "../../../backends/webgpu/command_list.ts";
import {
  bytesOf,
  lifetimesOf,
  shareScratch,
} from "../../../backends/webgpu/runtime/lifetimes.ts";

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
  const calls = Array.from({ length: 30 }, (_, at): Kernel => ({
    _tag: "Kernel",
    name: "",
    code: "",
    workgroups: [1, 1, 1],
    bindings: Array.from({ length: 3 }, () => ({
      value: Math.min(23, Math.max(0, at - 4 + next(8))),
      access: "read" as const,
    })),
  }));
  return { values, calls };
};

Deno.test("values that are alive at one time never share memory, and sharing never costs any", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const list = listOf(seed);
    const lifetimes = [...lifetimesOf(list)];
    const { bufferOf, bytes } = shareScratch(list);
    deepStrictEqual(bufferOf.size, lifetimes.length);
    for (const [a, one] of lifetimes) {
      ok(bytesOf(list.values[a]!) <= bytes[bufferOf.get(a)!]!);
      for (const [b, other] of lifetimes) {
        const meet = one.first <= other.last && other.first <= one.last;
        ok(a === b || !meet || bufferOf.get(a) !== bufferOf.get(b));
      }
    }
    const sum = (sizes: readonly number[]) => sizes.reduce((x, y) => x + y, 0);
    const alone = sum(lifetimes.map(([id]) => bytesOf(list.values[id]!)));
    ok(sum(bytes) <= alone);
  }
});
