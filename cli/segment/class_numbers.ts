/** From the numbers in masks to classes. */
import { printable } from "../../core/mod.ts";
import { refuse } from "../command/command_failed.ts";
import type { KnownMasks } from "./known_masks.ts";
import { IGNORED, type SegmentValues } from "./segment_flags.ts";

/** Numbers that a pixel may have. */
const LEVELS = 256;

/** The classes of a segmentation. */
export interface PixelClassTable {
  /** The number in masks of each class, rising. */
  readonly numbers: readonly number[];
  /** Name of each class. */
  readonly names: readonly string[];
  /** Class of each number from 0 to 255; −1 for numbers that do not count. */
  readonly classOf: Int32Array;
}

/** A class for each number that counts; −1 for all others. */
export function classTable(numbers: readonly number[]): Int32Array {
  const classOf = new Int32Array(LEVELS).fill(-1);
  numbers.forEach((number, label) => classOf[number] = label);
  return classOf;
}

/** Numbers that do not count. */
export const ignoredFrom = ({ ignore }: SegmentValues): ReadonlySet<number> =>
  new Set(ignore ?? IGNORED);

/** Refuses a number beyond the stated classes, by the first mask that has it. */
function refuseBeyond(
  masks: readonly KnownMasks<unknown>[],
  found: readonly number[],
  count: number,
): void {
  const beyond = found.find((number) => number >= count);
  if (beyond === undefined) return;
  const name = masks.map(({ firstOf }) => firstOf.get(beyond)).find(Boolean);
  refuse(
    printable(
      `--classes: found number ${beyond} in ${name}, wanted numbers from 0 to ${
        count - 1
      }, or ${beyond} among those of --ignore`,
    ),
  );
}

/**
 * The classes: as many as flags say, else the numbers that occur.
 *
 * @param masks Those to learn from and those to judge by.
 * @param known Names that the images give their classes.
 * @throws {CommandFailed} where a number is beyond the stated classes, or there is less to
 * tell apart than two classes.
 */
export function classesOf(
  masks: readonly KnownMasks<unknown>[],
  known: readonly string[] | null,
  values: SegmentValues,
): PixelClassTable {
  const ignored = ignoredFrom(values);
  const found = Array.from({ length: LEVELS }, (_, number) => number)
    .filter((number) =>
      !ignored.has(number) &&
      masks.some(({ counts }) => (counts[number] ?? 0) > 0)
    );
  const given = values.classes ?? known;
  const count = typeof given === "number" ? given : given?.length;
  if (count !== undefined) refuseBeyond(masks, found, count);
  if (found.length < 2) {
    const what = found.length === 0
      ? "no number that counts"
      : `the single number ${found[0]}`;
    refuse(
      `--data: found ${what} in all masks (--ignore ${
        [...ignored].join(",") || "none"
      }), wanted at least two`,
    );
  }
  const numbers = count === undefined
    ? found
    : Array.from({ length: count }, (_, number) => number)
      .filter((number) => !ignored.has(number));
  const names = numbers.map((number) =>
    typeof given === "object" && given !== null
      ? given[number] ?? String(number)
      : String(number)
  );
  return { numbers, names, classOf: classTable(numbers) };
}
