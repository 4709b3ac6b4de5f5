/** Tables of measurements, a line for each row. */
import { type Alignment, textTable } from "../cli/output/text_table.ts";

/** Heads of columns, and what stands below them. */
export type Columns<Row> = readonly (readonly [
  head: string,
  cell: (row: Row) => string,
])[];

/** A table whose first column is one of names, to the left; numbers are to the right. */
export const columnTable =
  <Row>(columns: Columns<Row>) => (rows: readonly Row[]): string =>
    textTable(
      columns.map(([head], i): [string, Alignment] => [
        head,
        i === 0 ? "left" : "right",
      ]),
      rows.map((row) => columns.map(([, cell]) => cell(row))),
    );
