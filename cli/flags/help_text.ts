/** The help of a command. */
import type { Flag, FlagTable } from "./flags.ts";
import { defaultText } from "./configuration.ts";

const callOf = (name: string, { metavar }: Flag<unknown>): string =>
  `--${name} ${metavar}`.trimEnd();

/** The flags under their headings, in the order in which the headings first stand. */
function byHeading(
  table: FlagTable,
): ReadonlyMap<string, readonly (readonly [string, Flag<unknown>])[]> {
  return Map.groupBy(
    Object.entries(table),
    ([, { heading = "" }]) => heading,
  );
}

/** Narrowest column of words that stands beside the flags. */
const NARROWEST = 40;

/** Lines of at most so many characters, one word where it is longer. */
function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns) {
      lines.push(word);
    } else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** A flag and its words: beside it, or below where the terminal is narrow. */
function entry(
  call: string,
  words: string,
  width: number,
  columns: number,
): string {
  const isBeside = columns - width - 4 >= NARROWEST;
  const indent = " ".repeat(isBeside ? width + 4 : 6);
  const [first = "", ...others] = wrapped(words, columns - indent.length);
  const start = isBeside
    ? `  ${call.padEnd(width)}  ${first}`
    : `  ${call}\n${indent}${first}`;
  return [start, ...others.map((line) => `${indent}${line}`)].join("\n");
}

/**
 * Help of a program: an entry for each flag, under its heading.
 *
 * @param bases The configurations from which defaults are read; where they differ, the
 * defaults stand beside each other.
 * @param columns Width of the terminal, in characters; lines are not wrapped without one.
 */
export function helpText(
  usage: string,
  table: FlagTable,
  bases: readonly object[] = [],
  columns = Infinity,
): string {
  const calls = Object.entries(table).map(([name, flag]) => callOf(name, flag));
  const width = Math.max(...calls.map((call) => call.length));
  const line = ([name, flag]: readonly [string, Flag<unknown>]): string => {
    const initial = defaultText(flag, bases);
    const words = initial === null ? "" : ` (default ${initial})`;
    return entry(callOf(name, flag), `${flag.help}${words}`, width, columns);
  };
  const blocks = [...byHeading(table)].map(([heading, flags]) =>
    [...heading === "" ? [] : [`${heading}:`], ...flags.map(line)].join("\n")
  );
  return [usage, ...blocks].join("\n\n");
}
