/** A look at the files of a data set before it is used. */
import { disk } from "../resources/disk.ts";
import { kindOfBytes } from "../../core/mod.ts";
import { reasonOf } from "../report/data_error.ts";
import { imageFormat } from "../image/image_format.ts";
import { disposing } from "../resources/disposing.ts";
import { semaphore } from "../resources/semaphore.ts";
import { headOf } from "./read_file.ts";

/** Findings about files. */
export interface Inspection {
  /** Count of those that were looked at. */
  readonly looked: number;
  /** Bytes of the smallest and the largest that can be read; `null` if none can. */
  readonly sizes: readonly [least: number, most: number] | null;
  /** Count of those that cannot be opened. */
  readonly unreadable: number;
  /** Reason of the first of them; it names the file. */
  readonly reason: string | null;
  /** Count of those that can be opened but are no images by their first bytes. */
  readonly foreign: number;
  /** Kind of the first of these; it names the file. */
  readonly kind: string | null;
}

/** Findings about one file. */
interface Look {
  readonly size: number | null;
  readonly reason: string | null;
  readonly kind: string | null;
}

/** Files that are looked at, evenly spread where there are more: a second or two. */
const MOST_LOOKED = 10_000;

/** Files that are open at the same time. */
const AT_ONCE = 16;

/** So many indices below a length, evenly spread, the first one among them. */
export const spread = (length: number, most: number): readonly number[] =>
  Array.from(
    { length: Math.min(length, most) },
    (_, i) => length <= most ? i : Math.floor(i * length / most),
  );

/** Kind of a file that is no image. */
const kindOf = (head: Uint8Array): string | null =>
  imageFormat(head) === null
    ? kindOfBytes(head) ?? "of no kind that is known"
    : null;

async function lookAt(path: string): Promise<Look> {
  try {
    return await disposing(disk.open(path), async (file) => {
      const { size } = await file.stat();
      const kind = kindOf(await headOf(file));
      return {
        size,
        reason: null,
        kind: kind === null ? null : `${path} is ${kind}`,
      };
    });
  } catch (thrown) {
    return { size: null, reason: reasonOf(thrown), kind: null };
  }
}

/**
 * Opens files briefly: which sizes they have, whether they can be read, and
 * whether they are images.
 *
 * @param most Most that are looked at, evenly spread.
 */
export async function inspectFiles(
  paths: readonly string[],
  most: number = MOST_LOOKED,
): Promise<Inspection> {
  const chosen = spread(paths.length, most).map((i) => paths[i]!);
  const place = semaphore(AT_ONCE);
  const found = await Promise.all(
    chosen.map((path) => disposing(place(), () => lookAt(path))),
  );
  const sizes = found.map(({ size }) => size).filter((size) => size !== null);
  const reasons = found.map(({ reason }) => reason)
    .filter((reason) => reason !== null);
  const kinds = found.map(({ kind }) => kind).filter((kind) => kind !== null);
  const range = sizes.reduce<readonly [number, number]>(
    ([least, most], size) => [Math.min(least, size), Math.max(most, size)],
    [Infinity, 0],
  );
  return {
    looked: chosen.length,
    sizes: sizes.length === 0 ? null : range,
    unreadable: reasons.length,
    reason: reasons[0] ?? null,
    foreign: kinds.length,
    kind: kinds[0] ?? null,
  };
}
