/** Tensors that the files of a fixture folder must hold. */
import {
  cellsPerSide,
  type ModelSpec,
  type ParameterSpec,
  parameterSpecs,
  patchCount,
  type Shape,
  targetChannels,
  visibleCount,
} from "../../core/mod.ts";
import type { TensorFile } from "../../train/files/safetensors.ts";
import type { Wanted } from "./fixture_files.ts";

/** Samples of the recorded batch, by its images. */
export function batchOf({ tensors }: TensorFile): number {
  return tensors.get("images")?.shape[0] ?? 1;
}

const atLeast = (entries: readonly (readonly [string, Shape])[]): Wanted => ({
  tensors: new Map(entries),
  noOthers: false,
});

const numbered = <A>(
  count: number,
  entryOf: (k: number) => A,
): readonly A[] => Array.from({ length: count }, (_, k) => entryOf(k));

/**
 * Images, and the noise of each step.
 *
 * @param model Sizes.
 * @param steps Recorded steps.
 */
export function wantedInputs(
  model: ModelSpec,
  steps: number,
): (file: TensorFile) => Wanted {
  const { inChannels, imageSize } = model;
  return (file) => {
    const batch = batchOf(file);
    return atLeast([
      ["images", [batch, inChannels, imageSize, imageSize]],
      ...numbered(
        steps,
        (s) => [`noise.${s}`, [batch, patchCount(model)]] as const,
      ),
    ]);
  };
}

/** The parameters of a model. */
export function wantedWeights(model: ModelSpec): Wanted {
  return atLeast(
    parameterSpecs(model).map(({ name, shape }) => [name, shape]),
  );
}

/**
 * Activations and losses of one forward pass.
 *
 * @param model Sizes.
 * @param batch Samples.
 */
export function wantedForward(model: ModelSpec, batch: number): Wanted {
  const [L, keep, D] = [
    patchCount(model),
    visibleCount(model),
    model.embedDim,
  ];
  const tokens = [batch, 1 + keep, D];
  return atLeast([
    ["mask", [batch, L]],
    ["ids_restore", [batch, L]],
    ["visible_tokens", [batch, keep, D]],
    ["stage_losses", [model.stages.length]],
    ["total_loss", [1]],
    ...numbered(model.depth, (i) => [`block_out.${i}`, tokens] as const),
    ...model.stages.flatMap((stage, k) => {
      const cells = cellsPerSide(model, stage) ** 2;
      const values = [batch, cells, targetChannels(model, stage)];
      return [
        [`latent.${k}`, tokens],
        [`pred.${k}`, values],
        [`target.${k}`, values],
        [`mask_scaled.${k}`, [batch, cells]],
      ] as const;
    }),
  ]);
}

/** Number of stages that were pruned before the names of a file were given. */
const stageOffset = ({ metadata }: TensorFile): number =>
  Number(metadata["stage_offset"] ?? 0);

/**
 * The name that a parameter has in a file: norms and decoders are numbered from
 * the first stage that was still there.
 */
export function nameInFile(file: TensorFile): (name: string) => string {
  const offset = stageOffset(file);
  return (name) =>
    name.replace(
      /^(norm|decoder)\.(\d+)\./,
      (_, part, stage) => `${part}.${Number(stage) - offset}.`,
    );
}

/** One tensor for each of some parameters, under the file's names. */
export function wantedOfParameters(
  parameters: readonly ParameterSpec[],
): (file: TensorFile) => Wanted {
  return (file) => {
    const named = nameInFile(file);
    return {
      tensors: new Map(
        parameters.map(({ name, shape }) => [named(name), shape]),
      ),
      noOthers: true,
    };
  };
}
