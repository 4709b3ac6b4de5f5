/**
 * Numbers of two runs that differ by rounding.
 *
 * @module
 */
import { deepStrictEqual, ok } from "node:assert/strict";
import type { MetricsLine } from "../../../train/mod.ts";
import { largestDifference } from "../../numbers.ts";
import { timelessRecord } from "../pretrain/program.ts";
import { parametersOf } from "./small_run.ts";

/**
 * Most that numbers may differ, as a part of the largest one of their tensor: sums in
 * another order, without Adam, which enlarges the rounding of the smallest gradients.
 */
const ROUNDING = 1e-5;

/** Difference of numbers as a part of the largest one. */
function difference(x: readonly number[], y: readonly number[]): number {
  const apart = largestDifference(y, x);
  return apart === 0 ? 0 : apart / Math.max(...x.map(Math.abs));
}

const recordOf = async (run: string): Promise<readonly MetricsLine[]> =>
  await timelessRecord(run) as readonly MetricsLine[];

/** The record of a run is that of another, and its parameters too, to rounding. */
export async function checkNear(run: string, other: string): Promise<void> {
  const [found, wanted] = [await recordOf(run), await recordOf(other)];
  const phases = (lines: readonly MetricsLine[]) =>
    lines.map(({ step, phase, rates }) => ({ step, phase, rates }));
  deepStrictEqual(phases(found), phases(wanted));
  ok(new Set(found.map(({ phase }) => phase)).size > 2);
  const losses = (lines: readonly MetricsLine[]) =>
    lines.map(({ loss }) => loss ?? NaN);
  const apart = difference(losses(wanted), losses(found));
  ok(apart <= ROUNDING, `losses differ by ${apart}`);
  const parameters = await parametersOf(run);
  for (const [name, numbers] of await parametersOf(other)) {
    const apart = difference(numbers, parameters.get(name) ?? []);
    ok(apart <= ROUNDING, `${name} differs by ${apart}`);
  }
}
