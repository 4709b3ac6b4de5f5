/** Progress in a file: seldom a line, and none without news. */

/** Milliseconds until the first line. */
const FIRST = 5000;

/** Milliseconds between two lines. */
const EVERY = 10_000;

/** Lines about work under way. */
export interface ProgressLines {
  /**
   * Writes a line, if one is due and there is news.
   *
   * @param now The time, milliseconds by the clock of the beginning.
   */
  tick(now: number): void;
}

/**
 * Lines about work that goes into a file: the first after five seconds, then one every ten,
 * and only where something is to be said that was not said before.
 *
 * @param words What is to be said of the work now; nothing where nothing is known.
 * @param write Writes a line.
 * @param from Its beginning, milliseconds.
 */
export function progressLines(
  words: () => string,
  write: (line: string) => void,
  from: number,
): ProgressLines {
  let [due, said] = [from + FIRST, ""];
  return {
    tick(now) {
      if (now < due) return;
      const line = words();
      if (line === "" || line === said) return;
      [due, said] = [now + EVERY, line];
      write(line);
    },
  };
}
