/**
 * Which files of a data set belong to which split, by their names.
 *
 * @module
 */
import type { Split } from "./image_source.ts";

/** Words in the names of files to judge by, the ones with labels first. */
const JUDGING = [/\bval(id(ation)?)?\b/i, /\btest\b/i];
const LEARNING = /\btrain(ing)?\b/i;

/** Underscores and digits part words too. */
const wordsOf = (name: string): string => name.replace(/[_\d]+/g, " ");

/**
 * The files of a split.
 *
 * Files with a word for validation or test in their names are there to judge by,
 * those for validation if there are both; all with the word train, or else all
 * others, are there to learn from. Where no name tells, all files are both.
 *
 * @param names Names of the files.
 * @param split Which part.
 * @returns Names in order; none if only the other split is there.
 */
export function splitFiles(
  names: readonly string[],
  split: Split,
): readonly string[] {
  const inOrder = [...names].sort((a, b) => a < b ? -1 : 1);
  const having = (word: RegExp): readonly string[] =>
    inOrder.filter((name) => word.test(wordsOf(name)));
  const judging = JUDGING.map(having).find(({ length }) => length > 0) ?? [];
  const anyJudging = new Set(JUDGING.flatMap(having));
  const named = having(LEARNING);
  if (named.length === 0 && anyJudging.size === 0) return inOrder;
  if (split === "test") return judging;
  return named.length > 0
    ? named
    : inOrder.filter((name) => !anyJudging.has(name));
}
