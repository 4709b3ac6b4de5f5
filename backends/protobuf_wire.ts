/**
 * The wire format of Protocol Buffers, as far as ONNX and TensorBoard need it.
 *
 * A message is the list of its fields, each written as bytes.
 *
 * @see {@link https://protobuf.dev/programming-guides/encoding/}
 */

/** One field of a message, or several in a row. */
export type Field = Uint8Array;

/** Layouts of the value behind a tag. */
const [VARINT, FIXED64, LENGTH_DELIMITED, FIXED32] = [0, 1, 2, 5] as const;

/** Seven bits a byte, the lowest first; negative numbers as 64-bit two's complement. */
function varint(value: number | bigint): number[] {
  // Nearly all are that small, and big integers are slow.
  if (value >= 0 && value < 0x80) return [Number(value)];
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return bytes;
}

const tag = (field: number, layout: number): number[] =>
  varint(field * 8 + layout);

/** Puts fields one behind the other. */
export function joined(fields: readonly Field[]): Uint8Array {
  const out = new Uint8Array(fields.reduce((sum, f) => sum + f.length, 0));
  let position = 0;
  for (const field of fields) {
    out.set(field, position);
    position += field.length;
  }
  return out;
}

/** A whole number, an enumeration or a truth value. */
export function integer(field: number, value: number | bigint): Field {
  return Uint8Array.from([...tag(field, VARINT), ...varint(value)]);
}

/** A `float`. */
export function float(field: number, value: number): Field {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setFloat32(0, value, true);
  return Uint8Array.from([...tag(field, FIXED32), ...number]);
}

/** A `double`. */
export function double(field: number, value: number): Field {
  const number = new Uint8Array(8);
  new DataView(number.buffer).setFloat64(0, value, true);
  return Uint8Array.from([...tag(field, FIXED64), ...number]);
}

/** Bytes or a message in parts: what stands before them, then they themselves, not copied. */
export function delimited(
  field: number,
  parts: readonly Uint8Array[],
): readonly Field[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [...tag(field, LENGTH_DELIMITED), ...varint(length)];
  return [Uint8Array.from(head), ...parts];
}

/** Bytes, which may be a message. */
export function bytes(field: number, value: Uint8Array): Field {
  return joined(delimited(field, [value]));
}

const encoder = new TextEncoder();

/** Text in UTF-8. */
export function text(field: number, value: string): Field {
  return bytes(field, encoder.encode(value));
}

/** A message inside a message. */
export function message(field: number, fields: readonly Field[]): Field {
  return joined(delimited(field, fields));
}

/** A list of whole numbers, packed into one field. */
export function integers(field: number, values: readonly number[]): Field {
  return bytes(field, Uint8Array.from(values.flatMap(varint)));
}
