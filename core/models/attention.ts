/** What the last block of an encoder attends to. */
import type { Graph } from "../graph/node.ts";
import { traceGraph } from "../graph/trace.ts";
import { modelScope } from "../nn/scope.ts";
import type { Faults, Result } from "../result.ts";
import { encode } from "./encoder.ts";
import { type ModelSpec, type Owner, patchCount } from "./model_spec.ts";

/** The tokens that attend: all patches, whose mean counts, or the class token. */
export type AttendingTokens = "patches" | "classToken";

/**
 * Graph of the attention of the last block on whole images.
 *
 * Input `images [B, C, S, S]` and the encoder's parameters; output `attention
 * [B, H, L]`: for each head the weight of each patch, row by row, as a mean over the
 * tokens that attend. Weights of a head add up to 1 less what falls on the class token.
 *
 * @param positions The fixed position table, or the input `pos_embed [1, 1 + L, D]`.
 */
export function attentionGraph(
  spec: ModelSpec,
  batch: number,
  tokens: AttendingTokens,
  positions: "fixed" | "given" = "fixed",
): Result<Faults, Graph> {
  const { inChannels: C, imageSize: S, numHeads: H, depth } = spec;
  const L = patchCount(spec);
  return traceGraph((g) => {
    const scope = modelScope<Owner>(g);
    const images = g.input("images", [batch, C, S, S]);
    const { attention } = encode(scope, spec, images, null, depth, {
      positions: positions === "given" ? "learned" : "fixed",
    });
    const onPatches = g.slice(attention.at(-1) ?? -1, 3, 1, L);
    const rows = tokens === "classToken"
      ? g.slice(onPatches, 2, 0, 1)
      : g.scale(
        g.sumTo(g.slice(onPatches, 2, 1, L), [batch, H, 1, L]),
        1 / L,
      );
    return { attention: g.reshape(rows, [batch, H, L]) };
  });
}
