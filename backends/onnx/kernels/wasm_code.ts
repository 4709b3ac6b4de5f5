/**
 * The binary format of WebAssembly, as far as kernels need it: instructions and a
 * module of functions over one shared memory with 64-bit addresses.
 *
 * @module
 * @see {@link https://webassembly.github.io/spec/core/binary/}
 */

/** Bytes of instructions, one behind the other. */
export type Code = readonly number[];

/** Types of values. */
export const TYPE = { i64: 0x7e, f64: 0x7c, f32: 0x7d, v128: 0x7b } as const;

/** Name of a type. */
export type ValueType = keyof typeof TYPE;

/** Instructions without immediates. */
export const OP = {
  end: [0x0b],
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
  f32x4Splat: [0xfd, 0x13],
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

const text = (word: string): Code => sized([...new TextEncoder().encode(word)]);

/** Pushes the value of a local. */
export const localGet = (index: number): Code => [0x20, ...unsigned(index)];
/** Pops a value into a local. */
export const localSet = (index: number): Code => [0x21, ...unsigned(index)];
/** Pushes a whole number of 32 bits as one of 64. */
export const i64Const = (value: number): Code => [0x42, ...signed(value)];
/** Pushes a real number. */
export function f64Const(value: number): Code {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return [0x44, ...bytes];
}

/** Numbers lie at multiples of 4 bytes. */
const [ALIGNED_TO_4, NO_OFFSET] = [2, 0];

/** Pops an address, pushes what lies there. */
export const load = (type: "f32" | "v128"): Code => [
  ...type === "f32" ? [0x2a] : [0xfd, 0x00],
  ALIGNED_TO_4,
  NO_OFFSET,
];
/** Pops a value and an address and puts the one at the other. */
export const store = (type: "f32" | "v128"): Code => [
  ...type === "f32" ? [0x38] : [0xfd, 0x0b],
  ALIGNED_TO_4,
  NO_OFFSET,
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
  /** What it does. */
  readonly code: Code;
}

/** Limits with a maximum, shared, of 64-bit addresses. */
const SHARED_64 = 0x07;

/**
 * A module whose functions are exported as `0`, `1`, … and share the memory that is
 * imported as `arena.memory`.
 *
 * @param functions The functions.
 * @param maximum Pages that the memory may have at most.
 */
export function wasmModule(
  functions: readonly WasmFunction[],
  maximum: number,
): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }): Code => [
    0x60,
    ...list(parameters.map((type) => [TYPE[type]])),
    ...list([]),
  ]);
  const memory: Code = [
    ...text("arena"),
    ...text("memory"),
    ...[0x02, SHARED_64, ...unsigned(0), ...unsigned(maximum)],
  ];
  const bodies = functions.map(({ locals, code }): Code =>
    sized([
      ...list(locals.map((type) => [1, TYPE[type]])),
      ...code,
      ...OP.end,
    ])
  );
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(2, [memory]),
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
