/**
 * Predictions beside targets, for pictures.
 *
 * @module
 */
import { traceGraph } from "../graph/builder.ts";
import type { Graph } from "../graph/node.ts";
import type { Faults, Result } from "../result.ts";
import { modelScope } from "../nn/layers.ts";
import { batchInputs, localMim } from "./local_mim.ts";
import type { ModelSpec } from "./model_spec.ts";

/**
 * The forward pass of every stage, pruned or not.
 *
 * Inputs: the parameters and the batch (`batchInputs`). Outputs of each stage `k`:
 * `prediction/k` and `target/k`, `[B, (scale·G)², channels]`, and `loss/k`.
 *
 * @param spec Sizes.
 * @param batch Images.
 */
export function reconstructionGraph(
  spec: ModelSpec,
  batch: number,
): Result<Faults, Graph> {
  return traceGraph((g) => {
    const scope = modelScope(g, spec);
    const all = spec.stages.map((_, k) => k);
    const { stages } = localMim(
      scope,
      spec,
      batchInputs(scope, spec, batch),
      all,
      batch,
    );
    return Object.fromEntries(
      stages.flatMap(({ index, prediction, target, loss }) => [
        [`prediction/${index}`, prediction],
        [`target/${index}`, target],
        [`loss/${index}`, loss],
      ]),
    );
  });
}
