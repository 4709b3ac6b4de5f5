/** Success or failure as a value, and what can be wrong with input. */

import { excerpt, shown } from "./excerpt.ts";

/** A failure and its reason. */
export interface Left<Failure> {
  /** Discriminant. */
  readonly _tag: "Left";
  /** The reason. */
  readonly left: Failure;
}

/** A success and its value. */
export interface Right<Value> {
  /** Discriminant. */
  readonly _tag: "Right";
  /** The result. */
  readonly right: Value;
}

/** Same shape as `Either` of fp-ts, so its combinators take it as it is. */
export type Result<Failure, Value> = Left<Failure> | Right<Value>;

/** Wraps a failure. */
export function left<Failure>(failure: Failure): Left<Failure> {
  return { _tag: "Left", left: failure };
}

/** Wraps a success. */
export function right<Value>(value: Value): Right<Value> {
  return { _tag: "Right", right: value };
}

/** One thing that is wrong with some input. */
export interface Fault {
  /**
   * Kind of fault: a value of the wrong type, a number outside its range, a
   * unknown field, or fields that contradict each other.
   */
  readonly _tag: "WrongType" | "OutOfRange" | "UnknownField" | "Inconsistent";
  /** Path of the field, for example `layers[3].freezeTime`. */
  readonly path: string;
  /** The value that was given. */
  readonly found: unknown;
  /** The values that are wanted, for example `a number in (0, 1]`. */
  readonly wanted: string;
}

/** The fault of fields that contradict each other; none where what is wanted holds. */
export const inconsistent = (
  holds: boolean,
  path: string,
  found: unknown,
  wanted: string,
): readonly Fault[] =>
  holds ? [] : [{ _tag: "Inconsistent", path, found, wanted }];

/** One or more faults, in the order of the fields. */
export type Faults = readonly [Fault, ...Fault[]];

/**
 * Text of one fault: the field, what was found, what is wanted.
 *
 * @returns One sentence without a full stop.
 *
 * @example
 * ```ts
 * import { describeFault } from "./result.ts";
 * import { strictEqual } from "node:assert/strict";
 *
 * strictEqual(
 *   describeFault({ _tag: "OutOfRange", path: "t0", found: 0, wanted: "a number in (0, 1]" }),
 *   "t0: found 0, wanted a number in (0, 1]",
 * );
 * ```
 */
export function describeFault(fault: Fault): string {
  const path = fault.path === "" ? "input" : excerpt(fault.path);
  return `${path}: found ${shown(fault.found)}, wanted ${fault.wanted}`;
}

/** More faults than this are counted, not listed. */
const MOST_LISTED = 100;

/**
 * Text of several faults, one a line.
 *
 * @returns Lines joined by newlines: the first 100 faults, and how many more there are.
 */
export function describeFaults(faults: Faults): string {
  const lines = faults.slice(0, MOST_LISTED).map(describeFault);
  const more = faults.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
}
