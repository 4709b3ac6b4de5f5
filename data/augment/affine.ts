/** Affine maps of 8-bit images. */
import type { RawImage } from "../image/raw_image.ts";

/**
 * Origin of a pixel: `x = a·x′ + b·y′ + c`, `y = d·x′ + e·y′ + f`, with the
 * middles of pixels at halves.
 */
export type AffineMap = readonly [
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
];

/** Interpolation of levels between pixels. */
export type Interpolation = "bilinear" | "bicubic";

/** A level for each channel. */
export type FillColour = readonly number[];

/** Value between neighbours, `d` in `[0, 1)` behind the second (bicubic) or first (bilinear) of them. */
type Blend = (neighbours: Float64Array, d: number) => number;

/** The cubic through the two inner ones with `a = −1`, which PIL uses here, not the `−½` of its resizing. */
const cubic: Blend = ([v1 = 0, v2 = 0, v3 = 0, v4 = 0], d) =>
  v2 +
  d * (-v1 + v3 + d * (2 * (v1 - v2) + v3 - v4 + d * (-v1 + v2 - v3 + v4)));

const linear: Blend = ([v1 = 0, v2 = 0], d) => v1 + (v2 - v1) * d;

const KERNELS = {
  bilinear: { blend: linear, taps: 2, before: 0 },
  bicubic: { blend: cubic, taps: 4, before: 1 },
} as const;

const clamp = (x: number, most: number): number =>
  Math.min(Math.max(x, 0), most);

/** Reads levels between the pixels of an image. */
function sampler(
  { pixels, width, height, channels }: RawImage,
  interpolation: Interpolation,
): (x: number, y: number, channel: number) => number {
  const { blend, taps, before } = KERNELS[interpolation];
  const [across, down] = [new Float64Array(taps), new Float64Array(taps)];
  return (x, y, channel) => {
    const [left, top] = [Math.floor(x), Math.floor(y)];
    for (let j = 0; j < taps; j++) {
      const row = clamp(top - before + j, height - 1) * width;
      for (let i = 0; i < taps; i++) {
        const column = clamp(left - before + i, width - 1);
        across[i] = pixels[(row + column) * channels + channel] ?? 0;
      }
      down[j] = blend(across, x - left);
    }
    return clamp(Math.trunc(blend(down, y - top)), 255);
  };
}

/**
 * Maps an image into a frame of its own size, with PIL's rules: levels are cut off
 * after the point, neighbours beyond the border are those at it, and a pixel that
 * comes from outside the image gets the fill colour.
 *
 * @param fill A level for each channel.
 */
export function affine(
  [a, b, c, d, e, f]: AffineMap,
  interpolation: Interpolation,
  fill: FillColour,
  image: RawImage,
): RawImage {
  const { width, height, channels } = image;
  const levelAt = sampler(image, interpolation);
  const pixels = new Uint8Array(image.pixels.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const fromX = a * (x + 0.5) + b * (y + 0.5) + c;
      const fromY = d * (x + 0.5) + e * (y + 0.5) + f;
      const isInside = fromX >= 0 && fromX < width &&
        fromY >= 0 && fromY < height;
      for (let channel = 0; channel < channels; channel++) {
        pixels[to++] = isInside
          ? levelAt(fromX - 0.5, fromY - 0.5, channel)
          : fill[channel] ?? 0;
      }
    }
  }
  return { ...image, pixels };
}

/** To 15 places, so that right angles are exact. */
const rounded = (x: number): number => Number(x.toFixed(15)) + 0;

/**
 * The map of a rotation around the middle of an image, as PIL's `rotate` has it.
 *
 * @param degrees Counter-clockwise.
 */
export function rotation(
  degrees: number,
  width: number,
  height: number,
): AffineMap {
  const angle = -(degrees * Math.PI) / 180;
  const [cos, sin] = [rounded(Math.cos(angle)), rounded(Math.sin(angle))];
  const [x, y] = [width / 2, height / 2];
  const c = cos * -x + sin * -y + x;
  const f = -sin * -x + cos * -y + y;
  return [cos, sin, c, -sin, cos, f];
}
