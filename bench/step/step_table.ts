/** Measured rows for people. */
import { type Alignment, textTable } from "../../cli/output/text_table.ts";
import type { StepRow } from "./step_spec.ts";

/** Head and cell of each column; the first row is what the others are compared with. */
const COLUMNS: readonly (readonly [
  string,
  (row: StepRow, first: StepRow) => string,
])[] = [
  ["frozen", ({ frozen }) => String(frozen)],
  ["stages", ({ liveStages }) => String(liveStages)],
  ["ms/step", ({ ms }) => ms.toFixed(1)],
  ["forward+backward", ({ gradientMs }) => gradientMs.toFixed(1)],
  ["optimizer", ({ updateMs }) => updateMs.toFixed(1)],
  ["data", ({ dataMs }) => dataMs.toFixed(1)],
  ["GFLOP", ({ flops }) => (flops / 1e9).toFixed(2)],
  ["GFLOP/s", ({ flops, gradientMs }) => (flops / gradientMs / 1e6).toFixed(1)],
  ["time ratio", ({ ms }, first) => (ms / first.ms).toFixed(3)],
  ["FLOP ratio", ({ flops }, first) => (flops / first.flops).toFixed(3)],
  ["step, MB", ({ stepMb }) => stepMb.toFixed(0)],
  ["predicted, MB", ({ predictedMb }) => predictedMb.toFixed(0)],
  ["peak RSS, MB", ({ peakRssMb }) => peakRssMb.toFixed(0)],
];

/** A number that only cards tell. */
const told = (value: number | null, digits: number): string =>
  value === null ? "" : value.toFixed(digits);

/** Columns that only cards have. */
const CARD_COLUMNS: typeof COLUMNS = [
  ["dispatches", ({ dispatches }) => told(dispatches, 0)],
  ["encoding, ms", ({ encodeMs }) => told(encodeMs, 2)],
  ["moved, MB", ({ movedMb }) => told(movedMb, 0)],
];

/**
 * A table with a line for each row.
 *
 * @param rows Rows of one model and device; time and operations are compared with the first.
 */
export function stepTable(rows: readonly [StepRow, ...StepRow[]]): string {
  const isCard = rows.some(({ dispatches }) => dispatches !== null);
  const columns = isCard ? [...COLUMNS, ...CARD_COLUMNS] : COLUMNS;
  return textTable(
    columns.map(([head]): [string, Alignment] => [head, "right"]),
    rows.map((row) => columns.map(([, cell]) => cell(row, rows[0]))),
  );
}
