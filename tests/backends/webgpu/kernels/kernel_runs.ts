/** Runs of what generators of kernels add, and their results beside what they should be. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { addUpKernel } from "../../../../backends/webgpu/kernels/columns.ts";
import type { ValueId } from "../../../../backends/webgpu/wgsl/command_list.ts";
import type {
  Operand,
  Target,
} from "../../../../backends/webgpu/wgsl/operand.ts";
import { runCalls, testDevice, type TestLowering } from "../run_calls.ts";

/** Numbers from −1 to 1, the same in every run. */
export const numbers = (count: number, seed = 1): Float32Array =>
  Float32Array.from(
    { length: count },
    (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed),
  );

/** Runs what generators added, and all sums that wait; twice, for the same bits. */
export async function ranTwice(
  lowering: TestLowering,
  given: readonly (readonly [ValueId, ArrayLike<number>])[],
  wanted: readonly ValueId[],
): Promise<readonly (Float32Array | Int32Array | Uint32Array)[]> {
  const device = await testDevice();
  const sums = lowering.partials.map((p) => addUpKernel(lowering, p));
  const { values } = lowering;
  const calls = [...lowering.calls, ...sums];
  const run = () => runCalls(device!, values, calls, new Map(given), wanted);
  const once = await run();
  deepStrictEqual(await run(), once);
  return once;
}

/** Fails at the first number that is further from the wanted one than its bound. */
export function assertNear(
  got: ArrayLike<number>,
  wanted: ArrayLike<number>,
  bound: (i: number) => number,
  what: string,
): void {
  strictEqual(got.length, wanted.length, what);
  for (let i = 0; i < wanted.length; i++) {
    const error = Math.abs(got[i]! - wanted[i]!);
    ok(error <= bound(i), `${what} at ${i}: ${got[i]}, not ${wanted[i]}`);
  }
}

/** Fails unless errors are at most a part of the largest number, or of 1. */
export function assertClose(
  got: ArrayLike<number>,
  wanted: ArrayLike<number>,
  part: number,
  what: string,
): void {
  let largest = 1;
  for (let i = 0; i < wanted.length; i++) {
    largest = Math.max(largest, Math.abs(wanted[i]!));
  }
  assertNear(got, wanted, () => part * largest, what);
}

/** Pairs of bfloat16 in words, of the upper halves of numbers. */
export function toPairs(values: Float32Array): Uint32Array {
  const halves = new Uint16Array(values.length + values.length % 2);
  const bits = new Uint32Array(values.buffer);
  bits.forEach((word, i) => halves[i] = word >>> 16);
  return new Uint32Array(halves.buffer);
}

/** Numbers of pairs of bfloat16. */
export const fromPairs = (pairs: ArrayLike<number>): Float32Array =>
  new Float32Array(
    Uint32Array.from(
      new Uint16Array(Uint32Array.from(pairs).buffer),
      (half) => half << 16,
    ).buffer,
  );

/** The squares of an operand. */
export const squared = (source: Operand): Operand => ({
  ...source,
  open: (writer) => {
    const opened = source.open(writer);
    return {
      at: (block, position) => {
        const x = block.let(opened.at(block, position));
        return block.let(`${x} * ${x}`);
      },
      at4: (block, position) => {
        const x = block.let(opened.at4(block, position));
        return block.let(`${x} * ${x}`);
      },
    };
  },
});

/** A view without groups of four. */
export const single = (source: Operand): Operand => ({
  ...source,
  vector: false,
  open: (writer) => ({
    at: source.open(writer).at,
    at4: () => {
      throw new Error("a group of four is read where there is none");
    },
  }),
});

/** A target that is raised by 1 on the way. */
export const raised = (target: Target): Target => ({
  ...target,
  open: (writer) => {
    const sink = target.open(writer);
    const more = (value: string) => `(${value}) + 1.0`;
    return {
      put: (block, position, value) => sink.put(block, position, more(value)),
      put4: (block, position, value) => sink.put4(block, position, more(value)),
    };
  },
});
