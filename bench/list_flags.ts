/** Flags whose values are lists, with commas between. */
import { left, nearestHint, right } from "../core/mod.ts";
import type { Flag } from "../cli/flags/flags.ts";

const partsOf = (text: string): readonly string[] =>
  text.split(",").map((part) => part.trim());

/** Whole numbers from `least` on, with commas between. */
export function wholesFlag(
  least: number,
  help: string,
): Flag<readonly number[]> {
  const wanted = `whole numbers of at least ${least} with commas between`;
  const holds = (part: string): boolean =>
    /^\d+$/.test(part) && Number.isSafeInteger(Number(part)) &&
    Number(part) >= least;
  return {
    metavar: "N,N,…",
    help,
    parse: (text) => {
      const parts = partsOf(text);
      return parts.every(holds) ? right(parts.map(Number)) : left(wanted);
    },
  };
}

/** Some of a few names, with commas between. */
export const namesFlag = <Name extends string>(
  names: readonly Name[],
  help: string,
): Flag<readonly Name[]> => ({
  metavar: "NAME,NAME,…",
  help: `${help}: ${names.join(", ")}`,
  parse: (text) => {
    const parts = partsOf(text);
    const known: readonly string[] = names;
    const unknown = parts.find((part) => !known.includes(part));
    return unknown === undefined ? right(parts as Name[]) : left(
      `names of ${names.join(", ")}, no ${JSON.stringify(unknown)}${
        nearestHint(unknown, names)
      }`,
    );
  },
});
