/** The decoder of one stage as graph nodes. */
import type { GraphBuilder } from "../graph/builder.ts";
import type { NodeId } from "../graph/node.ts";
import { uniform } from "../nn/init.ts";
import { block, gelu, layerNorm, linear } from "../nn/layers.ts";
import { averagePool } from "../nn/pooling.ts";
import { sinCosPositions } from "../nn/positions.ts";
import type { Scope } from "../nn/scope.ts";
import { TOKEN_START } from "./encoder.ts";
import {
  gridSize,
  type ModelSpec,
  patchCount,
  type StageSpec,
  targetChannels,
  targetOf,
} from "./model_spec.ts";

/** Places of hidden patches, as input nodes. */
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
  g: GraphBuilder,
  maskToken: NodeId,
  embedded: NodeId,
  patches: number,
  masking: MaskingNodes,
): NodeId {
  const [batch = 0, tokens = 0, width = 0] = g.shape(embedded);
  const keep = tokens - 1;
  const visible = g.slice(embedded, 1, 1, keep);
  const hidden = g.broadcastTo(maskToken, [batch, patches - keep, width]);
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
 * shuffle of the far larger product moves whole pixels. PyTorch takes `fanIn = outputs·4`.
 */
function upsample(
  { g, parameter }: Scope,
  name: string,
  x: NodeId,
  outputs: number,
): NodeId {
  const [batch = 0, height = 0, width = 0, inputs = 0] = g.shape(x);
  const start = uniform(1 / Math.sqrt(4 * outputs));
  const weight = parameter(`${name}.weight`, [inputs, outputs, 2, 2], start);
  const bias = parameter(`${name}.bias`, [outputs], start);
  const byPixel = g.transpose(
    g.reshape(weight, [inputs, outputs, 4]),
    [0, 2, 1],
  );
  const biases = g.broadcastTo(bias, [4, outputs]);
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

/** 1×1 convolution on `[B, h, w, in]`, with PyTorch's first values. */
function pointwise(
  scope: Scope,
  name: string,
  x: NodeId,
  outputs: number,
): NodeId {
  const inputs = scope.g.shape(x).at(-1) ?? 1;
  const start = uniform(1 / Math.sqrt(inputs));
  return linear(scope, name, x, outputs, {
    shape: [outputs, inputs, 1, 1],
    weight: start,
    bias: start,
  });
}

/**
 * The head that turns a decoder's tokens `[B, G, G, d]` into `(scale·G)²` cells. Steps
 * without parameters (activations, pooling) are numbered too, so names agree with
 * checkpoints. Pixels of whole patches are one linear layer with the first values of
 * MAE's.
 */
function head(
  scope: Scope,
  name: string,
  stage: StageSpec,
  patches: NodeId,
  outputs: number,
  epsilon: number,
): NodeId {
  const { g } = scope;
  const { scale } = stage;
  if (scale === 1 && targetOf(stage) !== "hog") {
    return linear(scope, name, patches, outputs);
  }
  if (scale === 0.5) {
    return pointwise(scope, `${name}.1`, averagePool(g, patches, 1), outputs);
  }
  const width = g.shape(patches).at(-1) ?? 1;
  const ups = Math.log2(scale);
  let x = patches;
  for (let k = 0; k < ups; k++) {
    if (k > 0) {
      x = gelu(g, layerNorm(scope, `${name}.${3 * k - 2}`, x, epsilon));
    }
    x = upsample(scope, `${name}.${3 * k}`, x, width / 2 ** (k + 1));
  }
  return pointwise(scope, `${name}.${Math.max(0, 3 * ups - 2)}`, x, outputs);
}

/** Hidden width of a decoder's MLP as a multiple of its width. */
const MLP_RATIO = 4;

/** Position, Transformer blocks and norm on all tokens `[B, 1 + L, d]`; gives those of the patches. */
function decodedPatches(
  scope: Scope,
  spec: ModelSpec,
  name: string,
  tokens: NodeId,
): NodeId {
  const { g } = scope;
  const [L, d] = [patchCount(spec), spec.decoderEmbedDim];
  const epsilon = spec.layerNormEps;
  const sizes = {
    numHeads: spec.decoderNumHeads,
    mlpRatio: MLP_RATIO,
    epsilon,
  };
  const positions = g.constant(
    () => sinCosPositions(d, gridSize(spec)),
    [L + 1, d],
  );
  const decoded = Array.from(
    { length: spec.decoderDepth },
    (_, i) => `${name}.blocks.${i}`,
  ).reduce(
    (x, blockName) => block(scope, blockName, x, sizes),
    g.add(tokens, positions),
  );
  return layerNorm(scope, `${name}.norm`, g.slice(decoded, 1, 1, L), epsilon);
}

/** Nodes that a decoder gives. */
export interface Decoded {
  /** Decoded tokens of all patches after their norm, `[B, L, d]`. */
  readonly tokens: NodeId;
  /** Prediction, `[B, (scale·G)², channels of the target]`. */
  readonly cells: NodeId;
}

/**
 * Predicts the target cells of one stage from its latent tokens.
 *
 * @param name Prefix of the parameters, for example `decoder.0`.
 * @param stage Its scale and target.
 * @param latent Tokens of the tapped block after its norm, `[B, 1 + keep, D]`.
 * @see Wang et al., LocalMIM, 2023, section 3: {@link https://arxiv.org/abs/2303.05251};
 * He et al., Masked Autoencoders, 2022, section 3: {@link https://arxiv.org/abs/2111.06377}
 */
export function decode(
  scope: Scope,
  spec: ModelSpec,
  name: string,
  stage: StageSpec,
  latent: NodeId,
  masking: MaskingNodes,
): Decoded {
  const { g } = scope;
  const [d, G] = [spec.decoderEmbedDim, gridSize(spec)];
  const [batch = 0] = g.shape(latent);
  const maskToken = scope.parameter(
    `${name}.mask_token`,
    [1, 1, d],
    TOKEN_START,
  );
  const embedded = linear(scope, `${name}.embed`, latent, d);
  const given = unmask(g, maskToken, embedded, patchCount(spec), masking);
  const tokens = decodedPatches(scope, spec, name, given);
  const cells = head(
    scope,
    `${name}.pred`,
    stage,
    g.reshape(tokens, [batch, G, G, d]),
    targetChannels(spec, stage),
    spec.layerNormEps,
  );
  const [, rows = 0, columns = 0, channels = 0] = g.shape(cells);
  return { tokens, cells: g.reshape(cells, [batch, rows * columns, channels]) };
}
