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

/**
 * Help of a program: a line for each flag, under its heading.
 *
 * @param bases The configurations from which defaults are read; where they differ, the
 * defaults stand beside each other.
 */
export function helpText(
  usage: string,
  table: FlagTable,
  bases: readonly object[] = [],
): string {
  const calls = Object.entries(table).map(([name, flag]) => callOf(name, flag));
  const width = Math.max(...calls.map((call) => call.length));
  const line = ([name, flag]: readonly [string, Flag<unknown>]): string => {
    const initial = defaultText(flag, bases);
    const words = initial === null ? "" : ` (default ${initial})`;
    return `  ${callOf(name, flag).padEnd(width)}  ${flag.help}${words}`;
  };
  const blocks = [...byHeading(table)].map(([heading, flags]) =>
    [...heading === "" ? [] : [`${heading}:`], ...flags.map(line)].join("\n")
  );
  return [usage, ...blocks].join("\n\n");
}
