/** Numbers as bfloat16, two in 32 bits, the first in the lower half. */

/** Upper half of a float32, rounded to the nearest, ties to even; what is not finite stays so. */
function half(bits: number): number {
  const upper = bits >>> 16;
  const isSpecial = (bits & 0x7f80_0000) === 0x7f80_0000;
  if (isSpecial) return upper | ((bits & 0x007f_ffff) === 0 ? 0 : 0x40);
  return ((bits + 0x7fff + (upper & 1)) >>> 16) & 0xffff;
}

/** Packs numbers; an odd count is filled up with a zero. */
export function bfloat16Pairs(
  values: ArrayLike<number>,
): Uint32Array<ArrayBuffer> {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  return Uint32Array.from(
    { length: Math.ceil(bits.length / 2) },
    (_, i) => half(bits[2 * i]!) | (half(bits[2 * i + 1] ?? 0) << 16),
  );
}
