import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { processorHere } from "../../bench/processor.ts";
import { stepTable } from "../../bench/step/step_table.ts";
import { runScript } from "../programs.ts";

async function run(...args: readonly string[]) {
  const { code, stdout, stderr } = await runScript("bench/step.ts", ...args);
  return { code, out: stdout, error: stderr };
}

const SMALL = ["--model", "nano", "--batch-size", "2", "--steps", "1"];

Deno.test("bench/step.ts --json prints a line for each number of frozen layers, with falling operations", async () => {
  const { code, out, error } = await run(
    ...[...SMALL, "--backend", "cpu", "--frozen", "0,3,6", "--json"],
  );
  strictEqual(error, "");
  strictEqual(code, 0);
  const rows: Record<string, unknown>[] = out.trim().split("\n")
    .map((line) => JSON.parse(line));
  deepStrictEqual(
    rows.map(({ backend, device, model, batchSize, frozen }) => [
      backend,
      model,
      batchSize,
      device,
      frozen,
    ]),
    [0, 3, 6].map((
      frozen,
    ) => ["cpu", "nano", 2, "JavaScript on one core", frozen]),
  );
  const numbers = (key: string) => rows.map((row) => Number(row[key]));
  for (
    const key of [
      "ms",
      "gradientMs",
      "updateMs",
      "dataMs",
      "predictedMb",
      "peakRssMb",
    ]
  ) {
    ok(numbers(key).every((value) => value > 0), key);
  }
  const [none = 0, some = 0, most = 0] = numbers("flops");
  ok(none > some && some > most && most > 0, `${none} ${some} ${most}`);
});

Deno.test("bench/step.ts prints a table that compares with its first row", async () => {
  const { code, out } = await run(
    ...[...SMALL, "--backend", "cpu", "--frozen", "6"],
  );
  strictEqual(code, 0);
  match(
    out,
    /^nano at 24×24, 2 images a step, on cpu \(JavaScript on one core\)$/m,
  );
  ok(out.includes(`\n${processorHere()}\n`), out);
  match(out, /^ *6 +1 .* 1\.000 +1\.000 +-?\d+ +\d+ +\d+$/m);
});

const hasAdapter = Boolean(await globalThis.navigator?.gpu?.requestAdapter());

Deno.test({
  name: "bench/step.ts tells what a step is for a card",
  ignore: !hasAdapter,
  fn: async () => {
    const { code, out } = await run(
      ...[...SMALL, "--backend", "webgpu", "--frozen", "6", "--json"],
    );
    strictEqual(code, 0);
    const row = JSON.parse(out);
    for (const key of ["ms", "dispatches", "encodeMs", "movedMb"]) {
      ok(row[key] > 0, key);
    }
    const { dispatches, encodeMs, movedMb } = row;
    const lines = stepTable([row]).trim().split("\n");
    match(lines[0] ?? "", /dispatches +encoding, ms +moved, MB$/);
    ok(
      lines.at(-1)?.endsWith(` ${movedMb.toFixed(0)}`) &&
        lines.at(-1)?.includes(`${encodeMs.toFixed(2)} `) &&
        lines.at(-1)?.includes(` ${dispatches} `),
    );
  },
});

Deno.test("bench/step.ts names all bad flags at once and the nearest right ones", async () => {
  const { code, out, error } = await run(
    ...["--modle", "nano", "--frozen", "0,x", "--steps", "0"],
    ...["--backend", "wsm"],
  );
  strictEqual(code, 2);
  strictEqual(out, "");
  match(error, /^--modle: .*the nearest is --model$/m);
  match(error, /^--frozen: found "0,x", wanted whole numbers/m);
  match(error, /^--steps: .*the nearest is 1$/m);
  match(error, /^--backend: .*the nearest is wasm$/m);
});

Deno.test("bench/step.ts refuses more frozen layers than ever freeze", async () => {
  const { code, error } = await run("--frozen", "0,7");
  strictEqual(code, 2);
  match(error, /^--frozen: found 7, wanted 0 to 6 layers.*nearest is 6$/m);
});

Deno.test("bench/step.ts --help has a line for each flag", async () => {
  const { code, out } = await run("--help");
  strictEqual(code, 0);
  for (
    const flag of [
      ..."model image-size batch-size backend frozen".split(" "),
      ..."steps threads frozen-precision json help".split(" "),
    ]
  ) {
    match(out, new RegExp(`^ {2}--${flag}\\b.* {2}\\w`, "m"));
  }
});
