/** Batch normalisation, trained and frozen. */
import type { GraphBuilder } from "../graph/builder.ts";
import type { NodeId } from "../graph/node.ts";
import { ONES, ZEROS } from "./init.ts";
import type { Scope } from "./scope.ts";

/** PyTorch's `ε` and the part of a batch in the running statistics. */
const [EPSILON, MOMENTUM] = [1e-5, 0.1];

/** Vectors of a normalisation, `[C]`. */
export interface BatchNormNodes {
  /** Gain `γ`. */
  readonly gain: NodeId;
  /** Bias `β`. */
  readonly bias: NodeId;
  /** Running mean. */
  readonly mean: NodeId;
  /** Running variance. */
  readonly variance: NodeId;
}

/** Results of a normalisation in training. */
export interface TrainedBatchNorm {
  /** Normalised images, of the shape of the input. */
  readonly y: NodeId;
  /** Running mean with this batch in it, `[C]`. */
  readonly mean: NodeId;
  /** Running variance with this batch in it, `[C]`. */
  readonly variance: NodeId;
}

/** `[C]` beside images `[B, C, H, W]`. */
const perChannel = (g: GraphBuilder, vector: NodeId): NodeId =>
  g.reshape(vector, [1, g.shape(vector)[0] ?? 0, 1, 1]);

/**
 * Normalises by the statistics of the batch, over images and pixels:
 * `(x − mean) / √(variance + 1e-5) · γ + β`.
 *
 * Running statistics move by a tenth towards those of the batch, whose variance is then
 * the unbiased one.
 *
 * @param x Images `[B, C, H, W]` with `B·H·W ≥ 2`.
 * @see Ioffe and Szegedy, Batch Normalization, 2015, algorithm 1.
 */
export function trainedBatchNorm(
  g: GraphBuilder,
  x: NodeId,
  { gain, bias, ...running }: BatchNormNodes,
): TrainedBatchNorm {
  const [batch = 0, channels = 0, height = 0, width = 0] = g.shape(x);
  const count = batch * height * width;
  const meanOf = (values: NodeId): NodeId =>
    g.scale(g.sumTo(values, [1, channels, 1, 1]), 1 / count);
  const mean = meanOf(x);
  const centred = g.subtract(x, mean);
  const variance = meanOf(g.apply("square", {}, [centred]));
  const slope = g.multiply(
    g.apply("rsqrt", { epsilon: EPSILON }, [variance]),
    perChannel(g, gain),
  );
  const moved = (before: NodeId, now: NodeId): NodeId =>
    g.apply("mix", { weight: 1 - MOMENTUM }, [
      before,
      g.reshape(now, [channels]),
    ]);
  return {
    y: g.add(g.multiply(centred, slope), perChannel(g, bias)),
    mean: moved(running.mean, mean),
    variance: moved(running.variance, g.scale(variance, count / (count - 1))),
  };
}

/**
 * Normalises by the running statistics, which stay as they are:
 * `(x − mean) / √(variance + 1e-5) · γ + β` as one product and one sum.
 *
 * @param x Images `[B, C, H, W]`.
 */
export function frozenBatchNorm(
  g: GraphBuilder,
  x: NodeId,
  { gain, bias, mean, variance }: BatchNormNodes,
): NodeId {
  const rstd = g.apply("rsqrt", { epsilon: EPSILON }, [variance]);
  const slope = g.multiply(gain, rstd);
  const offset = g.subtract(bias, g.multiply(mean, slope));
  return g.add(g.multiply(x, perChannel(g, slope)), perChannel(g, offset));
}

/** Results of a normalisation, trained or frozen. */
export interface BatchNormResult {
  /** Normalised images. */
  readonly y: NodeId;
  /** Its running statistics with this batch in them, by name; none if it is frozen. */
  readonly statistics: Readonly<Record<string, NodeId>>;
}

/**
 * Normalises images and declares what that needs: `NAME.weight`, `NAME.bias` and the
 * running statistics `NAME.running_mean`, `NAME.running_var`.
 *
 * @param x Images `[B, C, H, W]`.
 * @param isTrained By the statistics of the batch, else by the running ones.
 */
export function batchNorm(
  { g, parameter, statistic }: Scope,
  name: string,
  x: NodeId,
  isTrained: boolean,
): BatchNormResult {
  const [, channels = 0] = g.shape(x);
  const [meanName, varianceName] = [
    `${name}.running_mean`,
    `${name}.running_var`,
  ];
  const nodes = {
    gain: parameter(`${name}.weight`, [channels], ONES),
    bias: parameter(`${name}.bias`, [channels], ZEROS),
    mean: statistic(meanName, [channels], ZEROS),
    variance: statistic(varianceName, [channels], ONES),
  };
  if (!isTrained) return { y: frozenBatchNorm(g, x, nodes), statistics: {} };
  const { y, mean, variance } = trainedBatchNorm(g, x, nodes);
  return { y, statistics: { [meanName]: mean, [varianceName]: variance } };
}
