import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { memoryGrowth, type MemoryPoint } from "../../tools/memory_course.ts";

const PROGRAM = new URL("../../tools/leak.ts", import.meta.url).href;

async function run(...args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", PROGRAM, ...args],
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), error: text.decode(stderr) };
}

const point = (rssMb: number): MemoryPoint => ({
  step: 0,
  rssMb,
  liveTensors: 0,
});

Deno.test("memoryGrowth() compares the high points of the last two thirds", () => {
  const course = [900, 10, 50, 60, 40, 55, 64, 10, 50].map(point);
  strictEqual(memoryGrowth(course), 4);
  strictEqual(memoryGrowth([1, 2, 1].map(point)), -1);
});

// A process of its own: memory is that of a process, and tests share theirs.
Deno.test("200 training steps on wasm take no more memory at their end than in their middle", async () => {
  const { code, out, error } = await run(
    ...["--backend", "wasm", "--steps", "200", "--bound", "4"],
  );
  deepStrictEqual({ code, error }, { code: 0, error: "" }, out);
  strictEqual(out.match(/^step \d+: [\d.]+ MB, \d+ tensors$/gm)?.length, 20);
  match(out, /4 are allowed; tensors between steps: \d+$/m);
});

Deno.test("tools/leak.ts fails when memory grows by more than its bound", async () => {
  const { code, out } = await run(
    ...["--backend", "cpu", "--steps", "20", "--bound", "0"],
  );
  const growth = Number(/grew by ([-\d.]+) MB/.exec(out)?.[1]);
  strictEqual(code, growth > 0 ? 1 : 0);
});

Deno.test("tools/leak.ts refuses bad flags", async () => {
  const { code, error } = await run("--steps", "3", "--backend", "gpu");
  strictEqual(code, 2);
  match(error, /--steps: .*the nearest is 20/);
  match(error, /--backend: /);
});
