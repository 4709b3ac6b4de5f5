import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
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

/** The outputs of the cell that has some words in it, of which there is one. */
function outputsOf(
  cells: readonly RunCell[],
  words: string,
): readonly Output[] {
  const found = cells.filter(({ source }) => source.includes(words));
  strictEqual(found.length, 1, words);
  return found[0]?.outputs ?? [];
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

notebookTest(
  "plan",
  "draws a plan, tables, and says what is wrong",
  (cells) => {
    const plan = outputsOf(cells, "show(result)");
    ok(formOf(plan[0], SVG).startsWith("<svg"));
    ok(/62500 steps/.test(formOf(plan[0], PLAIN)));
    const [variants] = outputsOf(cells, "variants");
    strictEqual(formOf(variants, HTML).match(/<tr>/g)?.length, 10);
    ok(
      Math.abs(
        Number(formOf(outputsOf(cells, "t0ForSaving({")[0], PLAIN)) - 0.763,
      ) < 1e-3,
    );
    const [wrong] = outputsOf(cells, "t0: 0.3");
    strictEqual(wrong?.data?.[SVG], undefined);
    ok(/at least 0\.4642: .* 0\.3³ = 0\.027/.test(formOf(wrong, PLAIN)));
    const [rates] = outputsOf(cells, "rates[layer]");
    ok(/patch_embed\s+0\n/.test(formOf(rates, PLAIN)));
  },
);

notebookTest(
  "train",
  "the loss falls, layers freeze, a stop in another cell is heard, and the run goes on",
  (cells) => {
    ok(formOf(outputsOf(cells, "openRun(")[0], SVG).startsWith("<svg"));

    const [live, first] = outputsOf(cells, "run.train(30)");
    strictEqual(live?.kind, "display");
    ok(formOf(live, SVG).startsWith("<svg"));
    const [before, after] = lossesIn(formOf(first, PLAIN));
    ok(after < before / 2, `${before} → ${after}`);
    const updates = cells.find(({ source }) => source.includes("train(30)"));
    ok((updates?.updates ?? 0) > 0);

    const [pictured] = outputsOf(cells, "await run.reconstructions()\n");
    ok(/HOG target/.test(formOf(pictured, SVG)));

    const [, second] = outputsOf(cells, "run.train(100)");
    ok(/steps 30 to 129 .* [1-6] layers? frozen/.test(formOf(second, PLAIN)));
    const [stopped] = outputsOf(cells, "run.stop()");
    ok(/· stopped$/.test(formOf(stopped, PLAIN)), formOf(stopped, PLAIN));
    ok(
      /the plan ended/.test(
        formOf(outputsOf(cells, "await run.train()\n").at(-1), PLAIN),
      ),
    );
  },
);
