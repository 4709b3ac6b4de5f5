/**
 * Taps of bicubic resizing: the samples behind each sample of a resized row, and their
 * weights.
 */
import { RECORD_HEAD, WEIGHT_BITS } from "./resample_kernels.ts";

/** Sharpness of the kernel; PIL and libvips use the same. */
const A = -0.5;
/** The kernel is 0 from here on, in samples. */
const RADIUS = 2;

/**
 * Keys' cubic convolution kernel with `a = −½`.
 *
 * @see Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981, eq. 15.
 */
export function cubicKernel(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return ((A + 2) * d - (A + 3)) * d * d + 1;
  if (d < RADIUS) return ((A * d - 5 * A) * d + 8 * A) * d - 4 * A;
  return 0;
}

/** Records of all samples of a result, as the kernels want them. */
export interface Taps {
  /** The records. */
  readonly records: Int32Array;
  /** Bytes of a record. */
  readonly recordBytes: number;
}

const HEAD = RECORD_HEAD / Int32Array.BYTES_PER_ELEMENT;

/** Away from zero where it is halfway, as C rounds. */
const toFixedPoint = (weight: number): number =>
  Math.trunc(weight * 2 ** WEIGHT_BITS + (weight < 0 ? -0.5 : 0.5));

/**
 * The rule of PIL: the kernel is stretched when an image shrinks, so that every
 * input sample counts, and cut and renormalised at the borders.
 */
export function bicubicTaps(
  input: number,
  output: number,
  bytes: number,
): Taps {
  const scale = input / output;
  const stretch = Math.max(scale, 1);
  const reach = RADIUS * stretch;
  const stride = HEAD + Math.ceil(2 * reach) + 1;
  const records = new Int32Array(output * stride);
  const weights = new Float64Array(stride);
  for (let i = 0; i < output; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(Math.floor(centre - reach + 0.5), 0);
    const count = Math.min(Math.floor(centre + reach + 0.5), input) - first;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      sum += weights[k] = cubicKernel((first + k + 0.5 - centre) / stretch);
    }
    const record = i * stride;
    records[record] = first * bytes;
    records[record + 1] = count * Int32Array.BYTES_PER_ELEMENT;
    for (let k = 0; k < count; k++) {
      records[record + HEAD + k] = toFixedPoint((weights[k] ?? 0) / sum);
    }
  }
  return { records, recordBytes: stride * Int32Array.BYTES_PER_ELEMENT };
}
