import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import sharp from "sharp";
import { madePhotograph } from "../../bench/data/made_photographs.ts";
import { runScript } from "../programs.ts";

async function run(...args: readonly string[]) {
  const { code, stdout, stderr } = await runScript("bench/data.ts", ...args);
  return { code, out: stdout, error: stderr };
}

const SMALL = ["--count", "5", "--batch-size", "2", "--rounds", "1"];

Deno.test("bench/data.ts --json prints a line for each pipeline and says that torchvision is missing", async () => {
  const { code, out, error } = await run(
    ...[...SMALL, "--workers", "0,1", "--python", "/bin/false", "--json"],
  );
  strictEqual(code, 0);
  match(
    error,
    /Without torchvision, which \/bin\/false does not have .*\nDebian: apt-get install python3-torchvision/,
  );
  const rows: Record<string, unknown>[] = out.trim().split("\n")
    .map((line) => JSON.parse(line));
  deepStrictEqual(
    rows.map(({ pipeline, images }) => [pipeline, images]),
    [0, 1].map((count) => [`vitfreeze, ${count} workers`, 4]),
  );
  for (const key of ["imagesPerSecond", "median", "processorMs"]) {
    ok(rows.every((row) => Number(row[key]) > 0), key);
  }
});

Deno.test("bench/data.ts names flags that make no sense", async () => {
  const { code, error } = await run("--quality", "0", "--workers", "two");
  strictEqual(code, 2);
  match(error, /--quality: .*from 1 to 100/);
  match(error, /--workers: .*for example 0,2/);
});

Deno.test("madePhotograph() is a JPEG of 500×375 that takes as many bytes as a photograph, the same for the same number", async () => {
  const bytes = await madePhotograph(1, 92);
  const { format, width, height } = await sharp(bytes).metadata();
  deepStrictEqual([format, width, height], ["jpeg", 500, 375]);
  ok(bytes.length > 60_000 && bytes.length < 120_000, `${bytes.length} bytes`);
  deepStrictEqual(await madePhotograph(1, 92), bytes);
});
