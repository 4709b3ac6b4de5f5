/**
 * Files of weights with timm's names.
 *
 * @module
 */
import {
  gridSize,
  initialParameters,
  type Key,
  type ModelSpec,
  parameterSpecs,
  type Shape,
  sinCosPositions,
  sizeOf,
} from "../../../core/mod.ts";
import { encodeSafetensors, type StoredTensor } from "../../../train/mod.ts";

/**
 * Writes an encoder as timm has it: one last norm, which is that of the last tap, and
 * a position table.
 *
 * @param path The file.
 * @param model The encoder.
 * @param key Where its values come from.
 * @param others Tensors that are no part of it, by name, filled with zeros.
 */
export async function writeTimmWeights(
  path: string,
  model: ModelSpec,
  key: Key,
  others: Readonly<Record<string, Shape>> = {},
): Promise<void> {
  const values = initialParameters(model, key);
  const last = `norm.${model.stages.length - 1}.`;
  const tensors = new Map<string, StoredTensor>(
    parameterSpecs(model)
      .filter(({ name, owner }) =>
        owner._tag !== "Stage" || name.startsWith(last)
      )
      .map(({ name, shape }) => [
        name.replace(last, "norm."),
        { shape, data: values.get(name)! },
      ]),
  );
  const grid = gridSize(model);
  tensors.set("pos_embed", {
    shape: [1, 1 + grid ** 2, model.embedDim],
    data: Float32Array.from(sinCosPositions(model.embedDim, grid)),
  });
  for (const [name, shape] of Object.entries(others)) {
    tensors.set(name, { shape, data: new Float32Array(sizeOf(shape)) });
  }
  await Deno.writeFile(path, encodeSafetensors({ metadata: {}, tensors }));
}
