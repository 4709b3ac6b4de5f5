/**
 * The encoder alone, as other programs want it.
 *
 * @module
 */
import { traceGraph } from "../graph/builder.ts";
import type { Graph } from "../graph/node.ts";
import type { Faults, Result } from "../result.ts";
import { encode } from "./encoder.ts";
import { layerNorm, modelScope } from "../nn/layers.ts";
import { type ModelSpec, patchCount } from "./model_spec.ts";

/**
 * The whole encoder on whole images, with the norm of the last tap.
 *
 * Inputs: `pixel_values [B, C, S, S]`, the encoder's parameters and its position
 * table `pos_embed [1, 1 + L, D]`. Outputs, named as in Hugging Face's libraries:
 * `last_hidden_state [B, 1 + L, D]`, class token first, and `pooler_output [B, D]`,
 * the mean of the patch tokens.
 *
 * @param spec Sizes.
 * @param batch Images at a time.
 */
export function encoderGraph(
  spec: ModelSpec,
  batch: number,
): Result<Faults, Graph> {
  const { inChannels: C, imageSize: S, embedDim: D, stages } = spec;
  const L = patchCount(spec);
  return traceGraph((g) => {
    const scope = modelScope(g, spec);
    const images = g.input("pixel_values", [batch, C, S, S]);
    const positions = g.input("pos_embed", [1, 1 + L, D]);
    const { blocks } = encode(scope, spec, images, null, spec.depth, {
      positions,
    });
    const norm = `norm.${stages.length - 1}`;
    const tokens = layerNorm(scope, norm, blocks.at(-1) ?? -1);
    const patches = g.sumTo(g.slice(tokens, 1, 1, L), [batch, 1, D]);
    return {
      last_hidden_state: tokens,
      pooler_output: g.reshape(g.scale(patches, 1 / L), [batch, D]),
    };
  });
}
