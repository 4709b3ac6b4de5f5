/** Results of a comparison, for people and for programs. */
import { textTable } from "../../cli/output/text_table.ts";
import type { Comparison, Tolerance } from "./comparison.ts";

/** Text of a tolerance. */
function showTolerance(tolerance: Tolerance): string {
  switch (tolerance._tag) {
    case "Exact":
      return "exact";
    case "Absolute":
      return `${tolerance.limit} absolute`;
    case "Relative":
      return `${tolerance.limit} relative`;
    case "FromGradients":
      return `of gradients ${tolerance.limit} relative`;
  }
}

const showError = (error: number): string =>
  error === 0 ? "0" : error.toExponential(1);

/**
 * A table of all groups.
 *
 * @param comparisons Comparisons of the groups.
 * @returns A line for each group, and one that sums up.
 */
export function tableOf(comparisons: readonly Comparison[]): string {
  const failed = comparisons.filter(({ holds }) => !holds);
  const rows = comparisons.map((c) => [
    c.holds ? "ok" : "FAILED",
    c.group,
    String(c.compared),
    showError(c.absolute),
    showError(c.relative),
    showTolerance(c.tolerance),
    `${(100 * c.used).toFixed(0)} %`,
    c.worst,
  ]);
  const verdict = failed.length === 0
    ? `All ${comparisons.length} groups hold`
    : `${failed.length} of ${comparisons.length} groups do not hold`;
  const table = textTable([
    ["", "left"],
    ["group", "left"],
    ["compared", "right"],
    ["absolute", "right"],
    ["relative", "right"],
    ["tolerance", "left"],
    ["used", "right"],
    ["farthest off", "left"],
  ], rows);
  return `${table}\n\n${verdict}`;
}

/** Report for programs. */
export interface ParityReport {
  /** Device that computed. */
  readonly backend: string;
  /** Description by the device. */
  readonly description: string;
  /** True if every group is within its tolerance. */
  readonly holds: boolean;
  /** Comparisons of the groups; infinite errors are `null`. */
  readonly groups: readonly Comparison[];
}
