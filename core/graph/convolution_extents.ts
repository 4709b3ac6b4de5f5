/** Extents of convolutions. */
import type { Convolution, Shape } from "./node.ts";

/** Rows and columns. */
export type Extents2d = readonly [rows: number, columns: number];

/** Extents of a convolution of images `[B, C, H, W]` with kernels `[O, C, h, w]`. */
export interface ConvolutionExtents extends Convolution {
  /** Images, `B`. */
  readonly batch: number;
  /** Channels of an image, `C`. */
  readonly inputs: number;
  /** Channels of a result, `O`. */
  readonly outputs: number;
  /** Rows and columns of an image, `H` and `W`. */
  readonly image: Extents2d;
  /** Rows and columns of a kernel, `h` and `w`. */
  readonly kernel: Extents2d;
  /** Rows and columns of a result: `⌊(H + 2·padding − h) / stride⌋ + 1`, and so on. */
  readonly result: Extents2d;
}

const moves = ({ stride, padding }: Convolution): boolean =>
  Number.isSafeInteger(stride) && stride >= 1 &&
  Number.isSafeInteger(padding) && padding >= 0;

/**
 * Extents of a convolution.
 *
 * @returns The extents; `null` if the kernels do not fit into the images.
 */
export function convolutionExtents(
  { stride, padding }: Convolution,
  x: Shape,
  w: Shape,
): ConvolutionExtents | null {
  const [batch = 0, inputs = 0, H = 0, W = 0] = x;
  const [outputs = 0, channels = 0, rows = 0, columns = 0] = w;
  const positions = (size: number, kernel: number): number =>
    Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const result = [positions(H, rows), positions(W, columns)] as const;
  const fits = moves({ stride, padding }) && x.length === 4 &&
    w.length === 4 && inputs === channels && rows >= 1 && columns >= 1 &&
    result.every((extent) => extent >= 1);
  const [image, kernel] = [[H, W], [rows, columns]] as const;
  return fits
    ? { stride, padding, batch, inputs, outputs, image, kernel, result }
    : null;
}

/** Shape of the images of a convolution. */
export function imageShape(
  { batch, inputs, image }: ConvolutionExtents,
): Shape {
  return [batch, inputs, ...image];
}

/** Shape of its kernels. */
export function kernelShape(
  { outputs, inputs, kernel }: ConvolutionExtents,
): Shape {
  return [outputs, inputs, ...kernel];
}

/** Shape of its results. */
export function resultShape(
  { batch, outputs, result }: ConvolutionExtents,
): Shape {
  return [batch, outputs, ...result];
}
