/**
 * Which known word somebody meant.
 *
 * @module
 */

/** Letters of a word that count; words that exist are shorter. */
const LONGEST = 64;

const lettersOf = (word: string): readonly string[] =>
  [...word.slice(0, LONGEST).toLowerCase()].slice(0, LONGEST);

/** One more row of the table of edit distances: prefixes of `word` against `known` up to `letter`. */
const nextRow =
  (word: readonly string[]) =>
  (row: readonly number[], letter: string): readonly number[] => {
    const next = [(row[0] ?? 0) + 1];
    word.forEach((other, i) => {
      const [diagonal = 0, above = 0, left = 0] = [row[i], row[i + 1], next[i]];
      const change = diagonal + (letter === other ? 0 : 1);
      next.push(Math.min(above + 1, left + 1, change));
    });
    return next;
  };

/**
 * Insertions, deletions and replacements of letters that turn one word into
 * another, capitals counting as small letters. Letters behind the 64th do not count.
 *
 * @param word What was written.
 * @param known What could have been meant.
 * @returns A whole number, 0 for equal words.
 *
 * @see Wagner and Fischer, The String-to-String Correction Problem, 1974.
 */
export function editDistance(word: string, known: string): number {
  const [from, to] = [lettersOf(word), lettersOf(known)];
  const first = Array.from({ length: from.length + 1 }, (_, i) => i);
  return to.reduce(nextRow(from), first).at(-1) ?? 0;
}

/**
 * The known word nearest to a written one; the earlier of two equally near.
 *
 * @param word What was written.
 * @param known Words that exist.
 * @returns One of `known`, or `null` if there is none.
 *
 * @example
 * ```ts
 * import { nearestWord } from "@vitfreeze/vitfreeze/core";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(nearestWord("epoch", ["epochs", "seed"]), "epochs");
 * ```
 */
export function nearestWord(
  word: string,
  known: readonly string[],
): string | null {
  let [best, least]: [string | null, number] = [null, Infinity];
  for (const other of known) {
    const distance = editDistance(word, other);
    if (distance < least) [best, least] = [other, distance];
  }
  return best;
}
