/**
 * A look at the files of a data set before it is used.
 *
 * @module
 */
import { reasonOf } from "./data_error.ts";
import { taskLimit } from "./task_limit.ts";

/** What files were found to be. */
export interface Inspection {
  /** How many were looked at. */
  readonly looked: number;
  /** Bytes of the smallest and the largest that can be read; `null` if none can. */
  readonly sizes: readonly [least: number, most: number] | null;
  /** How many of those cannot be opened. */
  readonly unreadable: number;
  /** Why the first of them cannot; it names the file. */
  readonly reason: string | null;
}

/** Files that are looked at, evenly spread where there are more: a second or two. */
const MOST_LOOKED = 10_000;

/** Files that are open at the same time. */
const AT_ONCE = 16;

/** Some of a list, evenly spread, the first one among them. */
const spread = <A>(all: readonly A[], most: number): readonly A[] =>
  all.length <= most
    ? all
    : Array.from({ length: most }, (_, i) =>
      all[Math.floor(i * all.length / most)]!);

/** Bytes of a file that can be opened, else why it cannot. */
async function sizeOf(path: string): Promise<number | string> {
  try {
    using file = await Deno.open(path);
    return (await file.stat()).size;
  } catch (thrown) {
    return reasonOf(thrown);
  }
}

/**
 * Opens files for a moment: which sizes they have, and whether they can be read.
 *
 * @param paths The files.
 * @param most Most that are looked at, evenly spread.
 */
export async function inspectFiles(
  paths: readonly string[],
  most: number = MOST_LOOKED,
): Promise<Inspection> {
  const limit = taskLimit(AT_ONCE);
  const chosen = spread(paths, most);
  const found = await Promise.all(
    chosen.map((path) => limit(() => sizeOf(path))),
  );
  const sizes = found.filter((size) => typeof size === "number");
  const reasons = found.filter((reason) => typeof reason === "string");
  const range = sizes.reduce<readonly [number, number]>(
    ([least, most], size) => [Math.min(least, size), Math.max(most, size)],
    [Infinity, 0],
  );
  return {
    looked: chosen.length,
    sizes: sizes.length === 0 ? null : range,
    unreadable: reasons.length,
    reason: reasons[0] ?? null,
  };
}

/** Bytes in words: `12 B`, `3 kB`, `1.2 MB`, `147 GB`. */
export function bytesInWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [unit, word] = bytes < 999_500
    ? [1e3, "kB"]
    : bytes < 999_500_000
    ? [1e6, "MB"]
    : [1e9, "GB"];
  const value = bytes / unit;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${word}`;
}
