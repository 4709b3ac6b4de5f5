/** An encoder as a model repository that other programs load. */
import {
  encoderGraph,
  type Faults,
  gridSize,
  patchCount,
  type Result,
  sinCosPositions,
} from "../../../core/mod.ts";
import { POSITION_TABLE } from "../encoder/encoder_positions.ts";
import { encoderParameters } from "../encoder/encoder_start.ts";
import type { TrainError } from "../../train_error.ts";
import { modelCard } from "./model_card.ts";
import {
  type EncoderExport,
  preprocessorConfig,
  timmConfig,
} from "./repository_configs.ts";
import {
  type RepositoryFiles,
  repositoryFiles,
  type ShapedParameters,
  writeRepository,
} from "./repository_files.ts";

export type { EncoderExport } from "./repository_configs.ts";

/** Parameters of the encoder with their shapes, its position table last. */
function storedParameters(
  { model, parameters }: EncoderExport,
): ShapedParameters {
  const { stages, embedDim: D } = model;
  const last = `norm.${stages.length - 1}.`;
  const wanted = encoderParameters(model).filter(({ name, owner }) =>
    owner._tag !== "Stage" || name.startsWith(last)
  );
  const fixed = Float32Array.from(sinCosPositions(D, gridSize(model)));
  return new Map([
    ...wanted.map(({ name, shape }) =>
      [name, {
        shape,
        data: parameters.get(name) ?? new Float32Array(),
      }] as const
    ),
    [POSITION_TABLE, {
      shape: [1, 1 + patchCount(model), D],
      data: parameters.get(POSITION_TABLE) ?? fixed,
    }],
  ]);
}

/**
 * Files of a model repository that timm and transformers.js load: `repositoryFiles` with
 * an ONNX graph from `pixel_values` to `last_hidden_state` and `pooler_output`.
 *
 * The norm of the last tap becomes timm's `norm`; the other norms and the decoders
 * are omitted.
 *
 * @returns Content by path, or why there is no ONNX file.
 */
export function encoderFiles(
  encoder: EncoderExport,
): Result<Faults, RepositoryFiles> {
  const { model, mostOnnxBytes } = encoder;
  return repositoryFiles({
    ...{ model, parameters: storedParameters(encoder), graphAt: encoderGraph },
    config: timmConfig(encoder),
    preprocessor: preprocessorConfig(encoder),
    card: modelCard(encoder),
    mostOnnxBytes,
  });
}

/**
 * Writes the files of a model repository, see `encoderFiles`.
 *
 * @param folder The target; made if missing, refused if anything is in it.
 * @returns Paths of the files in the folder, or why there are none.
 */
export const exportEncoder = (
  folder: string,
  encoder: EncoderExport,
): Promise<Result<TrainError, readonly string[]>> =>
  writeRepository(folder, encoderFiles(encoder));
