/**
 * Where two JSON values differ.
 *
 * @module
 */

import { shown } from "../../core/mod.ts";

/** One place at which two values differ. */
export interface Difference {
  /** Path, for example `training.epochs`. */
  readonly path: string;
  /** The first value as JSON, or `nothing`. */
  readonly a: string;
  /** The second. */
  readonly b: string;
}

const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === "object" && x !== null;

/**
 * Every leaf at which two JSON values differ.
 *
 * @param a One value.
 * @param b Another.
 * @param path Where they stand.
 * @returns Empty if they are equal, whatever the order of their fields.
 */
export function differences(
  a: unknown,
  b: unknown,
  path = "",
): readonly Difference[] {
  if (!isRecord(a) || !isRecord(b) || Array.isArray(a) !== Array.isArray(b)) {
    return Object.is(a, b) ? [] : [{ path, a: shown(a), b: shown(b) }];
  }
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) =>
    differences(a[key], b[key], path === "" ? key : `${path}.${key}`)
  );
}
