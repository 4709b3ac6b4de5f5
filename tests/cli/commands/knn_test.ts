import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { KnnAccuracy } from "../../../train/mod.ts";
import { interruptedAt } from "../../programs.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import {
  lastLine,
  runExample,
  startExample,
  writeNano,
} from "../evaluate/program.ts";
import { writeSmallIdx } from "../pretrain/program.ts";

Deno.test("knn.ts judges a checkpoint by other images of the same folder and ends with JSON", () =>
  inFolder(async (folder) => {
    const encoder = await writeNano(folder);
    const data = await writeSmallIdx(`${folder}/data`, { train: 30, t10k: 20 });
    const end = await runExample(
      "knn.ts",
      encoder,
      "--data",
      data,
      "--backend",
      "wasm",
      "--taps",
      "all",
      "--queries",
      "10",
    );
    strictEqual(end.code, 0, end.stderr);
    match(end.stdout, /^encoder {4}neighbours {2}top-1 % {2}top-5 %$/m);
    match(end.stdout, /^feature: .* after every tap, side by side$/m);
    match(end.stdout, /^the most frequent class is \d+\.00 % of the images/m);
    match(
      end.stdout,
      /^neighbours: 100, 200 asked for, 30 images to learn from: all of them vote$/m,
    );
    const { images, queries, classes, accuracies, feature, untrained } =
      lastLine(end);
    deepStrictEqual([images, queries, classes], [30, 10, 10]);
    deepStrictEqual(feature, {
      tokens: "patches",
      stages: [0, 1, 2, 3],
      regions: 2,
    });
    const found = accuracies as readonly KnnAccuracy[];
    // With fewer than 100 images all of them vote.
    deepStrictEqual(found.map(({ neighbours }) => neighbours), [10, 20, 30]);
    // The encoder that is judged has not been trained either.
    deepStrictEqual(untrained, accuracies);
  }));

Deno.test("knn.ts judges by the classes and the share that are asked for", () =>
  inFolder(async (folder) => {
    const encoder = await writeNano(folder);
    const data = await writeSmallIdx(`${folder}/data`, { train: 40, t10k: 20 });
    const end = await runExample(
      ...["knn.ts", encoder, "--data", data, "--backend", "wasm"],
      ...["--classes", "Trouser,Dress,Coat", "--val-share", "0.25"],
    );
    strictEqual(end.code, 0, end.stderr);
    const { images, queries, classes } = lastLine(end);
    deepStrictEqual([images, queries, classes], [9, 3, 3]);
  }));

Deno.test("knn.ts refuses what it cannot judge, with the reason and exit code 2", () =>
  inFolder(async (folder) => {
    const none = await runExample("knn.ts", "--tokens", "all");
    deepStrictEqual([none.code, none.stderr.trim()], [
      2,
      'ENCODER: found "--tokens", wanted ENCODER before any flag',
    ]);
    const missing = await runExample("knn.ts", `${folder}/none`);
    strictEqual(missing.code, 2);
    match(missing.stderr, /Cannot use .*none/);
    const help = await runExample("knn.ts", "--help");
    deepStrictEqual([help.code, help.stderr], [0, ""]);
    match(help.stdout, /--neighbours N .*\(default 10, 20, 100, 200\)/);
  }));

Deno.test("knn.ts ends with JSON and exit code 130 when it is stopped", () =>
  inFolder(async (folder) => {
    const encoder = await writeNano(folder);
    const child = startExample("knn.ts", encoder, "--backend", "wasm");
    const end = await interruptedAt(child, "stdout", "feature:");
    strictEqual(end.code, 130, end.stderr);
    const { interrupted, images, queries } = lastLine(end);
    deepStrictEqual([interrupted, images, queries], [true, 8000, 2000]);
  }));
