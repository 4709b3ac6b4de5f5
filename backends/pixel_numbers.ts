/** Pictures in bytes, and the real numbers that they stand for. */
import { sizeOf } from "../core/mod.ts";
import type {
  Backend,
  DeviceTensor,
  HostInput,
  HostPixels,
  HostTensor,
} from "./backend.ts";

/** Levels of a byte. */
export const LEVELS = 256;

/** What is wrong with pictures, or `null`. */
function pixelFault({ shape, data, levels }: HostPixels): string | null {
  const channels = shape[1];
  if (shape.length !== 4) return "a shape [B, C, H, W] is wanted";
  if (data.length !== sizeOf(shape)) return `${sizeOf(shape)} are wanted`;
  if (levels.length !== channels) {
    return `found ${levels.length} tables of levels, wanted ${channels}`;
  }
  const wrong = levels.findIndex(({ length }) => length !== LEVELS);
  return wrong < 0 ? null : `the table of channel ${wrong} has ${
    levels[wrong]
      ?.length
  } numbers, wanted ${LEVELS}`;
}

/**
 * Checks that bytes fill the shape of pictures, and that there is a number for each level
 * of each channel.
 *
 * @throws If they do not: a mistake of the program.
 */
export function checkPixels(pixels: HostPixels): void {
  const fault = pixelFault(pixels);
  if (fault === null) return;
  const { data, shape } = pixels;
  throw new RangeError(
    `Cannot upload ${data.length} bytes as pictures of shape [${
      shape.join(", ")
    }]: ${fault}`,
  );
}

/**
 * The numbers of pictures, for an engine that does not look them up itself.
 *
 * @throws As `checkPixels`.
 */
export function pixelNumbers(pixels: HostPixels): HostTensor {
  checkPixels(pixels);
  const { shape, data: bytes, levels } = pixels;
  const data = new Float32Array(bytes.length);
  const plane = sizeOf(shape.slice(2));
  for (let from = 0; from < bytes.length; from += plane) {
    const table = levels[from / plane % levels.length]!;
    for (let at = from; at < from + plane; at++) data[at] = table[bytes[at]!]!;
  }
  return { shape, data };
}

/**
 * Copies numbers or pictures to a device. Pictures go as bytes where the engine takes them,
 * elsewhere as the numbers that they stand for.
 *
 * @throws As `Backend.upload`.
 */
export function uploadInput(
  backend: Pick<Backend, "upload" | "uploadPixels">,
  input: HostInput,
): DeviceTensor {
  if (!("levels" in input)) return backend.upload(input);
  return backend.uploadPixels?.(input) ?? backend.upload(pixelNumbers(input));
}
