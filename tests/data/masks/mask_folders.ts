/**
 * Folders of pictures and masks made for tests.
 *
 * @module
 */
import { dirname } from "node:path";
import sharp from "sharp";
import { encode, waves } from "../photographs.ts";

/** A grey PNG file of such levels. */
export async function maskFile(
  width: number,
  height: number,
  levelOf: (x: number, y: number) => number,
): Promise<Uint8Array> {
  const levels = Uint8Array.from(
    { length: width * height },
    (_, i) => levelOf(i % width, Math.floor(i / width)),
  );
  const raw = { width, height, channels: 1 } as const;
  const png = sharp(levels, { raw }).toColourspace("b-w").png();
  return new Uint8Array(await png.toBuffer());
}

/** Right half 1, left half 0. */
export const halves = (width: number, height: number): Promise<Uint8Array> =>
  maskFile(width, height, (x) => 2 * x < width ? 0 : 1);

/** Sides of the pictures that `writeFiles` writes, pixels. */
export const PICTURE = { width: 12, height: 10 };

/**
 * Writes files by their names: JPEG files are pictures, PNG files masks of halves, unless
 * their bytes are given.
 */
export async function writeFiles(
  folder: string,
  names: readonly (string | readonly [name: string, bytes: Uint8Array])[],
): Promise<void> {
  const { width, height } = PICTURE;
  const photograph = await encode(waves(width, height), "jpeg");
  const mask = await halves(width, height);
  for (const one of names) {
    const [name, bytes] = typeof one === "string"
      ? [one, /\.png$/i.test(one) ? mask : photograph]
      : one;
    const path = `${folder}/${name}`;
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeFile(path, bytes);
  }
}
