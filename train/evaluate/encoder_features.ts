/** Features that an encoder gives to images. */
import type { Backend, DeviceTensors } from "../../backends/backend.ts";
import {
  type Faults,
  featureNodes,
  type FeatureSpec,
  type Graph,
  lastTap,
  modelScope,
  type ModelSpec,
  type Owner,
  patchCount,
  type Result,
  traceGraph,
} from "../../core/mod.ts";
import type { Batch, DataError } from "../../data/mod.ts";
import { type HostTensors, uploadAll } from "../engine/tensors.ts";
import type { TrainError } from "../train_error.ts";
import { POSITION_TABLE } from "../weights/encoder/encoder_positions.ts";
import { encoderParameters } from "../weights/encoder/encoder_start.ts";
import type { SharedWork } from "../work_options.ts";
import { programRow, rowsOfImages, withProgram } from "./image_rows.ts";
import type { LabelledFeatures } from "../tasks/probe_batches.ts";

export {
  allTaps,
  type FeatureSpec,
  lastTap,
  neighbourFeature,
} from "../../core/mod.ts";

/**
 * Graph of the features of whole images: all patches visible.
 *
 * Input `images [B, C, S, S]` and the parameters; output `features [B, F]` with
 * `F` the encoder's width times the number of taps.
 *
 * @param feature The numbers that make a feature.
 * @param positions The fixed position table, or the input `pos_embed [1, 1 + L, D]`.
 */
export function featureGraph(
  spec: ModelSpec,
  batch: number,
  feature: FeatureSpec = lastTap(spec),
  positions: "fixed" | "given" = "fixed",
): Result<Faults, Graph> {
  return traceGraph((g) => {
    const scope = modelScope<Owner>(g);
    const { inChannels: C, imageSize: side } = spec;
    const images = g.input("images", [batch, C, side, side]);
    const kind = positions === "given" ? "learned" : "fixed";
    return { features: featureNodes(scope, spec, images, feature, kind) };
  });
}

/**
 * Features of labelled images by several encoders of the same sizes, for example one
 * that was trained and one that was not: each image is made ready once.
 *
 * @param encoders Their parameters on that device; if the own position table `pos_embed`
 * is among those of the first, all use their own in place of the fixed one.
 * @param batches Images in order, normalised as the encoder's were (see
 * `OpenedEncoder.normalization`); the last batch may be smaller. With `R` ranks every `R`-th
 * batch (`LoadAllOptions.turn`).
 * @param feature The numbers that make a feature.
 * @param work Progress in images, the ranks that share it, and a signal that stops it.
 * @returns For each encoder a feature for each image, labelled −1 where it has no
 * class; or the first error.
 */
export async function encoderFeatures(
  backend: Backend,
  spec: ModelSpec,
  encoders: readonly DeviceTensors[],
  batches: AsyncIterable<Result<DataError, Batch>>,
  batchSize: number,
  feature: FeatureSpec = lastTap(spec),
  work: SharedWork = {},
): Promise<Result<TrainError, readonly LabelledFeatures[]>> {
  const positions = encoders[0]?.has(POSITION_TABLE) ? "given" : "fixed";
  const graph = featureGraph(spec, batchSize, feature, positions);
  return await withProgram(backend, graph, (program) => {
    const rows = encoders.map((encoder) =>
      programRow(backend, program, encoder)
    );
    return rowsOfImages(rows, batches, work);
  });
}

/**
 * Copies an encoder to a device: its parameters and, if it has one of its own, its
 * position table.
 *
 * @param parameters Its parameters by name; others are ignored.
 * @returns Tensors by name; they become the caller's.
 */
export function uploadEncoder(
  backend: Backend,
  model: ModelSpec,
  parameters: HostTensors,
): DeviceTensors {
  const table = [1, 1 + patchCount(model), model.embedDim];
  const wanted = [
    ...encoderParameters(model),
    { name: POSITION_TABLE, shape: table },
  ];
  return uploadAll(
    backend,
    Object.fromEntries(wanted.flatMap(({ name, shape }) => {
      const data = parameters.get(name);
      return data === undefined ? [] : [[name, { shape, data }]];
    })),
  );
}
