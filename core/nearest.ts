/**
 * Which known word somebody meant.
 *
 * @module
 */

/** One more row of the table of edit distances: prefixes of `word` against `known` up to `letter`. */
const nextRow =
  (word: string) =>
  (row: readonly number[], letter: string): readonly number[] =>
    [...word].reduce<readonly number[]>((next, other, i) => {
      const [diagonal = 0, above = 0] = row.slice(i, i + 2);
      const left = next.at(-1) ?? 0;
      return [
        ...next,
        Math.min(above + 1, left + 1, diagonal + (letter === other ? 0 : 1)),
      ];
    }, [(row[0] ?? 0) + 1]);

/**
 * Insertions, deletions and replacements of letters that turn one word into
 * another, capitals counting as small letters.
 *
 * @param word What was written.
 * @param known What could have been meant.
 * @returns A whole number, 0 for equal words.
 *
 * @see Wagner and Fischer, The String-to-String Correction Problem, 1974.
 */
export function editDistance(word: string, known: string): number {
  const [from, to] = [word.toLowerCase(), known.toLowerCase()];
  const first = Array.from({ length: [...from].length + 1 }, (_, i) => i);
  return [...to].reduce(nextRow(from), first).at(-1) ?? 0;
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
  return known.reduce<string | null>(
    (best, other) =>
      best !== null && editDistance(word, best) <= editDistance(word, other)
        ? best
        : other,
    null,
  );
}
