import { ok, strictEqual } from "node:assert/strict";
import {
  memoryCourse,
  memoryGrowth,
  type MemoryPoint,
} from "../../tools/memory_course.ts";
import { onDevices } from "./devices.ts";

const point = (rssMb: number): MemoryPoint => ({
  step: 0,
  rssMb,
  liveTensors: 0,
});

Deno.test("memoryGrowth() compares the high points of the last two thirds", () => {
  const course = [900, 10, 50, 60, 40, 55, 64, 10].map(point);
  strictEqual(memoryGrowth([...course, point(50)]), 4);
  strictEqual(memoryGrowth([1, 2, 1].map(point)), -1);
});

await onDevices(
  ["wasm"],
  "200 steps take no more memory at their end than in their middle",
  async (backend) => {
    const course = await Array.fromAsync(memoryCourse(backend, 200));
    strictEqual(course.length, 200);
    strictEqual(new Set(course.map(({ liveTensors }) => liveTensors)).size, 1);
    const growth = memoryGrowth(course);
    // A step of this run computes with 25 MB of tensors and keeps 2 MB of state.
    ok(growth < 32, `memory grew by ${growth} MB`);
  },
);
