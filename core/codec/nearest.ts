/** The known word nearest to a misspelt one. */

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
 * @see Wagner and Fischer, The String-to-String Correction Problem, 1974.
 */
export function editDistance(word: string, known: string): number {
  const [from, to] = [lettersOf(word), lettersOf(known)];
  const first = Array.from({ length: from.length + 1 }, (_, i) => i);
  return to.reduce(nextRow(from), first).at(-1) ?? 0;
}

/** Letters that may be wrong in a word that is still recognised: a third of it. */
const mistakesIn = (word: string): number =>
  word.length < 3 ? 1 : Math.max(2, Math.floor(word.length / 3));

/** True if the shorter of two words begins or, from three letters on, ends the longer. */
function isPartOf(word: string, known: string): boolean {
  const [short = "", long = ""] = [word, known]
    .map((each) => lettersOf(each).join(""))
    .toSorted((a, b) => a.length - b.length);
  return short.length >= 2 && long.startsWith(short) ||
    short.length >= 3 && long.endsWith(short);
}

/** Words for sizes by their abbreviations, as in `vit-b`. */
const SIZES: ReadonlyMap<string, string> = new Map([
  ["t", "tiny"],
  ["ti", "tiny"],
  ["s", "small"],
  ["m", "medium"],
  ["b", "base"],
  ["l", "large"],
  ["h", "huge"],
  ["g", "giant"],
]);

/** Words for sizes that are spelled out. */
const SIZE_WORDS: ReadonlySet<string> = new Set(
  "atto femto pico nano micro mini xs little xl gigantic".split(" ")
    .concat(...SIZES.values()),
);

/** Numbers in a word, and its parts that are a word for a size or a letter beside others. */
function sizesIn(word: string): readonly (readonly string[])[] {
  const parts = lettersOf(word).join("").match(/\p{L}+|\d+/gu) ?? [];
  const isLetter = (part: string) => parts.length > 1 && /^\p{L}$/u.test(part);
  const sizes = parts.map((part) => SIZES.get(part) ?? part)
    .filter((part) => SIZE_WORDS.has(part) || isLetter(part));
  return [parts.filter((part) => /^\d/.test(part)), sizes];
}

/**
 * True if two words may be one that is misspelt: where both have numbers these are the
 * same, and likewise words for sizes. `int4`, `in-10` and `vit-l` are no misspelt
 * `int8`, `in-100` and `vit-h`.
 */
function haveSameSizes(word: string, known: string): boolean {
  const own = sizesIn(known);
  return sizesIn(word).every((sizes, i) =>
    sizes.length === 0 || own[i]?.length === 0 ||
    String(sizes) === String(own[i])
  );
}

/**
 * The known word that a written one most likely stands for: one that it begins or
 * ends, or that begins or ends it, else one with few other letters. The earlier of
 * two equally near; never one that differs in a number or in a word for a size.
 *
 * @returns One of `known`, or `null` if none is near.
 */
export function nearestWord(
  word: string,
  known: readonly string[],
): string | null {
  const alike = known.filter((other) => haveSameSizes(word, other));
  const parts = alike.filter((other) => isPartOf(word, other));
  const most = parts.length > 0 ? Infinity : mistakesIn(word);
  let [best, least]: [string | null, number] = [null, most + 1];
  for (const other of parts.length > 0 ? parts : alike) {
    const distance = editDistance(word, other);
    if (distance < least) [best, least] = [other, distance];
  }
  return best;
}

/**
 * The end of a sentence that says what was wanted: the nearest known word.
 *
 * @param spelled Spelling of a known word in the sentence.
 * @returns For example `; the nearest is epochs`; empty if none is near.
 */
export function nearestHint(
  word: string,
  known: readonly string[],
  spelled: (word: string) => string = (best) => best,
): string {
  const best = nearestWord(word, known);
  return best === null ? "" : `; the nearest is ${spelled(best)}`;
}
