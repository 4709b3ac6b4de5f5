/**
 * Command-line flags as a table.
 *
 * @module
 */
import { left, nearestHint, type Result, right } from "../../core/mod.ts";

/** One flag, without its name. */
export interface Flag<A> {
  /** What stands for its value in the help; empty for a switch, which has none. */
  readonly metavar: string;
  /** What it is for, in a line. */
  readonly help: string;
  /** Reads the value, or says what is wanted; a switch is `true` when given. */
  readonly parse: (text: string) => Result<string, A>;
}

/** Flags by name, without the leading `--`. */
export type FlagTable = Readonly<Record<string, Flag<unknown>>>;

/** The values of the flags that were given. */
export type FlagValues<Table extends FlagTable> = {
  readonly [Name in keyof Table]?: Table[Name] extends Flag<infer A> ? A
    : never;
};

/** A flag without a value. */
export function switchFlag(help: string): Flag<true> {
  return { metavar: "", help, parse: () => right(true) };
}

/** A flag with any text, for example a path. */
export function textFlag(metavar: string, help: string): Flag<string> {
  return {
    metavar,
    help,
    parse: (text) => text === "" ? left(metavar) : right(text),
  };
}

/** A flag with one of a few words. */
export function choiceFlag<Word extends string>(
  words: readonly Word[],
  help: string,
): Flag<Word> {
  return {
    metavar: words.join("|"),
    help,
    parse: (text) => {
      const word = words.find((known) => known === text);
      return word !== undefined ? right(word) : left(
        `one of ${words.join(", ")}${nearestHint(text, words)}`,
      );
    },
  };
}

/** The numbers that a flag takes. */
export interface NumberRange {
  /** The range in words, for example `a number in (0, 1]`. */
  readonly wanted: string;
  /** Whether a finite number lies in it. */
  readonly holds: (value: number) => boolean;
  /** The number of the range next to a finite one outside it, if there is one. */
  readonly nearest: (value: number) => number | null;
}

/** A flag with a number. */
export function numberFlag(range: NumberRange, help: string): Flag<number> {
  return {
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
  most: number = Number.MAX_SAFE_INTEGER,
): Flag<number> {
  const flag = numberFlag({
    wanted: most === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${least}`
      : `a whole number from ${least} to ${most}`,
    holds: (value) =>
      Number.isSafeInteger(value) && value >= least && value <= most,
    nearest: (value) => Math.min(most, Math.max(least, Math.round(value))),
  }, help);
  return { ...flag, metavar: "N" };
}

/** More threads than machines have cores; each takes tens of megabytes. */
const MOST_WORKERS = 256;

/** A flag with a number of threads. */
export function workersFlag(help: string): Flag<number> {
  return wholeFlag(0, help, MOST_WORKERS);
}

/** Numbers from 0 on. */
export const FROM_ZERO: NumberRange = {
  wanted: "a number of at least 0",
  holds: (value) => value >= 0,
  nearest: () => 0,
};

/** A part that leaves something on both sides. */
export const SHARE: NumberRange = {
  wanted: "a number between 0 and 1, such as 0.1",
  holds: (value) => value > 0 && value < 1,
  nearest: () => null,
};

/**
 * Help of a program: a line for each flag.
 *
 * @param usage The program's purpose and call.
 * @param table Its flags.
 * @param defaults Values that flags have when they are not given.
 */
export function helpText(
  usage: string,
  table: FlagTable,
  defaults: Readonly<Record<string, string>>,
): string {
  const rows = Object.entries(table).map(([name, { metavar, help }]) => {
    const initial = defaults[name];
    const call = `--${name} ${metavar}`.trimEnd();
    return [
      call,
      initial === undefined ? help : `${help} (default ${initial})`,
    ] as const;
  });
  const width = Math.max(...rows.map(([call]) => call.length));
  return [
    usage,
    "",
    ...rows.map(([call, help]) => `  ${call.padEnd(width)}  ${help}`),
  ].join("\n");
}
