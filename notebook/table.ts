/** Tables of a notebook. */
import { DISPLAY, type Displayed } from "./display.ts";

/** What may stand in a cell of a table; `null` and `undefined` leave it empty. */
export type Cell = string | number | boolean | null | undefined;

/** A row: what stands in each column. */
export type Row = Readonly<Record<string, Cell>>;

/** A table that shows itself. */
export interface Table extends Displayed {
  /** The rows it was made of, to compute with. */
  readonly rows: readonly Row[];
}

/** Digits of a number that is no whole one. */
const DIGITS = 4;

const cellText = (cell: Cell): string =>
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

/** True if a column is one of numbers: they end where it ends, as its name does. */
const isOfNumbers = (rows: readonly Row[], name: string): boolean =>
  rows.every((row) => typeof (row[name] ?? 0) === "number");

/** Rows as text, columns below each other. */
function plainText(
  names: readonly string[],
  rows: readonly Row[],
): string {
  const widths = names.map((name) =>
    Math.max(name.length, ...rows.map((row) => cellText(row[name]).length))
  );
  const ends = names.map((name) => isOfNumbers(rows, name));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) =>
      ends[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)
    ).join("  ").trimEnd();
  const texts = rows.map((row) => names.map((name) => cellText(row[name])));
  return [names, ...texts].map(line).join("\n");
}

function html(names: readonly string[], rows: readonly Row[]): string {
  const align = (name: string): string =>
    ` style="text-align:${isOfNumbers(rows, name) ? "right" : "left"}"`;
  const head = names.map((name) => `<th${align(name)}>${escaped(name)}</th>`)
    .join("");
  const cells = (row: Row): string =>
    names.map((name) =>
      `<td${align(name)}>${escaped(cellText(row[name]))}</td>`
    )
      .join("");
  const body = rows.map((row) => `<tr>${cells(row)}</tr>`);
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
