import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { inFolder } from "../../train/temporary_folder.ts";
import { lastLine, runExample, startExample } from "../evaluate/program.ts";
import { writeSmallIdx } from "../pretrain/program.ts";

const SMALL =
  "--methods localmim,freezeout --backend wasm --epochs 2 --warmup-epochs 0.2 --batch-size 8 --finetune-epochs 1 --probe-epochs 2"
    .split(" ");

const isThere = (path: string): Promise<boolean> =>
  readFile(path).then(() => true, () => false);

Deno.test("compare.ts keeps what is done when it is stopped, goes on with the same command, and ends with JSON", () =>
  inFolder(async (folder) => {
    const data = await writeSmallIdx(`${folder}/data`, {
      train: 128,
      t10k: 20,
    });
    const output = `${folder}/experiment`;
    const args = [...SMALL, "--data", data, "--limit", "128", "--labels", "64"];
    const all = [...args, "--output-dir", output];

    const stopped = startExample("compare.ts", ...all);
    const first = `${output}/trials/localmim-0`;
    while (!await isThere(`${first}/pretrain.json`)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    stopped.kill("SIGINT");
    const { code, stderr } = await stopped.output();
    strictEqual(code, 130, new TextDecoder().decode(stderr));
    const before = await readFile(`${first}/pretrain.json`, "utf8");

    const other = await runExample("compare.ts", ...all, "--epochs", "3");
    strictEqual(other.code, 2);
    match(other.stderr, /--epochs: found "several values"/);
    const changed = await runExample("compare.ts", ...all, "--seeds", "2");
    strictEqual(changed.code, 2);
    match(changed.stderr, /another experiment: seeds was 1, now 2/);

    const end = await runExample("compare.ts", ...all);
    strictEqual(end.code, 0, end.stderr);
    strictEqual(await readFile(`${first}/pretrain.json`, "utf8"), before);
    const { methods } = lastLine(end) as {
      methods: readonly { method: string; points: readonly unknown[] }[];
    };
    deepStrictEqual(
      methods.map(({ method, points }) => [method, points.length]),
      [["localmim", 1], ["freezeout", 1], ["untrained", 1]],
    );
    const results = await readFile(`${output}/results.jsonl`, "utf8");
    strictEqual(results.trim().split("\n").length, 3);
    match(
      await readFile(`${output}/table.md`, "utf8"),
      /\| FreezeOut \| 1 \| 2 \|/,
    );
    ok(await isThere(`${output}/accuracy.svg`));
  }));

Deno.test("compare.ts names every impossible flag before it makes a folder", () =>
  inFolder(async (folder) => {
    const end = await runExample(
      "compare.ts",
      ...["--methods", "localmim,freezout", "--seeds", "0", "--size", "day"],
      ...["--output-dir", `${folder}/experiment`],
    );
    strictEqual(end.code, 2);
    match(end.stderr, /--methods: .*the nearest is freezeout/);
    match(end.stderr, /--seeds: found "0"/);
    match(end.stderr, /--size: .*one of minutes, hour, hours/);
  }));

Deno.test("compare.ts names the flag of what fine-tuning lacks", () =>
  inFolder(async (folder) => {
    const data = await writeSmallIdx(`${folder}/data`, {
      train: 128,
      t10k: 20,
    });
    const end = await runExample(
      "compare.ts",
      ...[...SMALL, "--data", data, "--limit", "128", "--labels", "16"],
      ...["--output-dir", `${folder}/experiment`],
    );
    strictEqual(end.code, 2);
    match(end.stderr, /--labels \(fine-tuning\): found 16, wanted .* at least/);
  }));
