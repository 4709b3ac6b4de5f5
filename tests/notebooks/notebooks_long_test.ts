import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  jupyterPython,
  type Output,
  type RunCell,
  runNotebook,
} from "./kernel.ts";
import { codeOf, FOLDER } from "./notebook_file.ts";

const PYTHON = await jupyterPython();

const REASON = PYTHON === null
  ? " [skipped: no python3 with jupyter_client, Debian's package jupyter-client]"
  : "";

/** Registers a test that runs a notebook. */
function notebookTest(
  name: string,
  law: string,
  holds: (cells: readonly RunCell[]) => void,
): void {
  Deno.test(`${name}.ipynb: ${law}${REASON}`, {
    ignore: PYTHON === null,
  }, async () => {
    const file = new URL(`${name}.ipynb`, FOLDER);
    const cells = await runNotebook(PYTHON ?? "", file);
    const errors = cells.flatMap(({ source, outputs }) =>
      outputs.filter(({ kind }) => kind === "error")
        .map(({ text }) => `${source}\n${text}`)
    );
    deepStrictEqual(errors, []);
    strictEqual(
      cells.map(({ source }) => `${source}\n;`).join("\n"),
      await codeOf(name),
    );
    holds(cells);
  });
}

/** The cells that have some words in them, in their order. */
const cellsWith = (cells: readonly RunCell[], words: string) =>
  cells.filter(({ source }) => source.includes(words));

/** The outputs of the first cell that has some words in it, or of a later one. */
function outputsOf(
  cells: readonly RunCell[],
  words: string,
  place = 0,
): readonly Output[] {
  const cell = cellsWith(cells, words)[place];
  ok(cell !== undefined, words);
  return cell.outputs;
}

/** A form of an output as text. */
function formOf(output: Output | undefined, type: string): string {
  const form = output?.data?.[type] ?? "";
  return typeof form === "string" ? form : form.join("");
}

const PLAIN = "text/plain";
const SVG = "image/svg+xml";
const HTML = "text/html";

/** The losses before the first and before the last of some steps, from what a cell says of them. */
function lossesIn(text: string): readonly [number, number] {
  const [, first, last] = /stage ([\d.]+) → ([\d.]+)/.exec(text) ?? [];
  return [Number(first), Number(last)];
}

const isPicture = (output: Output | undefined): boolean =>
  /^<svg[^]*<\/svg>\s*$/.test(formOf(output, SVG));

notebookTest(
  "plan",
  "draws a plan, tables, and says what is wrong",
  (cells) => {
    const [plan] = outputsOf(cells, "show(result)");
    ok(isPicture(plan));
    match(formOf(plan, PLAIN), /62500 steps/);
    const [variants] = outputsOf(cells, "table(variants)");
    strictEqual(formOf(variants, HTML).match(/<tr>/g)?.length, 10);
    const [t0] = outputsOf(cells, "t0ForSaving(");
    ok(Math.abs(Number(formOf(t0, PLAIN)) - 0.763) < 1e-3);
    const [wrong] = outputsOf(cells, "t0: 0.3");
    ok(!isPicture(wrong));
    match(formOf(wrong, PLAIN), /at least 0\.4642: .* 0\.3³ = 0\.027/);
    const [rates] = outputsOf(cells, "rates[layer]");
    match(formOf(rates, PLAIN), /patch_embed +0\n/);
  },
);

notebookTest(
  "train",
  "losses fall, layers freeze, a stop from another cell is heard, and the run goes on",
  (cells) => {
    ok(isPicture(outputsOf(cells, "openRun(")[0]));

    const [live, first] = outputsOf(cells, "run.train(30)");
    strictEqual(live?.kind, "display");
    ok(isPicture(live));
    const [before, after] = lossesIn(formOf(first, PLAIN));
    ok(after < before / 2, `${before} → ${after}`);
    ok((cellsWith(cells, "run.train(30)")[0]?.updates ?? 0) > 0);

    const pictures = [0, 1].map((place) =>
      formOf(outputsOf(cells, "run.reconstructions()", place)[0], SVG)
    );
    for (const svg of pictures) match(svg, /HOG target/);
    ok(pictures[0] !== pictures[1]);

    const [, second] = outputsOf(cells, "run.train(100)");
    match(formOf(second, PLAIN), /steps 30 to 129 .* [1-6] layers? frozen/);
    const [stopped] = outputsOf(cells, "run.stop()");
    match(formOf(stopped, PLAIN), / · stopped$/);
    const last = outputsOf(cells, "await run.train()").at(-1);
    match(formOf(last, PLAIN), /6 layers frozen .* · the plan ended$/);
    match(
      formOf(outputsOf(cells, "run.saving()")[0], PLAIN),
      /saved so far +186 .*% +15\.4 %$/,
    );
  },
);

/** Percent in the row of a table that begins with some words. */
const percentIn = (text: string, row: string): number =>
  Number(new RegExp(`^${row} +([\\d.]+) %`, "m").exec(text)?.[1]);

notebookTest(
  "features",
  "a trained encoder names more pictures than an untrained one, is drawn as a map, and read by transformers.js",
  (cells) => {
    const sizes = formOf(outputsOf(cells, "run.features()")[0], PLAIN);
    strictEqual(sizes, "[ 500, 64, 500 ]");
    const judged = formOf(outputsOf(cells, "run.judge()")[0], PLAIN);
    const trained = percentIn(judged, "features of the encoder");
    const untrained = percentIn(judged, "features before its first step");
    ok(trained > untrained + 3, judged);
    const [map] = outputsOf(cells, "run.map()");
    ok(isPicture(map));
    match(formOf(map, SVG), /<title>Sneaker/);
    const files = formOf(outputsOf(cells, "run.exportTo(")[0], PLAIN);
    match(files, /onnx\/model\.onnx/);
    const [tokens] = outputsOf(cells, "tokens.dims");
    strictEqual(formOf(tokens, PLAIN), "[ 1, 37, 64 ]");
  },
);
