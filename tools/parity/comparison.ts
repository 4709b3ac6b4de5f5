/** How far numbers are from those of the reference. */

/** How far numbers may be off. */
export type Tolerance =
  /** Not at all. */
  | { readonly _tag: "Exact" }
  /** Each number by so much. */
  | { readonly _tag: "Absolute"; readonly limit: number }
  /** Each number by such a part of the largest one of its tensor. */
  | { readonly _tag: "Relative"; readonly limit: number }
  /** Each number by what follows from gradients that are off by such a part (`Pair.allowed`). */
  | { readonly _tag: "FromGradients"; readonly limit: number };

/** What was computed beside what should have been. */
export interface Pair {
  /** Name of the tensor or scalar. */
  readonly name: string;
  /** What was computed. */
  readonly found: ArrayLike<number>;
  /** What the reference computed. */
  readonly wanted: ArrayLike<number>;
  /** How far each number may be off, where the tolerance is not the same for all. */
  readonly allowed?: ArrayLike<number>;
}

/** Numbers that are judged together. */
export interface Group {
  /** What they are. */
  readonly name: string;
  /** How far they may be off. */
  readonly tolerance: Tolerance;
  /** The numbers. */
  readonly pairs: readonly Pair[];
}

/** How a group compares. */
export interface Comparison {
  /** What was compared. */
  readonly group: string;
  /** How many tensors or scalars. */
  readonly compared: number;
  /** Largest difference; infinite if a number is missing or `NaN`. */
  readonly absolute: number;
  /** Largest difference as a part of the largest number of its tensor. */
  readonly relative: number;
  /** Largest difference as a part of what is allowed there; infinite if nothing is. */
  readonly used: number;
  /** How far they may be off. */
  readonly tolerance: Tolerance;
  /** The tensor that is farthest off by the measure of the tolerance. */
  readonly worst: string;
  /** Whether something was compared and all of it is within the tolerance. */
  readonly holds: boolean;
}

/** Errors of one tensor. */
interface Errors {
  readonly name: string;
  readonly absolute: number;
  readonly relative: number;
  readonly used: number;
}

/** A number that is not there or not one is infinitely far off. */
const orInfinite = (error: number): number =>
  Number.isNaN(error) ? Infinity : error;

/** A part of a whole, of which nothing needs nothing. */
const partOf = (part: number, whole: number): number =>
  part === 0 ? 0 : orInfinite(part / whole);

/** What of a tolerance is used by the errors of one tensor. */
function usedOf(
  { found, wanted, allowed = [] }: Pair,
  absolute: number,
  relative: number,
  tolerance: Tolerance,
): number {
  switch (tolerance._tag) {
    case "Exact":
      return partOf(absolute, 0);
    case "Absolute":
      return partOf(absolute, tolerance.limit);
    case "Relative":
      return partOf(relative, tolerance.limit);
    case "FromGradients": {
      const used = Array.from(
        wanted,
        (b, i) => partOf(Math.abs((found[i] ?? NaN) - b), allowed[i] ?? NaN),
      );
      return found.length === wanted.length ? largestOf(used) : Infinity;
    }
  }
}

const errorsOf = (tolerance: Tolerance) => (pair: Pair): Errors => {
  const { name, found, wanted } = pair;
  let [absolute, largest] = [found.length === wanted.length ? 0 : Infinity, 0];
  for (let i = 0; i < wanted.length; i++) {
    const [a = NaN, b = NaN] = [found[i], wanted[i]];
    absolute = Math.max(absolute, orInfinite(Math.abs(a - b)));
    largest = Math.max(largest, Math.abs(b));
  }
  const relative = partOf(absolute, largest);
  const used = usedOf(pair, absolute, relative, tolerance);
  return { name, absolute, relative, used };
};

const largestOf = (numbers: readonly number[]): number =>
  numbers.reduce((a, b) => Math.max(a, b), 0);

/**
 * Compares a group with the reference.
 *
 * @param group Numbers and tolerance.
 * @returns The largest errors, and whether all are within the tolerance.
 */
export function compare({ name, tolerance, pairs }: Group): Comparison {
  const errors = pairs.map(errorsOf(tolerance));
  const worst = errors.reduce<Errors | undefined>(
    (worst, next) =>
      worst === undefined || next.used > worst.used ? next : worst,
    undefined,
  );
  const used = largestOf(errors.map(({ used }) => used));
  return {
    group: name,
    compared: pairs.length,
    absolute: largestOf(errors.map(({ absolute }) => absolute)),
    relative: largestOf(errors.map(({ relative }) => relative)),
    used,
    tolerance,
    worst: worst?.name ?? "",
    holds: pairs.length > 0 && used <= 1,
  };
}
