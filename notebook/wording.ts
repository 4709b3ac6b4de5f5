/** Steps in words. */
import { duration } from "../core/mod.ts";
import { counted } from "../data/mod.ts";
import type { StepReport } from "../train/mod.ts";

const lossText = ({ deepestLoss }: StepReport): string =>
  deepestLoss.toPrecision(3);

/**
 * What happened in some steps, in a line: which they are, the loss of the deepest stage
 * before the first and before the last of them, what is frozen, how long they took.
 *
 * @param reports Steps in their order; `[]` gives "no steps yet".
 */
export function stepWords(reports: readonly StepReport[]): string {
  const [first, last] = [reports[0], reports.at(-1)];
  if (first === undefined || last === undefined) return "no steps yet";
  const seconds = reports.reduce(
    (sum, { milliseconds }) => sum + milliseconds.total / 1000,
    0,
  );
  const isOne = first === last;
  const frozen = `${counted(last.frozenLayers, "layer")} frozen`;
  return [
    isOne ? `step ${first.step}` : `steps ${first.step} to ${last.step}`,
    `loss of the deepest stage ${lossText(first)}${
      isOne ? "" : ` → ${lossText(last)}`
    }`,
    frozen,
    isOne ? `${Math.round(1000 * seconds)} ms` : duration(seconds),
  ].join(" · ");
}
