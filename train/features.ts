/**
 * What the encoder says of an image.
 *
 * @module
 */
import type { Backend, DeviceTensors, Program } from "../backends/backend.ts";
import {
  encode,
  type Faults,
  type Graph,
  type GraphBuilder,
  inputSignatures,
  left,
  modelScope,
  type ModelSpec,
  type NodeId,
  type Owner,
  type Result,
  right,
  sizeOf,
  tapNorm,
  traceGraph,
} from "../core/mod.ts";
import type { Batch, DataError } from "../data/mod.ts";
import { type WorkOptions, yieldToOthers } from "./work_options.ts";
import type { LabelledFeatures } from "./knn.ts";
import { compileGraph, runOnce } from "./run_graph.ts";
import type { TrainError } from "./train_error.ts";

/** Which numbers of the encoder make the feature of an image. */
export interface FeatureSpec {
  /** The mean of the patch tokens, or the class token. */
  readonly tokens: "patches" | "classToken";
  /** Stages whose taps are laid side by side, by number; each is normalised by its own norm. */
  readonly stages: readonly number[];
}

/** Name of an encoder's own position table among its parameters. */
export const POSITION_TABLE = "pos_embed";

/**
 * The mean of the patch tokens after the last block, through its norm: what classifiers
 * on top of the encoder see, and what encoders are judged by unless told otherwise.
 */
export function lastTap(spec: ModelSpec): FeatureSpec {
  return { tokens: "patches", stages: [spec.stages.length - 1] };
}

/** The mean of the patch tokens at every tap, side by side: LocalMIM learns at each of them. */
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
 * @param spec Sizes.
 * @param batch Images at a time.
 * @param feature Which numbers count.
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

/** Fills a batch up to its fixed size with black images. */
function padded(images: Float32Array, length: number): Float32Array {
  if (images.length === length) return images;
  const full = new Float32Array(length);
  full.set(images);
  return full;
}

/** Rows of one batch, which may be smaller than the program's. */
async function batchRows(
  backend: Backend,
  program: Program,
  parameters: DeviceTensors,
  images: Float32Array,
): Promise<Result<TrainError, Float32Array>> {
  const shape = inputSignatures(program.graph)["images"]?.shape ?? [];
  const data = padded(images, sizeOf(shape));
  const values = await runOnce(backend, program, parameters, {
    images: { shape, data },
  });
  if (values._tag === "Left") return values;
  const [rows = new Float32Array()] = values.right.values();
  return right(rows.subarray(0, rows.length * images.length / data.length));
}

/** Numbers of several arrays, one behind the other. */
function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  parts.reduce((start, part) => {
    all.set(part, start);
    return start + part.length;
  }, 0);
  return all;
}

/**
 * Runs a program on labelled images with several sets of parameters, batch after batch:
 * each image is made ready once.
 *
 * @param backend Where it runs.
 * @param program Input `images [B, C, S, S]` beside the parameters; one output `[B, width]`.
 * @param sets Sets of parameters on that device.
 * @param batches Images in order; the last batch may be smaller than `B`.
 * @param watched Told how many images are done; what stops it.
 * @returns For each set a row for each image, labelled −1 where it has no class; or the
 * first error.
 */
export async function programRows(
  backend: Backend,
  program: Program,
  sets: readonly DeviceTensors[],
  batches: AsyncIterable<Result<DataError, Batch>>,
  { signal, onProgress }: WorkOptions = {},
): Promise<Result<TrainError, readonly LabelledFeatures[]>> {
  const rows = sets.map((): Float32Array[] => []);
  const labels: number[] = [];
  for await (const batch of batches) {
    if (batch._tag === "Left") {
      return left({ _tag: "DataFailed", error: batch.left });
    }
    const { images, indices, labels: known } = batch.right;
    for (const [k, parameters] of sets.entries()) {
      const part = await batchRows(backend, program, parameters, images);
      if (part._tag === "Left") return part;
      rows[k]?.push(part.right);
      const goOn = await yieldToOthers(signal);
      if (goOn._tag === "Left") return goOn;
    }
    labels.push(...known ?? new Int32Array(indices.length).fill(-1));
    onProgress?.(labels.length);
  }
  const [output = -1] = Object.values(program.graph.outputs);
  const width = program.graph.nodes[output]?.shape.at(-1) ?? 0;
  const all = Int32Array.from(labels);
  return right(rows.map((parts) => ({
    features: joined(parts),
    width,
    labels: all,
  })));
}

/**
 * Runs a graph on labelled images, as `programRows` runs a program.
 *
 * @param backend Where it runs.
 * @param graph Input `images [B, C, S, S]` beside the parameters; one output `[B, width]`.
 * @param sets Sets of parameters on that device.
 * @param batches Images in order; the last batch may be smaller than `B`.
 * @param watched Told how many images are done; what stops it.
 */
export async function imageRows(
  backend: Backend,
  graph: Result<Faults, Graph>,
  sets: readonly DeviceTensors[],
  batches: AsyncIterable<Result<DataError, Batch>>,
  watched: WorkOptions = {},
): Promise<Result<TrainError, readonly LabelledFeatures[]>> {
  const compiled = await compileGraph(backend, graph);
  if (compiled._tag === "Left") return compiled;
  try {
    const { right: program } = compiled;
    return await programRows(backend, program, sets, batches, watched);
  } finally {
    compiled.right.dispose();
  }
}

/** The only one of several results of which there is one. */
export const onlyRows = (
  rows: Result<TrainError, readonly LabelledFeatures[]>,
): Result<TrainError, LabelledFeatures> =>
  rows._tag === "Left" ? rows : right(rows.right[0] ?? NO_ROWS);

const NO_ROWS: LabelledFeatures = {
  features: new Float32Array(),
  width: 0,
  labels: new Int32Array(),
};

/**
 * Features of labelled images by several encoders of the same sizes, for example one
 * that was trained and one that was not: each image is made ready once.
 *
 * @param backend Where the encoders run.
 * @param spec Their sizes.
 * @param encoders Their parameters on that device; if the own position table `pos_embed`
 * is among those of the first, all use their own in place of the fixed one.
 * @param batches Images in order; the last batch may be smaller.
 * @param batchSize Images at a time.
 * @param feature Which numbers count.
 * @param watched Told how many images are done; what stops it.
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
  watched: WorkOptions = {},
): Promise<Result<TrainError, readonly LabelledFeatures[]>> {
  const positions = encoders[0]?.has(POSITION_TABLE) ? "given" : "fixed";
  const graph = featureGraph(spec, batchSize, feature, positions);
  return await imageRows(backend, graph, encoders, batches, watched);
}

/**
 * Features of labelled images.
 *
 * @param backend Where the encoder runs.
 * @param spec Sizes.
 * @param parameters The encoder's parameters on that device; if its own position
 * table `pos_embed` is among them, it is used in place of the fixed one.
 * @param batches Images in order, normalised as the encoder's were (see
 * `OpenedEncoder.normalization`); the last batch may be smaller.
 * @param batchSize Images at a time.
 * @param feature Which numbers count.
 * @returns A feature for each image, labelled −1 where it has no class; or the
 * first error.
 */
export async function imageFeatures(
  backend: Backend,
  spec: ModelSpec,
  parameters: DeviceTensors,
  batches: AsyncIterable<Result<DataError, Batch>>,
  batchSize: number,
  feature: FeatureSpec = lastTap(spec),
): Promise<Result<TrainError, LabelledFeatures>> {
  return onlyRows(
    await encoderFeatures(
      backend,
      spec,
      [parameters],
      batches,
      batchSize,
      feature,
    ),
  );
}
