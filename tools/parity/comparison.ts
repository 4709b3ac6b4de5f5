/**
 * How far numbers are from those of the reference.
 *
 * @module
 */

/** How far numbers may be off. */
export type Tolerance =
  /** Not at all. */
  | { readonly _tag: "Exact" }
  /** Each number by so much. */
  | { readonly _tag: "Absolute"; readonly limit: number }
  /** Each number by such a part of the largest one of its tensor. */
  | { readonly _tag: "Relative"; readonly limit: number };

/** What was computed beside what should have been. */
export interface Pair {
  /** Name of the tensor or scalar. */
  readonly name: string;
  /** What was computed. */
  readonly found: ArrayLike<number>;
  /** What the reference computed. */
  readonly wanted: ArrayLike<number>;
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
}

function errorsOf({ name, found, wanted }: Pair): Errors {
  let [absolute, largest] = [found.length === wanted.length ? 0 : Infinity, 0];
  for (let i = 0; i < wanted.length; i++) {
    const [a = NaN, b = NaN] = [found[i], wanted[i]];
    const error = Math.abs(a - b);
    absolute = Math.max(absolute, Number.isNaN(error) ? Infinity : error);
    largest = Math.max(largest, Math.abs(b));
  }
  return { name, absolute, relative: absolute === 0 ? 0 : absolute / largest };
}

/** The error that a tolerance looks at, and the most that it may be. */
function judged(
  { absolute, relative }: Omit<Errors, "name">,
  tolerance: Tolerance,
): readonly [error: number, limit: number] {
  switch (tolerance._tag) {
    case "Exact":
      return [absolute, 0];
    case "Absolute":
      return [absolute, tolerance.limit];
    case "Relative":
      return [relative, tolerance.limit];
  }
}

const largestOf = (numbers: readonly number[]): number =>
  numbers.reduce((a, b) => Math.max(a, b), 0);

/**
 * Compares a group with the reference.
 *
 * @param group Numbers and tolerance.
 * @returns The largest errors, and whether all are within the tolerance.
 */
export function compare({ name, tolerance, pairs }: Group): Comparison {
  const errors = pairs.map(errorsOf);
  const errorOf = (of: Errors): number => judged(of, tolerance)[0];
  const worst = errors.toSorted((a, b) => errorOf(b) - errorOf(a))[0];
  const all = {
    absolute: largestOf(errors.map(({ absolute }) => absolute)),
    relative: largestOf(errors.map(({ relative }) => relative)),
  };
  const [error, limit] = judged(all, tolerance);
  return {
    group: name,
    compared: pairs.length,
    ...all,
    tolerance,
    worst: worst?.name ?? "",
    holds: pairs.length > 0 && error <= limit,
  };
}
