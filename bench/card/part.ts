/** One part of the measurement of a graphics card. */

/** Results that can be written as JSON. */
export type Facts = Readonly<Record<string, unknown>>;

/** Conditions of a part. */
export interface PartContext {
  /** Sizes so small that software goes through them in seconds. */
  readonly isTiny: boolean;
  /** Seconds that are left to the part; it should end by itself. */
  secondsLeft(): number;
  /** Makes known what has been found so far; it replaces what was known before. */
  note(facts: Facts): void;
}

/** A part. */
export interface Part {
  /** Name for `--only` and in the results. */
  readonly name: string;
  /** What it measures, in words. */
  readonly about: string;
  /** Part of the whole time, relative to the others. */
  readonly share: number;
  /** Measures; what it has noted last is the result. */
  measure(context: PartContext): Promise<void>;
}

/** A number to four digits, which are more than any time is good for. */
export const short = (value: number): number =>
  Number.isFinite(value) ? Number(value.toPrecision(4)) : value;

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

/** What was thrown, in words. */
export const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/**
 * Measures cases one after the other and notes the rows after each; a case that fails
 * has its error in the row, and the others go on. What the time does not suffice for is
 * left out, and said.
 *
 * @param context Conditions of the part.
 * @param cases The cases, the most important first.
 * @param seconds The least time that is worth beginning a case.
 * @param measure Measures a case.
 * @param note Called with all rows so far.
 */
export async function eachCase<Case extends Facts>(
  { secondsLeft }: PartContext,
  cases: readonly Case[],
  seconds: number,
  measure: (one: Case) => Promise<Facts>,
  note: (rows: readonly Facts[]) => void,
): Promise<readonly Facts[]> {
  const rows: Facts[] = [];
  for (const one of cases) {
    if (secondsLeft() < seconds) {
      rows.push({ ...one, skipped: "no time left" });
    } else {
      try {
        rows.push({ ...one, ...await measure(one) });
      } catch (thrown) {
        rows.push({ ...one, error: reasonOf(thrown) });
      }
    }
    note(rows);
  }
  return rows;
}
