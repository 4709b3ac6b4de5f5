import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { encode, waves } from "../../data/photographs.ts";
import { runExample, writeNano } from "../evaluate/program.ts";
import { writeSmallIdx } from "../pretrain/program.ts";
import { inFolder } from "../../train/temporary_folder.ts";

interface FoundClassifier {
  readonly way: string;
  readonly start: string;
  readonly accuracy: number;
  readonly count: number;
  readonly interval: readonly [number, number];
  readonly confusion: readonly (readonly number[])[];
}

const NAMES = [
  "accuracies.svg",
  "attention.svg",
  "confusion.svg",
  "evaluation.html",
  "evaluation.json",
  "map.svg",
  "neighbours.svg",
];

const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();

Deno.test("evaluate.ts judges three starts in three ways by the same images, and writes page, JSON and pictures", () =>
  inFolder(async (folder) => {
    const encoder = await writeNano(folder);
    const data = await writeSmallIdx(`${folder}/data`, { train: 30, t10k: 20 });
    const out = `${folder}/out`;
    const end = await runExample(
      ...["evaluate.ts", encoder, "--data", data, "--backend", "wasm"],
      ...["--finetune", "always", "--finetune-epochs", "1"],
      ...["--output-dir", out, "--json"],
    );
    strictEqual(end.code, 0, end.stderr);
    const found = JSON.parse(end.stdout);
    const classifiers: readonly FoundClassifier[] = found.classifiers;
    deepStrictEqual(classifiers.map(({ way, start }) => `${way} ${start}`), [
      ...["knn trained", "knn untrained", "knn pixels"],
      ...["probe trained", "probe untrained", "probe pixels"],
      ...["finetune trained", "finetune untrained"],
    ]);
    for (const { accuracy, count, interval, confusion } of classifiers) {
      strictEqual(count, 20);
      ok(interval[0] <= accuracy && accuracy <= interval[1]);
      strictEqual(confusion.flat().reduce((sum, n) => sum + n, 0), 20);
    }
    // The encoder that is judged has not been trained either.
    const zero = found.gains.filter(({ over }: { over: string }) =>
      over === "untrained"
    );
    deepStrictEqual(zero.map(({ gain }: { gain: number }) => gain), [0, 0, 0]);
    deepStrictEqual(await namesIn(out), NAMES);
    const { files: _, ...result } = found;
    const written = await Deno.readTextFile(`${out}/evaluation.json`);
    deepStrictEqual(JSON.parse(written), result);
    match(end.stderr, /^nearest neighbours +trained encoder/m);
    match(
      end.stderr,
      /^linear probe: \+0\.0 points .* over untrained weights/m,
    );
  }));

Deno.test("evaluate.ts draws pictures without labels, and says what accuracies would need", () =>
  inFolder(async (folder) => {
    const encoder = await writeNano(folder);
    const photos = `${folder}/photos`;
    await Deno.mkdir(photos);
    const file = await encode(waves(30, 20), "png");
    for (const name of ["a", "b", "c"]) {
      await Deno.writeFile(`${photos}/${name}.png`, file);
    }
    const out = `${folder}/out`;
    const end = await runExample(
      ...["evaluate.ts", encoder, "--data", photos, "--backend", "wasm"],
      ...["--output-dir", out],
    );
    strictEqual(end.code, 0, end.stderr);
    match(end.stdout, /^no accuracies without labels of at least two classes/m);
    deepStrictEqual(
      await namesIn(out),
      NAMES.filter((name) => !/accuracies|confusion/.test(name)),
    );
    const sheet = await Deno.readTextFile(`${out}/neighbours.svg`);
    // Each of the three beside the two others, named by their files.
    strictEqual(sheet.match(/<image /g)?.length, 9);
    match(sheet, />b\.png</);
  }));

Deno.test("evaluate.ts refuses a folder that it cannot write before it reads an image", () =>
  inFolder(async (folder) => {
    const encoder = await writeNano(folder);
    await Deno.writeTextFile(`${folder}/file`, "");
    const end = await runExample(
      ...["evaluate.ts", encoder, "--backend", "wasm"],
      ...["--output-dir", `${folder}/file/out`],
    );
    strictEqual(end.code, 2, end.stdout);
    match(end.stderr, /^Cannot use .*file\/out/m);
    strictEqual(/feature:/.test(end.stdout), false);
  }));
