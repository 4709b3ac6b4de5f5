/**
 * Results that a test expects to be successes.
 *
 * @module
 */
import { describeFaults, type Faults, type Result } from "../core/mod.ts";

/** The value of a success; fails the test on a failure, with its faults or its words. */
export function right<A>(result: Result<Faults | string, A>): A {
  if (result._tag === "Right") return result.right;
  const { left } = result;
  throw new Error(typeof left === "string" ? left : describeFaults(left));
}

/** Text of the faults of a failure, one a line; fails the test on a success. */
export function faultsOf(result: Result<Faults, unknown>): readonly string[] {
  if (result._tag === "Right") {
    throw new Error(`accepted ${JSON.stringify(result.right)}`);
  }
  return describeFaults(result.left).split("\n");
}
