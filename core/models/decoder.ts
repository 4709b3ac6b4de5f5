/**
 * The decoder of one LocalMIM stage as graph nodes.
 *
 * @module
 */
import type { NodeId } from "../graph/node.ts";
import { block, gelu, layerNorm, linear, type ModelScope } from "../nn/layers.ts";
import {
  gridSize,
  type ModelSpec,
  patchCount,
  type StageScale,
  targetChannels,
} from "./model_spec.ts";
import { type HeadStep, headSteps } from "./parameters.ts";
import { sinCosPositions } from "../nn/pos_embed.ts";

/** Where hidden patches stand, as input nodes. */
export interface MaskingNodes {
  /** `[B, keep]`. */
  readonly idsKeep: NodeId;
  /** `[B, L]`. */
  readonly idsShuffle: NodeId;
  /** `[B, L]`. */
  readonly idsRestore: NodeId;
  /** `[B, L]`. */
  readonly mask: NodeId;
}

/** Puts visible tokens and copies of the mask token at the places of their patches: `[B, 1 + L, d]`. */
function unmask(
  scope: ModelScope,
  name: string,
  embedded: NodeId,
  patches: number,
  masking: MaskingNodes,
): NodeId {
  const { g, parameter } = scope;
  const [batch = 0, tokens = 0, width = 0] = g.shape(embedded);
  const keep = tokens - 1;
  const visible = g.slice(embedded, 1, 1, keep);
  const hidden = g.broadcastTo(parameter(`${name}.mask_token`), [
    batch,
    patches - keep,
    width,
  ]);
  const restored = g.apply("permuteRows", {}, [
    g.concat([visible, hidden], 1),
    masking.idsRestore,
    masking.idsShuffle,
  ]);
  return g.concat([g.slice(embedded, 1, 0, 1), restored], 1);
}

/**
 * 2×2 transposed convolution of stride 2 on `[B, h, w, in]`: a product, then a pixel
 * shuffle. The weight's channels are moved behind its pixels first, so that the
 * shuffle of the far larger product moves whole pixels.
 */
function upsample(
  { g, parameter }: ModelScope,
  name: string,
  x: NodeId,
): NodeId {
  const [batch = 0, height = 0, width = 0, inputs = 0] = g.shape(x);
  const weight = parameter(`${name}.weight`);
  const outputs = g.shape(weight)[1] ?? 0;
  const byPixel = g.transpose(
    g.reshape(weight, [inputs, outputs, 4]),
    [0, 2, 1],
  );
  const biases = g.broadcastTo(parameter(`${name}.bias`), [4, outputs]);
  const pixels = g.add(
    g.matmul(
      g.reshape(x, [batch * height * width, inputs]),
      g.reshape(byPixel, [inputs, 4 * outputs]),
    ),
    g.reshape(biases, [4 * outputs]),
  );
  const shuffled = g.transpose(
    g.reshape(pixels, [batch, height, width, 2, 2, outputs]),
    [0, 1, 3, 2, 4, 5],
  );
  return g.reshape(shuffled, [batch, 2 * height, 2 * width, outputs]);
}

/** Mean of 2×2 neighbours on `[B, h, w, d]`. */
function averagePool({ g }: ModelScope, x: NodeId): NodeId {
  const [batch = 0, height = 0, width = 0, channels = 0] = g.shape(x);
  const [rows, columns] = [height / 2, width / 2];
  const sums = g.sumTo(
    g.reshape(x, [batch, rows, 2, columns, 2, channels]),
    [batch, rows, 1, columns, 1, channels],
  );
  return g.reshape(g.scale(sums, 0.25), [batch, rows, columns, channels]);
}

function headStep(
  scope: ModelScope,
  name: string,
  step: HeadStep,
  x: NodeId,
): NodeId {
  const own = `${name}.pred.${step.index}`;
  switch (step._tag) {
    case "Upsample":
      return upsample(scope, own, x);
    case "NormGelu":
      return gelu(scope, layerNorm(scope, own, x));
    case "AveragePool":
      return averagePool(scope, x);
    case "Pointwise":
      return linear(scope, own, x);
  }
}

/** Position, Transformer blocks and norm on all tokens `[B, 1 + L, d]`; gives those of the patches. */
function decodedPatches(
  scope: ModelScope,
  spec: ModelSpec,
  name: string,
  tokens: NodeId,
): NodeId {
  const { g } = scope;
  const [L, d] = [patchCount(spec), spec.decoderEmbedDim];
  const positions = g.constant(sinCosPositions(d, gridSize(spec)), [L + 1, d]);
  const decoded = Array.from(
    { length: spec.decoderDepth },
    (_, i) => `${name}.blocks.${i}`,
  ).reduce(
    (x, blockName) => block(scope, blockName, x, spec.decoderNumHeads),
    g.add(tokens, positions),
  );
  return layerNorm(scope, `${name}.norm`, g.slice(decoded, 1, 1, L));
}

/**
 * Predicts the target cells of one stage from its latent tokens.
 *
 * @param scope Builder and parameters.
 * @param spec Sizes.
 * @param name Prefix of the parameters, for example `decoder.0`.
 * @param scale Cells along one side of a patch.
 * @param latent Tokens of the tapped block after its norm, `[B, 1 + keep, D]`.
 * @param masking Where hidden patches stand.
 * @returns `[B, (scale·G)², channels of the target]`.
 * @see Wang et al., LocalMIM, 2023, section 3: {@link https://arxiv.org/abs/2303.05251}
 */
export function decode(
  scope: ModelScope,
  spec: ModelSpec,
  name: string,
  scale: StageScale,
  latent: NodeId,
  masking: MaskingNodes,
): NodeId {
  const { g } = scope;
  const [d, G] = [spec.decoderEmbedDim, gridSize(spec)];
  const [batch = 0] = g.shape(latent);
  const embedded = linear(scope, `${name}.embed`, latent);
  const tokens = unmask(scope, name, embedded, patchCount(spec), masking);
  const patches = decodedPatches(scope, spec, name, tokens);
  const cells = headSteps(d, scale, targetChannels(spec)).reduce(
    (x, step) => headStep(scope, name, step, x),
    g.reshape(patches, [batch, G, G, d]),
  );
  const [, rows = 0, columns = 0, channels = 0] = g.shape(cells);
  return g.reshape(cells, [batch, rows * columns, channels]);
}
