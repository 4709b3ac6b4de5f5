/** Batch normalisation, trained by one process or by several, and frozen. */
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

/** Running statistics, moved by a tenth towards a batch of `count` values of a channel. */
function movedStatistics(
  g: GraphBuilder,
  { mean, variance }: Pick<BatchNormNodes, "mean" | "variance">,
  now: Pick<BatchNormNodes, "mean" | "variance">,
  count: number,
): Pick<BatchNormNodes, "mean" | "variance"> {
  const moved = (before: NodeId, to: NodeId): NodeId =>
    g.apply("mix", { weight: 1 - MOMENTUM }, [
      before,
      g.reshape(to, g.shape(before)),
    ]);
  return {
    mean: moved(mean, now.mean),
    variance: moved(variance, g.scale(now.variance, count / (count - 1))),
  };
}

/** `γ / √(variance + 1e-5)`. */
const slopeOf = (g: GraphBuilder, variance: NodeId, gain: NodeId): NodeId =>
  g.multiply(
    g.apply("rsqrt", { epsilon: EPSILON }, [variance]),
    perChannel(g, gain),
  );

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
  const slope = slopeOf(g, variance, gain);
  return {
    y: g.add(g.multiply(centred, slope), perChannel(g, bias)),
    ...movedStatistics(g, running, { mean, variance }, count),
  };
}

/** Sums of values and of their squares for each channel, over all ranks: twice `[1, C, 1, 1]`. */
function rankMoments(
  g: GraphBuilder,
  x: NodeId,
): readonly [sum: NodeId, squares: NodeId] {
  const [, channels = 0] = g.shape(x);
  const own = [x, g.apply("square", {}, [x])].map((values) =>
    g.sumTo(values, [1, channels, 1, 1])
  );
  const all = g.apply("rankSum", {}, [g.concat(own, 0)]);
  return [g.slice(all, 0, 0, 1), g.slice(all, 0, 1, 1)];
}

/**
 * As {@link trainedBatchNorm}, of a batch whose images lie on several ranks: statistics
 * and gradients are those of all of them.
 *
 * There is one sum over ranks on the way forward and one on the way back. So mean and
 * variance come from the sums of `d = x − running mean` and of `d²`, `variance = mean(d²) −
 * mean(d)²`: all ranks have the same running mean, and it is so near to that of the batch
 * that little cancels. What rounding leaves below 0 counts as 0.
 *
 * @param x The rank's own images `[B, C, H, W]`.
 * @param images Images of the batch on all ranks together, with `images·H·W ≥ 2`.
 */
export function rankedBatchNorm(
  g: GraphBuilder,
  x: NodeId,
  { gain, bias, ...running }: BatchNormNodes,
  images: number,
): TrainedBatchNorm {
  const [, , height = 0, width = 0] = g.shape(x);
  const count = images * height * width;
  const before = perChannel(g, running.mean);
  const moved = g.subtract(x, before);
  const [shift, square] = rankMoments(g, moved)
    .map((sum) => g.scale(sum, 1 / count)) as [NodeId, NodeId];
  const variance = g.apply("relu", {}, [
    g.subtract(square, g.apply("square", {}, [shift])),
  ]);
  const slope = slopeOf(g, variance, gain);
  const offset = g.subtract(perChannel(g, bias), g.multiply(shift, slope));
  const mean = g.add(before, shift);
  return {
    y: g.add(g.multiply(moved, slope), offset),
    ...movedStatistics(g, running, { mean, variance }, count),
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
 * @param rankImages Images of the batch on all ranks together, if it lies on several.
 */
export function batchNorm(
  { g, parameter, statistic }: Scope,
  name: string,
  x: NodeId,
  isTrained: boolean,
  rankImages?: number,
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
  const { y, mean, variance } = rankImages === undefined
    ? trainedBatchNorm(g, x, nodes)
    : rankedBatchNorm(g, x, nodes, rankImages);
  return { y, statistics: { [meanName]: mean, [varianceName]: variance } };
}
