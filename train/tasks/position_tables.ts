/** Position tables, which are fixed but part of timm's and LocalMIM's checkpoints. */
import { gridSize, type ModelSpec, sinCosPositions } from "../../core/mod.ts";
import type { ConstantTensor } from "../engine/task.ts";

/** Position tables of the encoder and of each decoder, by their names in checkpoints. */
export function positionTables(
  model: ModelSpec,
): ReadonlyMap<string, ConstantTensor> {
  const table = (width: number): ConstantTensor => ({
    shape: [1, 1 + gridSize(model) ** 2, width],
    data: Float32Array.from(sinCosPositions(width, gridSize(model))),
  });
  const decoderTable = table(model.decoderEmbedDim);
  return new Map([
    ["pos_embed", table(model.embedDim)],
    ...model.stages.map((_, k) =>
      [`decoder.${k}.pos_embed`, decoderTable] as const
    ),
  ]);
}
