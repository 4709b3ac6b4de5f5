import { deepStrictEqual, ok } from "node:assert/strict";
import { cellsOf, codeOf, FOLDER, NOTEBOOKS } from "./notebook_file.ts";

/** Where everything may be imported from in a notebook: by name, as readers have it. */
const NAMES = /^(@vitfreeze\/vitfreeze(\/\w+)?|npm:[^"]+@\d+\.\d+\.\d+)$/;

Deno.test("notebooks are stored without outputs, and import by name", async () => {
  const stored = [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
    .filter((name) => name.endsWith(".ipynb"));
  deepStrictEqual(stored.sort(), NOTEBOOKS.map((n) => `${n}.ipynb`).sort());
  for (const name of NOTEBOOKS) {
    const cells = await cellsOf(name);
    ok(cells.some(({ cell_type }) => cell_type === "markdown"));
    for (const cell of cells) {
      if (cell.cell_type !== "code") continue;
      deepStrictEqual([cell.outputs, cell.execution_count], [[], null]);
    }
    const code = await codeOf(name);
    for (const [, specifier = ""] of code.matchAll(/from "([^"]+)"/g)) {
      ok(NAMES.test(specifier), specifier);
    }
  }
});
