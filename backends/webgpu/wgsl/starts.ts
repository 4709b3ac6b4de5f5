/** Stretches that lie one behind the other. */

/** First number of each of some stretches of given lengths, and the end of the last. */
export function startsOf(lengths: readonly number[]): readonly number[] {
  let end = 0;
  return [0, ...lengths.map((length) => end += length)];
}
