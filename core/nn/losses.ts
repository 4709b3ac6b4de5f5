/** The loss of classification. */
import type { GraphBuilder } from "../graph/builder.ts";
import type { NodeId } from "../graph/node.ts";

/**
 * Cross entropy with soft targets, a mean over samples:
 * `−Σ t·ln softmax(z) / samples`.
 *
 * The logarithm of softmax is taken at once, so no score is too low for it.
 *
 * @param scores `z [B, classes]`.
 * @param targets `t [B, classes]`, each row a distribution.
 * @param samples Samples over which it is a mean: all micro-batches of a step together.
 * @returns A scalar; the sum over micro-batches is the loss of the whole batch.
 */
export function softCrossEntropy(
  g: GraphBuilder,
  scores: NodeId,
  targets: NodeId,
  samples: number,
): NodeId {
  const logs = g.apply("logSoftmax", {}, [scores]);
  return g.scale(g.sumTo(g.multiply(targets, logs), []), -1 / samples);
}
