/**
 * Latent targets: what frozen blocks make of hidden patches, predicted by what still
 * trains.
 */
import type { GraphBuilder } from "../../graph/builder.ts";
import type { NodeId } from "../../graph/node.ts";
import { ZEROS } from "../../nn/init.ts";
import { linear } from "../../nn/layers.ts";
import { encode } from "../encoder.ts";
import { maskedLoss } from "../masked_loss.ts";
import { type ModelSpec, patchCount, type VitScope } from "../model_spec.ts";

/** The first row of every `every`, and of what is left of a batch: `[⌈B / every⌉, …]`. */
function firstOfEvery(g: GraphBuilder, x: NodeId, every: number): NodeId {
  const [batch = 0, ...row] = g.shape(x);
  const groups = Math.floor(batch / every);
  const rest = groups * every;
  const grouped = (): NodeId =>
    g.reshape(
      g.slice(
        g.reshape(g.slice(x, 0, 0, rest), [groups, every, ...row]),
        ...[1, 0, 1] as const,
      ),
      [groups, ...row],
    );
  return g.concat([
    ...groups > 0 ? [grouped()] : [],
    ...rest < batch ? [g.slice(x, 0, rest, 1)] : [],
  ], 0);
}

/** Layer normalisation without parameters. */
function normalised(g: GraphBuilder, x: NodeId, epsilon: number): NodeId {
  const width = g.shape(x).at(-1) ?? 1;
  const all = (value: number): NodeId =>
    g.constant(Array.from({ length: width }, () => value), [width]);
  return g.apply("layerNorm", { epsilon }, [x, all(1), all(0)]);
}

/**
 * Features of all patches of some images, none of them hidden, after a block; each patch
 * is normalised to mean 0 and variance 1.
 *
 * @param images `[B, C, S, S]`.
 * @param tap The block; `null` as long as none is frozen.
 * @returns `[⌈B / every⌉, L, D]`, patches row by row, a constant of the step: no gradient
 * is to pass it. `null` without a tap, and for a model without latent targets.
 * @see Erdogan et al., LayerLock, 2025.
 */
export function latentTarget(
  scope: VitScope,
  spec: ModelSpec,
  images: NodeId,
  tap: number | null,
): NodeId | null {
  const { latent, layerNormEps } = spec;
  if (latent === undefined || tap === null) return null;
  const { g } = scope;
  const chosen = firstOfEvery(g, images, latent.every);
  const { blocks } = encode(scope, spec, chosen, null, tap + 1);
  const patches = g.slice(blocks[tap] ?? -1, 1, 1, patchCount(spec));
  return normalised(g, patches, layerNormEps);
}

/** Nodes of the latent targets, where they act. */
export interface LatentNodes {
  /** Features of a frozen block, `[⌈B / every⌉, L, D]`. */
  readonly target: NodeId;
  /** The same shape. */
  readonly prediction: NodeId;
  /** Mean squared error over the hidden patches, unweighted, a scalar. */
  readonly loss: NodeId;
}

/** What the prediction of latent targets starts from. */
export interface LatentInputs {
  /** Decoded tokens of all patches of the last stage, `[B, L, d]`; `null` where it has no loss. */
  readonly decoded: NodeId | null;
  /** `[B, L]`. */
  readonly mask: NodeId;
  /** From {@link latentTarget}. */
  readonly target: NodeId | null;
}

/**
 * Prediction of latent targets by the decoder of the last stage, a linear layer beside its
 * own head, and its loss. The layer starts at 0 and stays there to the bit until it has a
 * target: until then its gradient is 0, and so is its decay.
 *
 * @param samples Samples of a whole step, a multiple of `every`: one in `every` counts.
 * @returns `null` without a target; the layer is declared all the same.
 */
export function latentNodes(
  scope: VitScope,
  spec: ModelSpec,
  { decoded, mask, target }: LatentInputs,
  samples: number,
): LatentNodes | null {
  const { latent, stages, embedDim } = spec;
  if (latent === undefined || decoded === null) return null;
  const { g } = scope;
  const { every } = latent;
  const index = stages.length - 1;
  const prediction = linear(
    scope.of({ _tag: "Stage", index }),
    `decoder.${index}.latent`,
    firstOfEvery(g, decoded, every),
    embedDim,
    { weight: ZEROS },
  );
  if (target === null) return null;
  const loss = maskedLoss(
    ...[g, spec, { scale: 1 }, prediction, target] as const,
    firstOfEvery(g, mask, every),
    samples / every,
  );
  return { target, prediction, loss };
}
