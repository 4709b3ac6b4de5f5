import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { lockFolder, orThrow } from "../../../train/mod.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { lastLine, runExample, startExample } from "../evaluate/program.ts";
import { writeSmallIdx } from "../pretrain/program.ts";

const SMALL =
  "--methods unfrozen,freezeout --no-controls --judge probe,finetune --backend wasm --epochs 2 --warmup-epochs 0.2 --batch-size 8 --finetune-epochs 1 --probe-epochs 2"
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
    const first = `${output}/trials/unfrozen-0`;
    let hasEnded = false;
    stopped.status.then(() => hasEnded = true);
    while (!hasEnded && !await isThere(`${first}/pretrain.json`)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    stopped.kill("SIGINT");
    const { code, stderr } = await stopped.output();
    strictEqual(code, 130, new TextDecoder().decode(stderr));
    const before = await readFile(`${first}/pretrain.json`, "utf8");

    const other = await runExample("compare.ts", ...all, "--epochs", "3");
    strictEqual(other.code, 2);
    match(other.stderr, /--epochs: found "several values"/);
    const changed = await runExample(
      "compare.ts",
      ...all,
      "--background",
      "white",
    );
    strictEqual(changed.code, 2);
    match(
      changed.stderr,
      /another experiment: background was "mean", now "white"/,
    );
    const faster = await runExample("compare.ts", ...all, "--blr", "0.5");
    strictEqual(faster.code, 2);
    match(
      faster.stderr,
      /unfrozen of seed 0 was pre-trained before with other settings/,
    );

    const end = await runExample("compare.ts", ...all);
    strictEqual(end.code, 0, end.stderr);
    strictEqual(await readFile(`${first}/pretrain.json`, "utf8"), before);
    const { methods } = lastLine(end) as {
      methods: readonly { name: string; points: readonly unknown[] }[];
    };
    deepStrictEqual(
      methods.map(({ name, points }) => [name, points.length]),
      [["unfrozen", 1], ["freezeout", 1], ["untrained", 1]],
    );
    // Judged by its end alone, not after each of its epochs.
    const judged = await readFile(`${first}/probe/evaluations.jsonl`, "utf8");
    strictEqual(judged.trim().split("\n").length, 1);
    const results = await readFile(`${output}/results.jsonl`, "utf8");
    strictEqual(results.trim().split("\n").length, 3);
    match(
      await readFile(`${output}/table.md`, "utf8"),
      /\| FreezeOut \| 1 \| 2 \|/,
    );
    ok(await isThere(`${output}/accuracy.svg`));

    // Another judge is added to what is there.
    const more = await runExample(
      "compare.ts",
      ...[...all, "--judge", "knn", "--shots", "1,2"],
    );
    strictEqual(more.code, 2, "the flag is there twice");
    const few = await runExample(
      "compare.ts",
      ...all.map((word) => word === "probe,finetune" ? "knn" : word),
      ...["--shots", "1,2"],
    );
    strictEqual(few.code, 0, few.stderr);
    match(
      await readFile(`${output}/table.md`, "utf8"),
      /k-NN, 1 a class, %.*k-NN, 2 a class, %.*linear probe, %.*fine-tuned, %/,
    );

    // On another machine the results of this one count as done.
    const elsewhere = `${folder}/elsewhere`;
    const known = await runExample(
      "compare.ts",
      ...[...args, "--output-dir", elsewhere, "--with", output],
    );
    strictEqual(known.code, 0, known.stderr);
    strictEqual(
      await readFile(`${elsewhere}/results.jsonl`, "utf8"),
      await readFile(`${output}/results.jsonl`, "utf8"),
    );
    strictEqual(await isThere(`${elsewhere}/trials`), false);
  }));

Deno.test("compare.ts names every impossible flag before it makes a folder", () =>
  inFolder(async (folder) => {
    const end = await runExample(
      "compare.ts",
      ...["--judge", "knn,prob", "--seeds", "0", "--size", "day"],
      ...["--output-dir", `${folder}/experiment`],
    );
    strictEqual(end.code, 2);
    match(end.stderr, /--judge: .*the nearest is probe/);
    match(end.stderr, /--seeds: found "0"/);
    match(end.stderr, /--size: .*one of minutes, hour, hours/);
  }));

Deno.test("compare.ts names the flag of what a probe lacks", () =>
  inFolder(async (folder) => {
    const data = await writeSmallIdx(`${folder}/data`, {
      train: 128,
      t10k: 20,
    });
    const end = await runExample(
      "compare.ts",
      ...[...SMALL, "--data", data, "--limit", "128", "--labels", "1"],
      ...["--output-dir", `${folder}/experiment`],
    );
    strictEqual(end.code, 2);
    match(
      end.stderr,
      /--labels \(probing\): found 1, wanted a whole number from 2/,
    );
  }));

Deno.test("compare.ts prints no table and names no file where other processes are at all trials and none is finished", () =>
  inFolder(async (folder) => {
    const data = await writeSmallIdx(`${folder}/data`, {
      train: 128,
      t10k: 20,
    });
    const output = `${folder}/experiment`;
    const trial = `${output}/trials/unfrozen-0`;
    using _lock = orThrow(await lockFolder(trial));
    const end = await runExample(
      "compare.ts",
      ...["--methods", "unfrozen", "--judge", "knn", "--backend", "wasm"],
      ...["--data", data, "--limit", "128", "--labels", "64"],
      ...["--output-dir", output],
    );
    strictEqual(end.code, 0, end.stderr);
    match(end.stdout, /other processes are at the rest of the trials/);
    match(end.stdout, /experiment: no trial is finished yet/);
    strictEqual(end.stdout.includes("| method |"), false);
    strictEqual(await isThere(`${output}/table.md`), false);
  }));
