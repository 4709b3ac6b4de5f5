/**
 * What TensorBoard shows of a step.
 *
 * @module
 */
import type { FreezePlan } from "../../../core/mod.ts";
import type { MetricsLine } from "../metrics.ts";
import type { Scalars } from "./event.ts";

/** Numbers under one heading. */
const under = (
  heading: string,
  values: readonly (readonly [name: string, value: number])[],
): Scalars =>
  Object.fromEntries(
    values.map(([name, value]) =>
      [`${heading}/${name.replaceAll(" ", "_")}`, value] as const
    ),
  );

/**
 * The numbers of a step by tag: `loss`, `gradient`, `learning_rate`, `freezing`,
 * `throughput`, `milliseconds` and `progress`.
 *
 * @param plan The plan, for the names of the layers.
 * @param imagesPerStep Images of an optimizer step, all micro-batches.
 * @returns A function from a line of the record; stages are counted from 1.
 *
 * @example
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, planOf } from "@vitfreeze/vitfreeze/core";
 * import { stepScalars } from "@vitfreeze/vitfreeze/train";
 * import { deepStrictEqual, strictEqual } from "node:assert/strict";
 *
 * const plan = planOf(DEFAULT_PRETRAIN_CONFIG, 1_281_167);
 * if (plan._tag === "Left") throw new Error("never");
 * const scalars = stepScalars(plan.right, 2048)({
 *   step: 7,
 *   epoch: 0,
 *   phase: 0,
 *   frozenLayers: 0,
 *   rates: [1e-3, 2e-3],
 *   unfrozenRate: 1e-3,
 *   loss: 0.3,
 *   stageLosses: { 3: 0.3 },
 *   gradientNorm: 2,
 *   milliseconds: { data: 1, gradient: 400, update: 99, compile: 0, total: 500 },
 * });
 *
 * strictEqual(scalars["throughput/images_per_second"], 4096);
 * strictEqual(scalars["loss/stage_4"], 0.3);
 * strictEqual(scalars["gradient/norm"], 2);
 * strictEqual(scalars["learning_rate/block_0"], 2e-3);
 * ```
 */
export function stepScalars(
  { layers }: Pick<FreezePlan, "layers">,
  imagesPerStep: number,
): (line: MetricsLine) => Scalars {
  return (line) => {
    const stages = Object.entries(line.stageLosses);
    return {
      ...under("loss", [
        ["total", line.loss],
        ...stages.map(([stage, loss]) =>
          [`stage ${Number(stage) + 1}`, loss] as const
        ),
      ]),
      ...line.gradientNorm === undefined
        ? {}
        : under("gradient", [["norm", line.gradientNorm]]),
      ...under("learning_rate", [
        ...line.rates.map((rate, i) =>
          [layers[i]?.name ?? `layer ${i}`, rate] as const
        ),
        ["unfrozen", line.unfrozenRate],
      ]),
      ...under("freezing", [
        ["frozen layers", line.frozenLayers],
        ["live stages", stages.length],
      ]),
      ...under("throughput", [
        ["images per second", 1000 * imagesPerStep / line.milliseconds.total],
      ]),
      ...under("milliseconds", Object.entries(line.milliseconds)),
      ...under("progress", [["epoch", line.epoch]]),
    };
  };
}
