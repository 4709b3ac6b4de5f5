/** Pictures for measuring: as large as ImageNet's, and as hard to decode. */
import sharp from "sharp";

/** Size of the pictures, pixels; that of many of ImageNet's. */
export const MADE_SIZE = { width: 500, height: 375 } as const;

/** Each octave of detail has this part of the contrast of the one before. */
const FALL = 0.72;
const OCTAVES = 8;

/** Bytes of noise from a seed `≥ 1`: Marsaglia's xorshift, good enough to be seen. */
function noiseBytes(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

/** Noise of one octave, enlarged to the size of the picture. */
function octave(picture: number, level: number): Promise<Uint8Array> {
  const coarseness = 2 ** (OCTAVES - 1 - level);
  const width = Math.max(2, Math.round(MADE_SIZE.width / coarseness));
  const height = Math.max(2, Math.round(MADE_SIZE.height / coarseness));
  const seed = Math.imul(OCTAVES * picture + level + 1, 2654435761);
  const noise = noiseBytes(seed, width * height * 3);
  return sharp(noise, { raw: { width, height, channels: 3 } })
    .resize({ ...MADE_SIZE, fit: "fill", kernel: "cubic" }).raw().toBuffer();
}

/**
 * A picture of clouds with fine grain: a sum of noise of all sizes.
 *
 * @param picture Number of the picture; equal numbers give equal pictures.
 * @param quality Quality of the JPEG file; 92 gives 85 kB, 75 gives 43 kB.
 * @returns The bytes of the file.
 */
export async function madePhotograph(
  picture: number,
  quality: number,
): Promise<Uint8Array> {
  const sums = new Float32Array(MADE_SIZE.width * MADE_SIZE.height * 3);
  for (let level = 0; level < OCTAVES; level++) {
    const noise = await octave(picture, level);
    const contrast = 1.1 * FALL ** level;
    for (let i = 0; i < sums.length; i++) {
      sums[i] = (sums[i] ?? 0) + contrast * ((noise[i] ?? 0) - 128);
    }
  }
  const levels = new Uint8ClampedArray(sums.length);
  for (let i = 0; i < sums.length; i++) levels[i] = 128 + (sums[i] ?? 0);
  const raw = { ...MADE_SIZE, channels: 3 } as const;
  return new Uint8Array(
    await sharp(new Uint8Array(levels.buffer), { raw })
      .jpeg({ quality }).toBuffer(),
  );
}

/**
 * Writes pictures into a folder.
 *
 * @param folder The folder.
 * @param count Number of them.
 * @param quality Quality of the JPEG files.
 */
export async function writePhotographs(
  folder: string,
  count: number,
  quality: number,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const name = `${folder}/${String(i).padStart(5, "0")}.jpg`;
    await Deno.writeFile(name, await madePhotograph(i, quality));
  }
}
