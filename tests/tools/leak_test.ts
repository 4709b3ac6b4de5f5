import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { growthOf, type MemoryPoint } from "../../tools/memory_course.ts";
import { runScript } from "../programs.ts";

async function run(...args: readonly string[]) {
  const { code, stdout, stderr } = await runScript("tools/leak.ts", ...args);
  return { code, out: stdout, error: stderr };
}

const point = (rssMb: number): MemoryPoint => ({
  step: 0,
  rssMb,
  liveTensors: 0,
  programs: 0,
  files: null,
  threads: null,
});

Deno.test("growthOf() compares the high points of the last two thirds", () => {
  const course = [900, 10, 50, 60, 40, 55, 64, 10, 50].map(point);
  strictEqual(growthOf(course, "rssMb"), 4);
  strictEqual(growthOf([1, 2, 1].map(point), "rssMb"), -1);
  strictEqual(growthOf(course, "threads"), 0);
  const opening = course.map((at, files) => ({ ...at, files }));
  strictEqual(growthOf(opening, "files"), 3);
});

Deno.test("tools/leak.ts fails when memory grows by more than its bound", async () => {
  const { code, out } = await run(
    ...["--backend", "cpu", "--model", "tiny", "--steps", "20", "--bound", "0"],
  );
  const growth = Number(/grew by ([-\d.]+) MB/.exec(out)?.[1]);
  strictEqual(code, growth > 0 ? 1 : 0);
});

Deno.test("three short runs with freezing on onnx hold no tensor, no program and no further handle after their ends", async () => {
  const { code, out, error } = await run(
    ...["--backend", "onnx", "--model", "tiny", "--steps", "24"],
    ...["--runs", "3", "--bound", "100"],
  );
  deepStrictEqual({ code, error }, { code: 0, error: "" }, out);
  strictEqual(out.match(/ MB, 0 tensors, 0 programs, /g)?.length, 3);
});

Deno.test("tools/leak.ts refuses bad flags", async () => {
  const { code, error } = await run("--steps", "3", "--backend", "gpu");
  strictEqual(code, 2);
  match(error, /--steps: .*the nearest is 20/);
  match(error, /--backend: /);
});
