/** Counts in words, for summaries and messages. */

/** Kinds that are listed one by one; the others are counted together. */
const MOST_KINDS = 6;

/** Counts by kind, with the first name of each. */
export class Tally {
  readonly #kinds = new Map<string, { count: number; first: string }>();

  /** True if nothing was counted. */
  get isEmpty(): boolean {
    return this.#kinds.size === 0;
  }

  /**
   * Counts one.
   *
   * @param kind Its kind.
   * @param name Its name.
   */
  add(kind: string, name: string): void {
    const known = this.#kinds.get(kind);
    if (known === undefined) this.#kinds.set(kind, { count: 1, first: name });
    else known.count++;
  }

  /**
   * Counts what another one counted.
   *
   * @param other The other one.
   */
  addAll(other: Tally): void {
    for (const [kind, { count, first }] of other.#kinds) {
      const known = this.#kinds.get(kind);
      if (known === undefined) this.#kinds.set(kind, { count, first });
      else known.count += count;
    }
  }

  /**
   * All kinds in words, those with the most first.
   *
   * @returns `30 .txt (a.txt), 2 .json (b.json)`; empty if nothing was counted.
   */
  get words(): string {
    const kinds = [...this.#kinds].sort(([, a], [, b]) => b.count - a.count);
    const named = kinds.slice(0, MOST_KINDS)
      .map(([kind, { count, first }]) => `${count} ${kind} (${first})`);
    const others = kinds.slice(MOST_KINDS)
      .reduce((sum, [, { count }]) => sum + count, 0);
    return [...named, ...others === 0 ? [] : [`${others} of other kinds`]]
      .join(", ");
  }
}

/**
 * A number of things, in words.
 *
 * @param noun Word for one of them; more take an `s`, or `es` behind a hiss.
 * @returns `1 image`, `2 images`.
 */
export function counted(count: number, noun: string): string {
  const ending = /(s|x|z|sh|[nt]ch)$/.test(noun) ? "es" : "s";
  return `${count} ${noun}${count === 1 ? "" : ending}`;
}

/** Bytes in words: `12 B`, `3 kB`, `1.2 MB`, `147 GB`. */
export function bytesInWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [unit, word] = bytes < 999_500
    ? [1e3, "kB"]
    : bytes < 999_500_000
    ? [1e6, "MB"]
    : [1e9, "GB"];
  const value = bytes / unit;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${word}`;
}
