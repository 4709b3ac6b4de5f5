/** Predictions as tables. */
import { type Alignment, textTable } from "../../cli/output/text_table.ts";
import type { MostRow, RunRow } from "./report.ts";
import { GIGABITS } from "./study.ts";

/** Rows with the same words in front, one for each network. */
interface Line<Row> {
  readonly words: readonly string[];
  readonly rows: readonly Row[];
}

/** Puts the rows of all networks beside each other. */
function linesOf<Row extends { readonly gigabits: number }>(
  rows: readonly Row[],
  wordsOf: (row: Row) => readonly string[],
): readonly Line<Row>[] {
  const groups = Map.groupBy(rows, (row) => wordsOf(row).join("|"));
  return [...groups.values()].map((rows) => ({
    words: wordsOf(rows[0]!),
    rows: rows.toSorted((a, b) => a.gigabits - b.gigabits),
  }));
}

const headOf = (
  ...words: readonly string[]
): readonly (readonly [string, Alignment])[] => [
  ["model", "left"],
  ["machine", "left"],
  ...words.map((word): readonly [string, Alignment] => [word, "right"]),
  ...GIGABITS.map((gigabits): readonly [string, Alignment] => [
    `${gigabits} Gbit/s`,
    "right",
  ]),
];

/** The most nodes with an efficiency of at least 80 %, by frozen layers. */
export function mostTable(rows: readonly MostRow[]): string {
  const lines = linesOf(
    rows,
    ({ model, machine, frozen }) => [model, machine, String(frozen)],
  );
  return textTable(
    headOf("frozen"),
    lines.map(({ words, rows }) => [
      ...words,
      ...rows.map(({ nodes }) => String(nodes)),
    ]),
  );
}

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

/** Part of a run's time that freezing saves, by the number of nodes. */
export function savedTable(
  rows: readonly RunRow[],
  ranks: readonly number[],
): string {
  const lines = linesOf(
    rows.filter((row) => ranks.includes(row.ranks)),
    ({ model, machine, ranks }) => [model, machine, String(ranks)],
  );
  return textTable(
    headOf("nodes"),
    lines.map(({ words, rows }) => [
      ...words,
      ...rows.map(({ saved }) => percent(saved)),
    ]),
  );
}
