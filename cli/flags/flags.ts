/**
 * Flags as data. A flag's table entry says all there is to know of it: how its value is
 * read and written, its help, the heading that it stands under, its default, and its
 * place in a configuration, which is also the name of its fault.
 */
import { left, nearestHint, type Result, right } from "../../core/mod.ts";

/** Place of a flag in a configuration. */
export interface FlagPlace<A> {
  /** Path of the field that it sets, for example `training.epochs`. */
  readonly at?: string;
  /** The default in words, where a configuration does not say it. */
  readonly initial?: string;
  /** The value that stands for a field which is not written down. */
  readonly unset?: A;
  /** Value of the field, where that is not the flag's value itself. */
  write?(value: A): unknown;
  /** Reads the value of a configuration, where it is not that of one field. */
  readonly read?: (config: never) => A | undefined;
}

/** One flag, without its name. */
export interface Flag<A> extends FlagPlace<A> {
  /** Name of its value in the help; empty for a switch, which has none. */
  readonly metavar: string;
  /** Purpose in a line. */
  readonly help: string;
  /** Reads the value, or says what is wanted; a switch is `true` when given. */
  readonly parse: (text: string) => Result<string, A>;
  /** Writes a value as `parse` reads it; as text by default. */
  show?(value: A): string;
  /** True if it takes one of a few words, so that no range can be missed. */
  readonly isChoice?: boolean;
  /** Words of earlier versions and what they are called now. */
  readonly renamed?: Readonly<Record<string, string>>;
  readonly heading?: string;
}

/** Flags by name, without the leading `--`. */
// deno-lint-ignore no-explicit-any -- a table holds flags of any value
export type FlagTable = Readonly<Record<string, Flag<any>>>;

/** The values of the flags that were given. */
export type FlagValues<Table extends FlagTable> = {
  readonly [Name in keyof Table]?: Table[Name] extends Flag<infer A> ? A
    : never;
};

/** Flags under a heading of the help. */
export const under = <Table extends FlagTable>(
  heading: string,
  table: Table,
): Table =>
  Object.fromEntries(
    Object.entries(table).map(([name, flag]) => [name, { ...flag, heading }]),
  ) as unknown as Table;

/** Flags with their defaults in words. */
export const initially = <Table extends FlagTable>(
  table: Table,
  defaults: { readonly [Name in keyof Table]?: string },
): Table =>
  Object.fromEntries(
    Object.entries(table).map(([name, flag]) =>
      [name, { ...flag, initial: defaults[name] }] as const
    ),
  ) as unknown as Table;

/** A flag without a value. */
export function switchFlag(
  help: string,
  place: FlagPlace<true> = {},
): Flag<true> {
  return {
    ...place,
    metavar: "",
    help,
    isChoice: true,
    parse: () => right(true),
  };
}

/** A flag with any text, for example a path. */
export function textFlag(
  metavar: string,
  help: string,
  place: FlagPlace<string> = {},
): Flag<string> {
  return {
    ...place,
    metavar,
    help,
    parse: (text) => text === "" ? left(metavar) : right(text),
  };
}

/**
 * A flag with one of a few words.
 *
 * @param words The words, or for each word its value.
 * @param renamed Words of earlier versions that are still read.
 */
export function choiceFlag<Word extends string>(
  words: readonly Word[],
  help: string,
  place?: FlagPlace<Word>,
): Flag<Word>;
export function choiceFlag<Value extends string>(
  words: Readonly<Record<string, Value>>,
  help: string,
  place?: FlagPlace<Value>,
  renamed?: Readonly<Record<string, string>>,
): Flag<Value>;
export function choiceFlag(
  words: readonly string[] | Readonly<Record<string, string>>,
  help: string,
  place: FlagPlace<string> = {},
  renamed: Readonly<Record<string, string>> = {},
): Flag<string> {
  const values = new Map<string, string>(
    Array.isArray(words)
      ? words.map((word) => [word, word])
      : Object.entries(words),
  );
  const known = [...values.keys()];
  return {
    ...place,
    metavar: known.join("|"),
    help,
    isChoice: true,
    renamed,
    parse: (text) => {
      const value = values.get(renamed[text] ?? text);
      return value !== undefined ? right(value) : left(
        `one of ${known.join(", ")}${nearestHint(text, known)}`,
      );
    },
    show: (value) => known.find((word) => values.get(word) === value) ?? "",
  };
}

/** The numbers that a flag takes. */
export interface NumberRange {
  /** The range in words, for example `a number in (0, 1]`. */
  readonly wanted: string;
  /** True if a finite number lies in it. */
  readonly holds: (value: number) => boolean;
  /** The number of the range next to a finite one outside it, if there is one. */
  readonly nearest: (value: number) => number | null;
}

/** A flag with a number. */
export function numberFlag(
  range: NumberRange,
  help: string,
  place: FlagPlace<number> = {},
): Flag<number> {
  return {
    ...place,
    metavar: "X",
    help,
    parse: (text) => {
      const value = text.trim() === "" ? NaN : Number(text);
      if (!Number.isFinite(value)) return left(range.wanted);
      if (range.holds(value)) return right(value);
      const nearest = range.nearest(value);
      return left(
        nearest === null
          ? range.wanted
          : `${range.wanted}; the nearest is ${nearest}`,
      );
    },
  };
}

/** A flag with a whole number. */
export function wholeFlag(
  least: number,
  help: string,
  { most = Number.MAX_SAFE_INTEGER, ...place }:
    & FlagPlace<number>
    & { readonly most?: number } = {},
): Flag<number> {
  const range: NumberRange = {
    wanted: most === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${least}`
      : `a whole number from ${least} to ${most}`,
    holds: (value) =>
      Number.isSafeInteger(value) && value >= least && value <= most,
    nearest: (value) => Math.min(most, Math.max(least, Math.round(value))),
  };
  return { ...numberFlag(range, help, place), metavar: "N" };
}

/** The numbers of a text with commas between; `NaN` for what is none. */
export const numbersIn = (text: string): readonly number[] =>
  text.split(",").map((one) => one.trim() === "" ? NaN : Number(one));

/**
 * A flag with several numbers of a range.
 *
 * @param wanted The numbers in words, for example `numbers in (0, 1]`.
 */
export function numbersFlag(
  metavar: string,
  { wanted, holds }: Pick<NumberRange, "wanted" | "holds">,
  help: string,
  place: FlagPlace<readonly number[]> = {},
): Flag<readonly number[]> {
  return {
    ...place,
    metavar,
    help,
    parse: (text) => {
      const numbers = numbersIn(text);
      return numbers.every((one) => Number.isFinite(one) && holds(one))
        ? right(numbers)
        : left(`${wanted} with commas between`);
    },
    show: (numbers) => numbers.join(","),
  };
}

/** More threads than machines have cores; each takes tens of megabytes. */
const MOST_WORKERS = 256;

/** A flag with a number of threads beside the main one; none by default. */
export const workersFlag = (help: string): Flag<number> =>
  wholeFlag(0, help, { most: MOST_WORKERS, initial: "0" });

/** Numbers from 0 on. */
export const FROM_ZERO: NumberRange = {
  wanted: "a number of at least 0",
  holds: (value) => value >= 0,
  nearest: () => 0,
};

/** Numbers above 0. */
export const ABOVE_ZERO: NumberRange = {
  wanted: "a number above 0",
  holds: (value) => value > 0,
  nearest: () => null,
};

/** A part of which something is left, or all of it. */
export const PART: NumberRange = {
  wanted: "a number in (0, 1]",
  holds: (value) => value > 0 && value <= 1,
  nearest: (value) => value > 1 ? 1 : null,
};

/** Numbers between 0 and 1, neither of them. */
export const strictlyBetween = (wanted: string): NumberRange => ({
  wanted,
  holds: (value) => value > 0 && value < 1,
  nearest: () => null,
});

/** A part that leaves something on both sides. */
export const SHARE: NumberRange = strictlyBetween(
  "a number between 0 and 1, such as 0.1",
);
