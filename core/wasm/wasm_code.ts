/**
 * The binary format of WebAssembly, as far as kernels need it: instructions and a
 * module of functions over one memory.
 *
 * @see {@link https://webassembly.github.io/spec/core/binary/}
 */

/** Bytes of instructions, one behind the other. */
export type Code = readonly number[];

/** Types of values. */
export const TYPE = {
  i32: 0x7f,
  i64: 0x7e,
  f64: 0x7c,
  f32: 0x7d,
  v128: 0x7b,
} as const;

/** Name of a type. */
export type ValueType = keyof typeof TYPE;

/**
 * Instructions without immediates. Comparisons are of numbers without a sign; where
 * wider lanes become narrower ones, what does not fit becomes the nearest that does.
 */
export const OP = {
  end: [0x0b],
  select: [0x1b],
  i32IsZero: [0x45],
  f32AtMost: [0x5f],
  f32Absolute: [0x8b],
  i32LessThan: [0x49],
  i32Add: [0x6a],
  i32And: [0x71],
  i32ShiftLeft: [0x74],
  i64LessThan: [0x54],
  i64Add: [0x7c],
  i64And: [0x83],
  i64ShiftLeft: [0x86],
  f32Sqrt: [0x91],
  f32Add: [0x92],
  f32Subtract: [0x93],
  f32Multiply: [0x94],
  f32Divide: [0x95],
  f64Sqrt: [0x9f],
  f64Add: [0xa0],
  f64Subtract: [0xa1],
  f64Multiply: [0xa2],
  f64Divide: [0xa3],
  f32FromF64: [0xb6],
  u8x16FromI16x8: [0xfd, 0x66],
  i16x8FromI32x4: [0xfd, 0x85, 0x01],
  i16x8FromLowU8x16: [0xfd, 0x89, 0x01],
  i16x8FromHighU8x16: [0xfd, 0x8a, 0x01],
  i32x4FromLowU16x8: [0xfd, 0xa9, 0x01],
  i32x4FromHighU16x8: [0xfd, 0xaa, 0x01],
  i32x4Splat: [0xfd, 0x11],
  i32x4ShiftRight: [0xfd, 0xac, 0x01],
  i32x4Add: [0xfd, 0xae, 0x01],
  i32x4Multiply: [0xfd, 0xb5, 0x01],
  v128AndNot: [0xfd, 0x4f],
  f32x4Splat: [0xfd, 0x13],
  f32x4AtMost: [0xfd, 0x45],
  f32x4Absolute: [0xfd, 0xe0, 0x01],
  f32x4Sqrt: [0xfd, 0xe3, 0x01],
  f32x4Add: [0xfd, 0xe4, 0x01],
  f32x4Subtract: [0xfd, 0xe5, 0x01],
  f32x4Multiply: [0xfd, 0xe6, 0x01],
  f32x4Divide: [0xfd, 0xe7, 0x01],
} as const satisfies Readonly<Record<string, Code>>;

/** A whole number in groups of seven bits, the lowest first. */
function unsigned(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
    bytes.push(rest % 0x80 + 0x80);
  }
  return [...bytes, rest];
}

/** The same with a sign; as many numbers as 32 bits hold. */
function signed(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  while (rest < -0x40 || rest >= 0x40) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  return [...bytes, rest & 0x7f];
}

const list = (items: readonly Code[]): Code => [
  ...unsigned(items.length),
  ...items.flat(),
];

const sized = (code: Code): Code => [...unsigned(code.length), ...code];

const section = (id: number, items: readonly Code[]): Code => [
  id,
  ...sized(list(items)),
];

/** A name of ASCII letters. */
const text = (word: string): Code =>
  sized([...word].map((letter) => letter.charCodeAt(0)));

/** Pushes the value of a local. */
export const localGet = (index: number): Code => [0x20, ...unsigned(index)];
/** Pops a value into a local. */
export const localSet = (index: number): Code => [0x21, ...unsigned(index)];
/** Pushes a whole number of 32 bits. */
export const i32Const = (value: number): Code => [0x41, ...signed(value)];
/** Pushes a whole number of 32 bits as one of 64. */
export const i64Const = (value: number): Code => [0x42, ...signed(value)];
/** Pushes a real number. */
export function f64Const(value: number): Code {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return [0x44, ...bytes];
}

/** Numbers lie at multiples of 4 bytes, levels of pixels anywhere. */
const [ANYWHERE, ALIGNED_TO_4] = [0, 2];

/** Instructions that read, and how what they read is aligned. */
const LOADS = {
  i32: [0x28, ALIGNED_TO_4],
  f32: [0x2a, ALIGNED_TO_4],
  v128: [0xfd, 0x00, ALIGNED_TO_4],
  /** 16 bytes. */
  u8x16: [0xfd, 0x00, ANYWHERE],
  /** 4 bytes in the first places, zeros in the others. */
  u8x4: [0xfd, 0x5c, ANYWHERE],
  /** A whole number in all places. */
  i32Splat: [0xfd, 0x09, ALIGNED_TO_4],
} as const satisfies Readonly<Record<string, Code>>;

/** Instructions that write; the last one is followed by which of the lanes. */
const STORES = {
  f32: [0x38, ALIGNED_TO_4],
  v128: [0xfd, 0x0b, ALIGNED_TO_4],
  /** 16 bytes. */
  u8x16: [0xfd, 0x0b, ANYWHERE],
  /** The first 4 of 16 bytes. */
  u8x4: [0xfd, 0x5a, ANYWHERE],
} as const satisfies Readonly<Record<string, Code>>;

/** Pops an address, pushes what lies so many bytes behind it. */
export const load = (kind: keyof typeof LOADS, offset = 0): Code => [
  ...LOADS[kind],
  ...unsigned(offset),
];
/** Pops a value and an address and puts the one at the other. */
export const store = (kind: keyof typeof STORES): Code => [
  ...STORES[kind],
  ...unsigned(0),
  ...kind === "u8x4" ? [0] : [],
];

/** Runs code again and again, while `condition` leaves a number other than 0. */
export const whileTrue = (condition: Code, body: Code): Code => [
  ...[0x02, 0x40], // block
  ...condition,
  ...[0x45], // i32.eqz
  ...[0x0d, 0x00], // br_if: leave the block
  ...[0x03, 0x40], // loop
  ...body,
  ...condition,
  ...[0x0d, 0x00], // br_if: once more
  ...OP.end,
  ...OP.end,
];

/** A function that returns nothing. */
export interface WasmFunction {
  /** Types of its parameters: its first locals. */
  readonly parameters: readonly ValueType[];
  /** Types of its other locals. */
  readonly locals: readonly ValueType[];
  /** Its instructions. */
  readonly code: Code;
}

/** A memory that a module imports. */
export interface MemoryKind {
  /** Bits of an address. */
  readonly addresses: 32 | 64;
  /** True if threads share it. */
  readonly shared: boolean;
  /** Pages of 64 KiB that it may have at most. */
  readonly maximum: number;
}

/** Limits with a maximum; further bits tell how it is addressed and by whom. */
const limitsOf = ({ addresses, shared, maximum }: MemoryKind): Code => [
  0x01 | (shared ? 0x02 : 0) | (addresses === 64 ? 0x04 : 0),
  ...unsigned(0),
  ...unsigned(maximum),
];

/**
 * A module whose functions are exported as `0`, `1`, … and use the memory that is
 * imported as `arena.memory`.
 */
export function wasmModule(
  functions: readonly WasmFunction[],
  memory: MemoryKind,
): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }): Code => [
    0x60,
    ...list(parameters.map((type) => [TYPE[type]])),
    ...list([]),
  ]);
  const imported: Code = [
    ...text("arena"),
    ...text("memory"),
    ...[0x02, ...limitsOf(memory)],
  ];
  const bodies = functions.map(({ locals, code }): Code =>
    sized([...list(locals.map((type) => [1, TYPE[type]])), ...code, ...OP.end])
  );
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(2, [imported]),
    ...section(3, functions.map((_, index) => unsigned(index))),
    ...section(
      7,
      functions.map((
        _,
        index,
      ) => [...text(String(index)), 0x00, ...unsigned(index)]),
    ),
    ...section(10, bodies),
  ]);
}
