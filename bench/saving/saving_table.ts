/** Time and prediction of each phase as a table. */
import { type Alignment, textTable } from "../../cli/output/text_table.ts";
import type { PhaseRow } from "./phase_rows.ts";

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

/** Head and cell of each column; the first row has nothing frozen. */
const COLUMNS: readonly (readonly [
  string,
  (row: PhaseRow, first: PhaseRow) => string,
])[] = [
  ["frozen", ({ frozen }) => String(frozen)],
  ["stages", ({ stages }) => String(stages)],
  ["ours, ms", ({ ours }) => ours.toFixed(0)],
  ["of unfrozen", ({ ours }, first) => percent(ours / first.ours)],
  ["predicted", ({ flops }, first) => percent(flops / first.flops)],
  ["theirs, ms", ({ theirs }) => theirs.toFixed(0)],
  ["of unfrozen", ({ theirs }, first) => percent(theirs / first.theirs)],
  ["theirs / ours", ({ ours, theirs }) => (theirs / ours).toFixed(2)],
];

/**
 * A line for each number of frozen layers.
 *
 * @param rows In rising order, from 0 frozen layers.
 */
export function savingTable(rows: readonly [PhaseRow, ...PhaseRow[]]): string {
  return textTable(
    COLUMNS.map(([head]): [string, Alignment] => [head, "right"]),
    rows.map((row) => COLUMNS.map(([, cell]) => cell(row, rows[0]))),
  );
}
