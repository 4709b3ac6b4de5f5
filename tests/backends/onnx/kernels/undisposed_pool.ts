/**
 * Runs a kernel on two threads and ends without giving them back.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- the test reads what it prints
import { sharedArena } from "../../../../backends/onnx/arena.ts";
import { elementwiseParts } from "../../../../backends/onnx/kernels/elementwise_parts.ts";
import { threadPool } from "../../../../backends/onnx/kernels/thread_pool.ts";
import { kernelsOf } from "../../../../backends/onnx/kernels/kernel_code.ts";
import { traceGraph } from "../../../../core/mod.ts";
import { right } from "../../../right.ts";

const COUNT = 2 ** 22;
const graph = right(traceGraph((g) => {
  const x = g.input("x", [COUNT]);
  return { y: g.add(x, x) };
}));
const arena = sharedArena();
const { start } = arena.take(4 * COUNT);
const x = new Float32Array(arena.memory.buffer, start, COUNT).fill(1);
const { module } = kernelsOf(elementwiseParts(graph) ?? [], 64);
await threadPool(arena, 2).load(module).run([
  { kernel: 0, addresses: [start, start], count: COUNT, scalars: [] },
]);
console.log(x.slice(0, 3).join());
