/** Position tables of encoders from elsewhere. */
import {
  type Fault,
  gridSize,
  left,
  type ModelSpec,
  type PositionResampling,
  resamplePositions,
  type Result,
  right,
  sinCosPositions,
} from "../../../core/mod.ts";

/** Name of an encoder's own position table among its parameters. */
export const POSITION_TABLE = "pos_embed";

/** Origin of the positions of a loaded encoder. */
export interface LoadedPositions {
  /** Patches along one side of the table in the file; `null` if it has none and the fixed one is taken. */
  readonly grid: number | null;
  /** True if it had a row for the class token. */
  readonly classToken: boolean;
  /** Largest difference from the fixed table of the model's own grid. */
  readonly offFixed: number;
}

/** Division of the rows of a table. */
export interface TableRows {
  /** Patches along one side. */
  readonly grid: number;
  /** Rows of the class token before those of the patches: 0 or 1. */
  readonly classRows: 0 | 1;
}

/** A file's position table. */
export interface StoredTable extends TableRows {
  /** Its numbers, the class row first if it has one. */
  readonly numbers: Float32Array;
}

/**
 * Reads the rows of a table as a square grid of patches, with a row for the class
 * token before them if the encoder has that token, and without if it has not.
 *
 * @returns Division of the rows, or why the table is of another encoder.
 */
export function tableRows(
  rows: number,
  hasClassToken: boolean,
): Result<Fault, TableRows> {
  const classRows = hasClassToken ? 1 : 0;
  const grid = Math.floor(Math.sqrt(Math.max(0, rows - classRows)));
  if (grid >= 1 && grid ** 2 === rows - classRows) {
    return right({ grid, classRows });
  }
  const wanted = hasClassToken
    ? "one more than a square grid has, for there is a class token"
    : "as many as a square grid has, for there is no class token";
  const found = `${rows} rows`;
  return left({ _tag: "Inconsistent", path: POSITION_TABLE, found, wanted });
}

/** A table of the model's grid, its class row first. */
function tableOf(
  model: ModelSpec,
  method: PositionResampling,
  { numbers, grid, classRows }: StoredTable,
): readonly [Float32Array, LoadedPositions] {
  const [D, G] = [model.embedDim, gridSize(model)];
  const patches = numbers.subarray(classRows * D);
  const table = new Float32Array((1 + G ** 2) * D);
  table.set(numbers.subarray(0, classRows * D));
  table.set(resamplePositions(method, G, patches, grid), D);
  const classToken = classRows === 1;
  const offFixed = offFrom(sinCosPositions(D, G), table);
  return [table, { grid, classToken, offFixed }];
}

const offFrom = (fixed: readonly number[], table: Float32Array): number =>
  fixed.reduce(
    (most, wanted, i) => Math.max(most, Math.abs(wanted - (table[i] ?? NaN))),
    0,
  );

/**
 * The position table of a model, `[1, 1 + L, D]`.
 *
 * @param method Interpolation of a table of another grid.
 * @param table The file's table; where it has none the fixed one is taken.
 * @returns Its numbers and where they come from.
 */
export function positionsOf(
  model: ModelSpec,
  method: PositionResampling,
  table: StoredTable | null,
): readonly [Float32Array, LoadedPositions] {
  if (table !== null) return tableOf(model, method, table);
  const fixed = sinCosPositions(model.embedDim, gridSize(model));
  const none = { grid: null, classToken: false, offFixed: 0 };
  return [Float32Array.from(fixed), none];
}
