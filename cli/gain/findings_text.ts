/** What was found, as a table and sentences of a terminal. */
import { printable } from "../../core/mod.ts";
import { textTable } from "../output/text_table.ts";
import type { AccuracyGain } from "../../train/mod.ts";
import { START_WORDS } from "./starts.ts";
import { gainOf, type Judged, WAY_WORDS, WAYS } from "./ways.ts";

/** A part in percent without its sign, for tables. */
export const bare = (part: number): string =>
  Number.isNaN(part) ? "–" : (100 * part).toFixed(1);

/** Both ends of an interval in percent. */
export const ends = ([low, high]: readonly [number, number]): string =>
  `${bare(low)} – ${bare(high)}`;

/** Columns of the table of accuracies. */
export const ACCURACY_HEAD = [
  ["way", "left"],
  ["from", "left"],
  ["accuracy %", "right"],
  ["95 %", "left"],
  ["balanced %", "right"],
  ["right", "right"],
  ["of", "right"],
] as const;

/** The accuracies of all classifiers, a row each. */
export const accuracyRows = (
  all: readonly Judged[],
): readonly (readonly string[])[] =>
  all.map(({ way, start, scores }) => [
    WAY_WORDS[way],
    START_WORDS[start],
    bare(scores.accuracy),
    ends(scores.interval),
    bare(scores.balanced),
    String(scores.found),
    String(scores.count),
  ]);

/** The same as text. */
export const accuracyTable = (all: readonly Judged[]): string =>
  textTable(ACCURACY_HEAD, accuracyRows(all));

const signed = (part: number): string =>
  `${part < 0 ? "−" : "+"}${bare(Math.abs(part))}`;

/** A gain in percentage points, with its interval. */
export const describeGain = (
  { gain, interval: [low, high] }: Pick<AccuracyGain, "gain" | "interval">,
): string => `${signed(gain)} points (95 %: ${signed(low)} to ${signed(high)})`;

/**
 * What the trained encoder is better at than what it began as, and than raw pixels.
 *
 * @returns A line for each way that was tried.
 */
export function gainLines(all: readonly Judged[]): readonly string[] {
  return WAYS.flatMap((way) => {
    const own = all.filter((one) => one.way === way);
    const trained = own.find(({ start }) => start === "trained");
    if (trained === undefined) return [];
    const others = own.filter((one) => one !== trained);
    return others.length === 0 ? [] : [
      `${WAY_WORDS[way]}: ${
        others.map((other) =>
          `${describeGain(gainOf(trained, other))} over ${
            START_WORDS[other.start]
          }`
        ).join("; ")
      }`,
    ];
  });
}

/** Columns of the table of classes. */
export const CLASS_HEAD = [
  ["class", "left"],
  ["accuracy %", "right"],
  ["95 %", "left"],
  ["right", "right"],
  ["of", "right"],
] as const;

/** The accuracy of a classifier class by class; classes without images are left out. */
export const classRows = (
  { scores: { byClass } }: Judged,
  names: readonly string[],
): readonly (readonly string[])[] =>
  byClass.flatMap((share, label) =>
    share.count === 0 ? [] : [[
      printable(names[label] ?? String(label)),
      bare(share.accuracy),
      ends(share.interval),
      String(share.found),
      String(share.count),
    ]]
  );

/** The same as text. */
export const classTable = (best: Judged, names: readonly string[]): string =>
  textTable(CLASS_HEAD, classRows(best, names));

/** The classifier from the trained encoder that names most images rightly; the later of equal ones. */
export function bestOf(all: readonly Judged[]): Judged | undefined {
  return all.filter(({ start }) => start === "trained").reduce<
    Judged | undefined
  >(
    (best, one) =>
      best === undefined || one.scores.found >= best.scores.found ? one : best,
    undefined,
  );
}
