/** Features that an encoder gives to images. */
import type { Backend, DeviceTensors } from "../../backends/backend.ts";
import {
  encode,
  type Faults,
  type Graph,
  type GraphBuilder,
  modelScope,
  type ModelSpec,
  type NodeId,
  type Owner,
  patchCount,
  type Result,
  tapNorm,
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

/** The numbers of the encoder that make the feature of an image. */
export interface FeatureSpec {
  /** The mean of the patch tokens, or the class token. */
  readonly tokens: "patches" | "classToken";
  /** Stages whose taps are laid side by side, by number; each is normalised by its own norm. */
  readonly stages: readonly number[];
}

/**
 * The mean of the patch tokens after the last block, through its norm: what classifiers
 * on top of the encoder see, and the default feature of an evaluation.
 */
export function lastTap(spec: ModelSpec): FeatureSpec {
  return { tokens: "patches", stages: [spec.stages.length - 1] };
}

/** The mean of the patch tokens at every tap, side by side: LocalMIM trains at each of them. */
export function allTaps(spec: ModelSpec): FeatureSpec {
  return { tokens: "patches", stages: spec.stages.map((_, k) => k) };
}

/** Mean of the patch tokens, or the class token, of `tokens [B, 1 + L, D]`: `[B, D]`. */
function pooled(
  g: GraphBuilder,
  tokens: NodeId,
  kind: FeatureSpec["tokens"],
): NodeId {
  const [batch = 0, count = 0, width = 0] = g.shape(tokens);
  const patches = count - 1;
  const one = kind === "classToken" ? g.slice(tokens, 1, 0, 1) : g.scale(
    g.sumTo(g.slice(tokens, 1, 1, patches), [batch, 1, width]),
    1 / patches,
  );
  return g.reshape(one, [batch, width]);
}

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
    const taps = feature.stages.map((stage) => spec.stages[stage]?.tap ?? -1);
    const depth = Math.max(...taps) + 1;
    const { blocks } = encode(scope, spec, images, null, depth, {
      positions: positions === "given" ? "learned" : "fixed",
    });
    const parts = feature.stages.map((stage, i) => {
      const tapped = blocks[taps[i] ?? -1] ?? -1;
      const tokens = tapNorm(scope, spec, stage, tapped);
      return pooled(g, tokens, feature.tokens);
    });
    return { features: g.concat(parts, 1) };
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
