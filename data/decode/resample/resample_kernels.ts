/**
 * Weighted sums of pixels as WebAssembly: an image that becomes as wide, and one that
 * becomes as high as wanted.
 *
 * Both add whole numbers: `(2²¹ + Σ weight · level) >> 22`, kept within 0 … 255. That
 * is Pillow's arithmetic, so the levels are the same to the bit.
 *
 * Each pixel (or row) of the result has a record: how many bytes behind the image's
 * first its samples begin, bytes of its weights, and the weights, 32 bits each.
 */
import {
  type Code,
  i32Const,
  load,
  localGet,
  localSet,
  OP,
  store,
  type WasmFunction,
  wasmModule,
  whileTrue,
} from "../../../core/wasm/wasm_code.ts";

/** Weights are multiples of `2⁻²²`. */
export const WEIGHT_BITS = 22;

/** Bytes of a record before its weights. */
export const RECORD_HEAD = 8;

/** Bytes that are read or written at a time: so far the kernels may reach over an end. */
export const REACH = 16;

/** Pages of 64 KiB that 32-bit addresses reach. */
export const MAXIMUM_PAGES = 65_536;

/** Local `to` becomes the sum of two numbers. */
const add = (to: number, a: Code, b: Code): Code => [
  ...a,
  ...b,
  ...OP.i32Add,
  ...localSet(to),
];

/** A local moves on by a number. */
const advance = (local: number, by: Code): Code =>
  add(local, localGet(local), by);

/** Runs while local `a` is less than local `b`. */
const whileLess = (a: number, b: number, body: Code): Code =>
  whileTrue([...localGet(a), ...localGet(b), ...OP.i32LessThan], body);

/** Sums begin at one half: what is cut off in the end is then rounded. */
const clear = (sums: number): Code => [
  ...i32Const(1 << (WEIGHT_BITS - 1)),
  ...OP.i32x4Splat,
  ...localSet(sums),
];

/** Adds weight times four levels. */
const accumulate = (sums: number, factor: number, levels: Code): Code => [
  ...localGet(sums),
  ...levels,
  ...localGet(factor),
  ...OP.i32x4Multiply,
  ...OP.i32x4Add,
  ...localSet(sums),
];

const rounded = (sums: number): Code => [
  ...localGet(sums),
  ...i32Const(WEIGHT_BITS),
  ...OP.i32x4ShiftRight,
];

/** Locals that both kernels have. */
interface Sampling {
  /** The record in use. */
  readonly record: number;
  /** Its weight in use, and where they end. */
  readonly weight: number;
  readonly weightEnd: number;
  /** That weight in all four places. */
  readonly factor: number;
}

/** Goes through the weights of a record. */
const forWeights = (
  { record, weight, weightEnd, factor }: Sampling,
  body: Code,
): Code => [
  ...add(weight, localGet(record), i32Const(RECORD_HEAD)),
  ...add(weightEnd, localGet(weight), [...localGet(record), ...load("i32", 4)]),
  ...whileLess(weight, weightEnd, [
    ...localGet(weight),
    ...load("i32Splat"),
    ...localSet(factor),
    ...body,
    ...advance(weight, i32Const(4)),
  ]),
];

/** Address of the first sample of a record. */
const firstSample = (from: number, record: number): Code => [
  ...localGet(from),
  ...localGet(record),
  ...load("i32"),
  ...OP.i32Add,
];

const ROWS = {
  ...{ from: 0, to: 1, end: 2, fromRow: 3, toRow: 4, pixel: 5 },
  ...{ records: 6, recordBytes: 7 },
  ...{ rowEnd: 8, record: 9, at: 10, weight: 11, weightEnd: 12 },
  ...{ sums: 13, factor: 14 },
} as const;

/** One pixel of a row: four levels at a time, those that are not its own come to nothing. */
const pixelOfRow: Code = [
  ...firstSample(ROWS.from, ROWS.record),
  ...localSet(ROWS.at),
  ...clear(ROWS.sums),
  ...forWeights(ROWS, [
    ...accumulate(ROWS.sums, ROWS.factor, [
      ...localGet(ROWS.at),
      ...load("u8x4"),
      ...OP.i16x8FromLowU8x16,
      ...OP.i32x4FromLowU16x8,
    ]),
    ...advance(ROWS.at, localGet(ROWS.pixel)),
  ]),
  ...localGet(ROWS.to),
  ...rounded(ROWS.sums),
  ...rounded(ROWS.sums),
  ...OP.i16x8FromI32x4,
  ...rounded(ROWS.sums),
  ...rounded(ROWS.sums),
  ...OP.i16x8FromI32x4,
  ...OP.u8x16FromI16x8,
  ...store("u8x4"),
];

/**
 * Each pixel of the result is a sum of pixels of its row. What a pixel writes behind
 * itself the next one writes again.
 */
const rows: WasmFunction = {
  parameters: new Array(8).fill("i32"),
  locals: [...new Array(5).fill("i32"), "v128", "v128"],
  code: whileLess(ROWS.to, ROWS.end, [
    ...localGet(ROWS.records),
    ...localSet(ROWS.record),
    ...add(ROWS.rowEnd, localGet(ROWS.to), localGet(ROWS.toRow)),
    ...whileLess(ROWS.to, ROWS.rowEnd, [
      ...pixelOfRow,
      ...advance(ROWS.to, localGet(ROWS.pixel)),
      ...advance(ROWS.record, localGet(ROWS.recordBytes)),
    ]),
    ...advance(ROWS.from, localGet(ROWS.fromRow)),
  ]),
};

const COLUMNS = {
  ...{ from: 0, to: 1, end: 2, fromRow: 3, toRow: 4 },
  ...{ records: 5, recordBytes: 6 },
  ...{ done: 7, record: 8, at: 9, weight: 10, weightEnd: 11 },
  ...{ factor: 12, levels: 13 },
} as const;

/** Sums of 16 levels side by side. */
const SIDE_BY_SIDE = [14, 15, 16, 17] as const;

/** Four of 16 levels, as whole numbers of 32 bits. */
const quarter = (part: number): Code => [
  ...localGet(COLUMNS.levels),
  ...part < 2 ? OP.i16x8FromLowU8x16 : OP.i16x8FromHighU8x16,
  ...part % 2 === 0 ? OP.i32x4FromLowU16x8 : OP.i32x4FromHighU16x8,
];

const halfOf16 = (first: number, second: number): Code => [
  ...rounded(first),
  ...rounded(second),
  ...OP.i16x8FromI32x4,
];

/** Sixteen levels of a row. */
const piecesOfColumns: Code = [
  ...add(
    COLUMNS.at,
    firstSample(COLUMNS.from, COLUMNS.record),
    localGet(COLUMNS.done),
  ),
  ...SIDE_BY_SIDE.flatMap(clear),
  ...forWeights(COLUMNS, [
    ...localGet(COLUMNS.at),
    ...load("u8x16"),
    ...localSet(COLUMNS.levels),
    ...SIDE_BY_SIDE.flatMap((sums, part) =>
      accumulate(sums, COLUMNS.factor, quarter(part))
    ),
    ...advance(COLUMNS.at, localGet(COLUMNS.fromRow)),
  ]),
  ...localGet(COLUMNS.to),
  ...localGet(COLUMNS.done),
  ...OP.i32Add,
  ...halfOf16(SIDE_BY_SIDE[0], SIDE_BY_SIDE[1]),
  ...halfOf16(SIDE_BY_SIDE[2], SIDE_BY_SIDE[3]),
  ...OP.u8x16FromI16x8,
  ...store("u8x16"),
];

/**
 * Each row of the result is a sum of rows. What a row writes behind its end the next
 * one writes again.
 */
const columns: WasmFunction = {
  parameters: new Array(7).fill("i32"),
  locals: [...new Array(5).fill("i32"), ...new Array(6).fill("v128")],
  code: [
    ...localGet(COLUMNS.records),
    ...localSet(COLUMNS.record),
    ...whileLess(COLUMNS.to, COLUMNS.end, [
      ...i32Const(0),
      ...localSet(COLUMNS.done),
      ...whileLess(COLUMNS.done, COLUMNS.toRow, [
        ...piecesOfColumns,
        ...advance(COLUMNS.done, i32Const(REACH)),
      ]),
      ...advance(COLUMNS.to, localGet(COLUMNS.toRow)),
      ...advance(COLUMNS.record, localGet(COLUMNS.recordBytes)),
    ]),
  ],
};

/** Addresses and lengths, bytes. */
export interface Pass {
  /** First byte of the image. */
  readonly from: number;
  /** Bytes of a row of it. */
  readonly fromRow: number;
  /** First byte of the result. */
  readonly to: number;
  /** Bytes of a row of it. */
  readonly toRow: number;
  /** Rows of it. */
  readonly height: number;
  /** First byte of the records. */
  readonly records: number;
  /** Bytes of a record. */
  readonly recordBytes: number;
}

/** The kernels over a memory. */
export interface ResampleKernels {
  /** Rows become as long as wanted; a pixel has so many bytes, at most 4. */
  rows(pass: Pass, pixel: number): void;
  /** Columns become as long as wanted. */
  columns(pass: Pass): void;
}

/**
 * Makes the kernels.
 *
 * @param memory A memory of 32-bit addresses with at most `MAXIMUM_PAGES` pages.
 */
export function resampleKernels(memory: WebAssembly.Memory): ResampleKernels {
  const module = wasmModule([rows, columns], {
    addresses: 32,
    shared: false,
    maximum: MAXIMUM_PAGES,
  });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module), {
    arena: { memory },
  });
  const [runRows, runColumns] = ["0", "1"].map((name) =>
    instance.exports[name] as (...numbers: number[]) => void
  );
  return {
    rows: (pass, pixel) => {
      const { from, to, fromRow, toRow, height, records, recordBytes } = pass;
      const end = to + toRow * height;
      runRows?.(from, to, end, fromRow, toRow, pixel, records, recordBytes);
    },
    columns: (pass) => {
      const { from, to, fromRow, toRow, height, records, recordBytes } = pass;
      const end = to + toRow * height;
      runColumns?.(from, to, end, fromRow, toRow, records, recordBytes);
    },
  };
}
