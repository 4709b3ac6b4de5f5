/** Places in buffers, by their properties and without a device. */
import { deepStrictEqual, ok } from "node:assert/strict";
import {
  type Region,
  slabsOf,
} from "../../../../backends/webgpu/runtime/memory/slabs.ts";

/** A device that only counts its buffers. */
function countingDevice() {
  const alive = new Set<unknown>();
  const device = {
    limits: {
      maxStorageBufferBindingSize: 2 ** 27,
      maxBufferSize: 2 ** 28,
      minStorageBufferOffsetAlignment: 256,
    },
    createBuffer: ({ size }: GPUBufferDescriptor) => {
      const buffer = { size, destroy: () => alive.delete(buffer) };
      alive.add(buffer);
      return buffer;
    },
  } as unknown as GPUDevice;
  return { device, alive };
}

/** Whole numbers below a bound, the same in every run. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor(state / 65_536) % bound;
  };
}

const meet = (a: Region, b: Region): boolean =>
  a.buffer === b.buffer && a.offset < b.offset + b.bytes &&
  b.offset < a.offset + a.bytes;

Deno.test("places never meet, and what was given back can be had again", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { device, alive } = countingDevice();
    const slabs = slabsOf(device);
    const next = numbers(seed);
    const held: Region[] = [];
    const given: Region[] = [];
    for (let turn = 0; turn < 400; turn++) {
      const chance = next(4);
      if (chance < 2) {
        const taken = slabs.take(1 + next(9000), "a tensor");
        ok(taken._tag === "Right");
        ok(!held.some((other) => meet(other, taken.right)));
        held.push(taken.right);
      } else if (chance === 2 && held.length > 0) {
        const [region] = held.splice(next(held.length), 1);
        slabs.give(region!);
        given.push(region!);
      } else if (given.length > 1) {
        const wanted = [given[next(given.length)]!, given[0]!];
        const apart = !meet(wanted[0]!, wanted[1]!);
        const free = wanted.every((region) =>
          !held.some((other) => meet(other, region))
        );
        const set = apart ? wanted : wanted.slice(1);
        const isTaken = slabs.retake(set);
        if (apart) deepStrictEqual(isTaken, free);
        if (isTaken) {
          ok(!set.some((region) => held.some((other) => meet(other, region))));
          held.push(...set);
        }
      }
    }
    held.forEach((region) => slabs.give(region));
    slabs.trim();
    deepStrictEqual(alive.size, 0);
  }
});
