/**
 * Where data differs from what it should follow from.
 *
 * @module
 */
import { shown } from "../excerpt.ts";
import type { Fault } from "../result.ts";

/** Powers and cosines are rounded differently on different machines. */
const ROUNDING = 1e-12;

const agree = (made: unknown, given: unknown): boolean =>
  made === given ||
  (typeof made === "number" && typeof given === "number" &&
    !Number.isInteger(made) &&
    Math.abs(made - given) <= ROUNDING * Math.abs(made));

type Branch = Readonly<Record<string, unknown>>;

const isBranch = (value: unknown): value is Branch =>
  typeof value === "object" && value !== null;

const below = (path: string, key: string, parent: unknown): string =>
  Array.isArray(parent)
    ? `${path}[${key}]`
    : path === ""
    ? key
    : `${path}.${key}`;

const described = (made: unknown): string =>
  Array.isArray(made)
    ? `a list of ${made.length} items`
    : isBranch(made)
    ? `an object with ${Object.keys(made).join(", ")}`
    : shown(made);

/**
 * Compares JSON-like data with what it should be.
 *
 * @param made What follows from the configuration.
 * @param given What was found.
 * @param path Where both stand.
 * @returns A fault for every leaf that differs by more than rounding, is missing or too much.
 */
export function contradictions(
  made: unknown,
  given: unknown,
  path: string,
): readonly Fault[] {
  if (
    isBranch(made) && isBranch(given) &&
    Array.isArray(made) === Array.isArray(given)
  ) {
    const keys = [...new Set([...Object.keys(made), ...Object.keys(given)])];
    return keys.flatMap((key) =>
      contradictions(made[key], given[key], below(path, key, made))
    );
  }
  return agree(made, given) ? [] : [{
    _tag: "Inconsistent",
    path,
    found: given,
    wanted: `${described(made)}, which follows from config`,
  }];
}
