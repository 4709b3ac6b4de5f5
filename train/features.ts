/**
 * What the encoder says of an image.
 *
 * @module
 */
import type { Backend, DeviceTensors } from "../backends/backend.ts";
import {
  encode,
  type Faults,
  type Graph,
  layerNorm,
  left,
  modelScope,
  type ModelSpec,
  patchCount,
  type Result,
  right,
  traceGraph,
} from "../core/mod.ts";
import type { Batch, DataError } from "../data/mod.ts";
import { disposeAll } from "./train_state.ts";
import type { LabelledFeatures } from "./knn.ts";
import type { TrainError } from "./train_error.ts";

/** Which tokens of the last tapped block make the feature. */
export type Pooling = "patches" | "classToken";

/**
 * Graph of the features of whole images: all patches visible, the deepest tap
 * after its norm, then the mean of the patch tokens or the class token.
 *
 * Input `images [B, C, S, S]` and the parameters; output `features [B, D]`.
 *
 * @param spec Sizes.
 * @param batch Images at a time.
 * @param pooling Which tokens count.
 */
export function featureGraph(
  spec: ModelSpec,
  batch: number,
  pooling: Pooling = "patches",
): Result<Faults, Graph> {
  return traceGraph((g) => {
    const scope = modelScope(g, spec);
    const { inChannels: C, imageSize: side, embedDim: D } = spec;
    const last = spec.stages.length - 1;
    const images = g.input("images", [batch, C, side, side]);
    const { blocks } = encode(
      scope,
      spec,
      images,
      null,
      (spec.stages[last]?.tap ?? -1) + 1,
    );
    const tokens = layerNorm(scope, `norm.${last}`, blocks.at(-1) ?? -1);
    const L = patchCount(spec);
    const pooled = pooling === "classToken"
      ? g.slice(tokens, 1, 0, 1)
      : g.scale(g.sumTo(g.slice(tokens, 1, 1, L), [batch, 1, D]), 1 / L);
    return { features: g.reshape(pooled, [batch, D]) };
  });
}

/** Fills a batch up to `size` with copies of nothing; the graph has a fixed batch. */
function padded(
  images: Float32Array,
  size: number,
  numbers: number,
): Float32Array {
  if (images.length === size * numbers) return images;
  const full = new Float32Array(size * numbers);
  full.set(images);
  return full;
}

/**
 * Features of labelled images.
 *
 * @param backend Where the encoder runs.
 * @param spec Sizes.
 * @param parameters The encoder's parameters on that device.
 * @param batches Images in order, with labels; the last batch may be smaller.
 * @param batchSize Images at a time.
 * @param pooling Which tokens count.
 */
export async function imageFeatures(
  backend: Backend,
  spec: ModelSpec,
  parameters: DeviceTensors,
  batches: AsyncIterable<Result<DataError, Batch>>,
  batchSize: number,
  pooling: Pooling = "patches",
): Promise<Result<TrainError, LabelledFeatures>> {
  const graph = featureGraph(spec, batchSize, pooling);
  if (graph._tag === "Left") {
    return left({ _tag: "BadConfig", faults: graph.left });
  }
  const program = await backend.compile(graph.right);
  if (program._tag === "Left") {
    return left({ _tag: "BackendFailed", error: program.left });
  }
  const rows: number[][] = [];
  const labels: number[] = [];
  const numbers = spec.inChannels * spec.imageSize ** 2;
  const shape = [batchSize, spec.inChannels, spec.imageSize, spec.imageSize];
  try {
    for await (const batch of batches) {
      if (batch._tag === "Left") {
        return left({ _tag: "DataFailed", error: batch.left });
      }
      const data = padded(batch.right.images, batchSize, numbers);
      const images = backend.upload({ shape, data });
      const outputs = await program.right.run(
        new Map([...parameters, ["images", images]]),
      );
      images.dispose();
      if (outputs._tag === "Left") {
        return left({ _tag: "BackendFailed", error: outputs.left });
      }
      const features = await outputs.right.get("features")?.read() ??
        new Float32Array();
      disposeAll(outputs.right.values());
      const count = batch.right.images.length / numbers;
      rows.push(Array.from(features.subarray(0, count * spec.embedDim)));
      labels.push(...batch.right.labels ?? new Int32Array(count).fill(-1));
    }
  } finally {
    program.right.dispose();
  }
  return right({
    features: Float32Array.from(rows.flat()),
    width: spec.embedDim,
    labels: Int32Array.from(labels),
  });
}
