/** Tables of a notebook. */
import { DISPLAY, type Displayed } from "./display.ts";

/** What may stand in a cell of a table; `null` is an empty one. */
export type Cell = string | number | boolean | null;

/** A row: what stands in each column. */
export type Row = Readonly<Record<string, Cell>>;

/** A table that shows itself. */
export interface Table extends Displayed {
  /** The rows it was made of, to compute with. */
  readonly rows: readonly Row[];
}

/** Digits of a number that is no whole one. */
const DIGITS = 4;

const cellText = (cell: Cell | undefined): string =>
  typeof cell === "number" && Number.isFinite(cell) && !Number.isInteger(cell)
    ? String(Number(cell.toPrecision(DIGITS)))
    : String(cell ?? "");

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");

/** Rows as text, columns below each other; numbers end where their column ends. */
function plainText(
  names: readonly string[],
  rows: readonly Row[],
): string {
  const widths = names.map((name) =>
    Math.max(name.length, ...rows.map((row) => cellText(row[name]).length))
  );
  const line = (cells: readonly (Cell | undefined)[]): string =>
    cells.map((cell, i) => {
      const width = widths[i] ?? 0;
      return typeof cell === "number"
        ? cellText(cell).padStart(width)
        : cellText(cell).padEnd(width);
    }).join("  ").trimEnd();
  return [line(names), ...rows.map((row) => line(names.map((n) => row[n])))]
    .join("\n");
}

function html(names: readonly string[], rows: readonly Row[]): string {
  const cellOf = (cell: Cell | undefined): string =>
    `<td style="text-align:${typeof cell === "number" ? "right" : "left"}">${
      escaped(cellText(cell))
    }</td>`;
  const head = names.map((name) => `<th>${escaped(name)}</th>`).join("");
  const body = rows.map((row) =>
    `<tr>${names.map((name) => cellOf(row[name])).join("")}</tr>`
  );
  return `<table><thead><tr>${head}</tr></thead><tbody>${
    body.join("")
  }</tbody></table>`;
}

/**
 * Rows as a table, a column for each name that a row has.
 *
 * @param rows Rows; a name that one of them lacks is an empty cell.
 *
 * @example
 * ```ts
 * import { table } from "@vitfreeze/vitfreeze/notebook";
 * import { strictEqual } from "node:assert/strict";
 *
 * const found = table([{ scale: "linear", saving: 0.25 }, { scale: "cubic", saving: 0.1 }]);
 *
 * strictEqual(String(found), "scale   saving\nlinear    0.25\ncubic      0.1");
 * ```
 */
export function table(rows: readonly Row[]): Table {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const text = plainText(names, rows);
  return {
    rows,
    [DISPLAY]: () => ({ "text/html": html(names, rows), "text/plain": text }),
    toString: () => text,
  };
}
