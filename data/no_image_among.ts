/**
 * Files among which there is no image.
 *
 * @module
 */
import { counted } from "./counted.ts";

/** Files that may hold images which are out of reach. */
const PACKED = /\.(zip|tar|tgz|tar\.(gz|bz2|xz|zst)|7z|rar)$/i;

/**
 * What is found where no image is: how many files, one of them by name, and
 * whether it wants to be unpacked.
 *
 * @param names Names of the files.
 */
export function noImageAmong(names: readonly string[]): string {
  const packed = names.find((name) => PACKED.test(name));
  const example = packed ?? names[0];
  if (example === undefined) return "no file";
  const advice = packed === undefined ? "" : ", still packed";
  return `no image among ${
    counted(names.length, "file")
  } (${example}${advice})`;
}
