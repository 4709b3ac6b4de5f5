import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { runScript } from "../programs.ts";

async function run(...args: readonly string[]) {
  const { code, stdout, stderr } = await runScript("tools/leak.ts", ...args);
  return { code, out: stdout, error: stderr };
}

// A process of its own: memory is that of a process, and tests share theirs.
Deno.test("200 training steps on wasm take no more memory at their end than in their middle", async () => {
  const { code, out, error } = await run(
    ...["--backend", "wasm", "--steps", "200", "--bound", "4"],
    ...["--model", "tiny"],
  );
  deepStrictEqual({ code, error }, { code: 0, error: "" }, out);
  strictEqual(
    out.match(
      /^step \d+: [\d.]+ MB, \d+ tensors, 4 programs, \d+ open files, \d+ threads$/gm,
    )?.length,
    20,
  );
  match(out, /4 are allowed; tensors at each look: \d+; .*nothing$/m);
});

Deno.test("20 short runs with freezing on onnx hold no tensor, no program and no further handle after their ends", async () => {
  const { code, out, error } = await run(
    ...["--backend", "onnx", "--model", "tiny", "--steps", "320"],
    ...["--runs", "20", "--bound", "100"],
  );
  deepStrictEqual({ code, error }, { code: 0, error: "" }, out);
  strictEqual(out.match(/ MB, 0 tensors, 0 programs, /g)?.length, 20);
});
