/** What the last block of an encoder attends to in some images. */
import type { Backend, DeviceTensors } from "../../backends/backend.ts";
import {
  attentionGraph,
  gridSize,
  type ModelSpec,
  type Result,
  right,
} from "../../core/mod.ts";
import { runOnce } from "../engine/programs.ts";
import { POSITION_TABLE } from "../weights/encoder/encoder_positions.ts";
import type { TrainError } from "../train_error.ts";
import type { FeatureSpec } from "./encoder_features.ts";
import { withProgram } from "./image_rows.ts";

/** Attention of some images. */
export interface AttentionMaps {
  /** Images, `B`. */
  readonly count: number;
  /** Heads, `H`. */
  readonly heads: number;
  /** Patches along one side, `G`. */
  readonly grid: number;
  /** Weight of each patch, `[B, H, G, G]`, in `[0, 1]`. */
  readonly weights: Float32Array;
}

/**
 * The attention of the last block, as a mean over the tokens that attend.
 *
 * @param parameters The encoder on that device (`uploadEncoder`).
 * @param images `[B, C, S, S]`, normalised as the encoder's were, at least one.
 * @param tokens The tokens that attend: all patches, which the features of an encoder are
 * the mean of, or the class token.
 * @returns For each image and head the weight of each patch; or why there are none: the
 * engine failed.
 */
export async function attentionMaps(
  backend: Backend,
  model: ModelSpec,
  parameters: DeviceTensors,
  images: Float32Array,
  tokens: FeatureSpec["tokens"] = "patches",
): Promise<Result<TrainError, AttentionMaps>> {
  const { inChannels, imageSize, numHeads: heads } = model;
  const count = images.length / (inChannels * imageSize ** 2);
  const positions = parameters.has(POSITION_TABLE) ? "given" : "fixed";
  const graph = attentionGraph(model, count, tokens, positions);
  const shape = [count, inChannels, imageSize, imageSize];
  const found = await withProgram(
    backend,
    graph,
    (program) =>
      runOnce(backend, program, parameters, {
        images: { shape, data: images },
      }),
  );
  return found._tag === "Left" ? found : right({
    ...{ count, heads, grid: gridSize(model) },
    weights: found.right.get("attention") ?? new Float32Array(),
  });
}

/**
 * The mean of all heads.
 *
 * @returns Weight of each patch, `[B, G, G]`.
 */
export function meanOfHeads(
  { count, heads, grid, weights }: AttentionMaps,
): Float32Array {
  const L = grid ** 2;
  return Float32Array.from({ length: count * L }, (_, at) => {
    const [image, patch] = [Math.floor(at / L), at % L];
    let sum = 0;
    for (let head = 0; head < heads; head++) {
      sum += weights[(image * heads + head) * L + patch] ?? NaN;
    }
    return sum / heads;
  });
}
