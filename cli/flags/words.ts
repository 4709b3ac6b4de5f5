/**
 * Words of a command line before its flags.
 *
 * @module
 */
import { type Faults, left, type Result, right } from "../../core/mod.ts";

/** A command line cut in two. */
export interface SplitWords {
  /** The words. */
  readonly words: readonly string[];
  /** The flags behind them. */
  readonly flags: readonly string[];
}

/**
 * Takes the words that a program wants from the front of its command line.
 *
 * @param wanted What the words are, for example `["RUN", "OUT"]`.
 * @param args The command line.
 * @returns The words and what follows, or the first word that is missing.
 */
export function splitWords(
  wanted: readonly string[],
  args: readonly string[],
): Result<Faults, SplitWords> {
  const words = args.slice(0, wanted.length);
  const end = words.findIndex((word) => word.startsWith("--"));
  const given = end < 0 ? words : words.slice(0, end);
  const missing = wanted[given.length];
  return missing === undefined
    ? right({ words: given, flags: args.slice(given.length) })
    : left([{
      _tag: "Inconsistent",
      path: missing,
      found: args[given.length],
      wanted: `${wanted.join(" ")} before any flag`,
    }]);
}
