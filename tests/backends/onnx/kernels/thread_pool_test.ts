import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { sharedArena } from "../../../../backends/onnx/arena.ts";
import type { AddressBits } from "../../../../backends/onnx/kernels/address_code.ts";
import { threadPool } from "../../../../backends/onnx/kernels/thread_pool.ts";
import { kernelsOf } from "../../../../backends/onnx/kernels/kernel_code.ts";
import { elementwiseParts } from "../../../../backends/onnx/kernels/elementwise_parts.ts";
import type { Launch } from "../../../../backends/onnx/kernels/launch.ts";
import { traceGraph } from "../../../../core/mod.ts";
import { right } from "../../../right.ts";

/** Enough numbers for the work to be shared. */
const COUNT = 2 ** 22 + 3;

/** `x ← x² + s` as kernels. */
const parts = elementwiseParts(right(traceGraph((g) => {
  const x = g.input("x", [COUNT]);
  return { y: g.add(g.apply("square", {}, [x]), g.input("s", [])) };
}))) ?? [];

/** Some numbers after two runs on so many threads. */
async function computed(
  threads: number,
  addresses: AddressBits,
): Promise<Float32Array> {
  const kernels = kernelsOf(parts, addresses);
  const arena = sharedArena([addresses]);
  const { start } = arena.take(4 * COUNT);
  const x = new Float32Array(arena.memory.buffer, start, COUNT);
  x.forEach((_, i) => x[i] = Math.fround(Math.sin(i)));
  const pool = threadPool(arena, threads);
  const loaded = pool.load(kernels.module);
  const launch: Launch = {
    kernel: 0,
    addresses: [start, start],
    count: COUNT,
    scalars: [0.25],
  };
  await loaded.run([launch]);
  await loaded.run([launch]);
  loaded.release();
  pool.dispose();
  return x.slice();
}

const square = (v: number): number => Math.fround(Math.fround(v * v) + 0.25);

for (const addresses of [64, 32] as const) {
  Deno.test(`run() gives the same bits on one thread and on several, those of float32 arithmetic, with addresses of ${addresses} bits`, async () => {
    const wanted = Float32Array.from(
      { length: COUNT },
      (_, i) => square(square(Math.fround(Math.sin(i)))),
    );
    for (const threads of [1, 2, 3]) {
      deepStrictEqual(await computed(threads, addresses), wanted);
    }
  });
}

Deno.test("run() reports what went wrong on a thread, and goes on", async () => {
  const pool = threadPool(sharedArena([64]), 2);
  const loaded = pool.load(kernelsOf(parts, 64).module);
  const outside: Launch = {
    kernel: 0,
    addresses: [2 ** 40, 2 ** 40],
    count: COUNT,
    scalars: [0],
  };
  await rejects(() => loaded.run([outside]), /out of bounds/);
  await rejects(() => loaded.run([outside]), /out of bounds/);
  pool.dispose();
});

/** What a process prints that used a pool on two threads and did not dispose it. */
async function leftAlone(...permissions: string[]): Promise<string> {
  const program = new URL("undisposed_pool.ts", import.meta.url).href;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", ...permissions, program],
    signal: AbortSignal.timeout(30_000),
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test("a pool does not keep the process alive", async () => {
  strictEqual(await leftAlone("--allow-read"), "2,2,2\n");
});

Deno.test("a pool that may not start threads does the work itself", async () => {
  strictEqual(await leftAlone(), "2,2,2\n");
});
