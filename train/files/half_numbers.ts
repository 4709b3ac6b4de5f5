/** Numbers of 16 bits. */

/** Value of one: a sign, five bits of an exponent, ten of a fraction. */
function valueOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = bits >> 10 & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** All of them, for runtimes that have no array of such numbers. */
let table: Float32Array<ArrayBuffer> | undefined;

/** Numbers of 16 bits by a table of all that there are. */
export function halvesByTable(
  halves: Uint16Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  const values = table ??= Float32Array.from(
    { length: 2 ** 16 },
    (_, bits) => valueOf(bits),
  );
  return Float32Array.from(halves, (bits) => values[bits] ?? NaN);
}

/**
 * Numbers of 16 bits as `float32`, which holds each of them exactly.
 *
 * @param halves Their bits, in a buffer of their own.
 */
export const fromHalfNumbers = (
  halves: Uint16Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> =>
  typeof Float16Array === "undefined"
    ? halvesByTable(halves)
    : new Float32Array(new Float16Array(halves.buffer));
