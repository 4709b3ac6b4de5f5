/**
 * Linear probing: a linear classifier on features that stay as they are.
 *
 * @module
 */
import { type GraphBuilder, traceGraph } from "../graph/builder.ts";
import { gradients } from "../graph/differentiate.ts";
import type { Graph, NodeId, Shape } from "../graph/node.ts";
import { SQUARES_OUTPUT, sumsOfSquares } from "../optim/gradient_norm.ts";
import type { LarsOptions } from "../optim/lars.ts";
import { larsUpdate } from "../optim/lars_update.ts";
import { stateName } from "../optim/update_graph.ts";
import type { Faults, Result } from "../result.ts";
import { softCrossEntropy } from "../nn/losses.ts";

/** Sizes of a linear probe. */
export interface ProbeSpec {
  /** Width `F` of a feature. */
  readonly width: number;
  /** Classes. */
  readonly classes: number;
}

/** Names of its tensors, as in MAE's checkpoints: batch normalisation, then a linear layer. */
export const PROBE_NAMES = {
  mean: "head.0.running_mean",
  variance: "head.0.running_var",
  weight: "head.1.weight",
  bias: "head.1.bias",
} as const;

/** `ε` of the batch normalisation. */
export const PROBE_EPSILON = 1e-6;

/** Part of the running statistics that a batch replaces. */
const BLEND = 0.1;

/** Shapes of everything that a step changes, by name. */
export function probeShapes(
  { width, classes }: ProbeSpec,
): Readonly<Record<string, Shape>> {
  const { mean, variance, weight, bias } = PROBE_NAMES;
  return {
    [weight]: [classes, width],
    [bias]: [classes],
    [mean]: [width],
    [variance]: [width],
    [stateName("momentum_buffer", weight)]: [classes, width],
    [stateName("momentum_buffer", bias)]: [classes],
  };
}

/** Features `[B, F]` brought to mean 0 and variance 1 over the batch. */
function batchNorm(g: GraphBuilder, features: NodeId): NodeId {
  const [batch = 0] = g.shape(features);
  const columns = g.transpose(features, [1, 0]);
  const [ones, zeros] = [1, 0].map((value) =>
    g.broadcastTo(g.constant([value], [1]), [batch])
  ) as [NodeId, NodeId];
  const inputs = [columns, ones, zeros];
  const epsilon = PROBE_EPSILON;
  return g.transpose(g.apply("layerNorm", { epsilon }, inputs), [1, 0]);
}

/** Running statistics after a batch; the variance is the unbiased one. */
function runningStatistics(
  g: GraphBuilder,
  features: NodeId,
): Readonly<Record<string, NodeId>> {
  const [batch = 0, width = 0] = g.shape(features);
  const sumOf = (rows: NodeId): NodeId => g.sumTo(rows, [width]);
  const mean = g.scale(sumOf(features), 1 / batch);
  const centred = g.subtract(features, mean);
  const squares = sumOf(g.apply("square", {}, [centred]));
  const variance = g.scale(squares, 1 / (batch - 1));
  const blended = (name: string, now: NodeId): NodeId =>
    g.apply("mix", { weight: 1 - BLEND }, [g.input(name, [width]), now]);
  return {
    [PROBE_NAMES.mean]: blended(PROBE_NAMES.mean, mean),
    [PROBE_NAMES.variance]: blended(PROBE_NAMES.variance, variance),
  };
}

/** What a head gives in a step. */
interface HeadStep {
  readonly loss: NodeId;
  /** Gradients of its weights and biases. */
  readonly derivatives: readonly NodeId[];
  /** Its tensors after the step, by the names of `probeShapes`. */
  readonly moved: Readonly<Record<string, NodeId>>;
}

/** A step of one linear layer on features that are normalised. */
function headStep(
  g: GraphBuilder,
  rule: LarsOptions,
  batch: { readonly features: NodeId; readonly targets: NodeId },
  given: (name: string) => NodeId,
  rate: NodeId,
): HeadStep {
  const { weight, bias } = PROBE_NAMES;
  const products = g.matmul(batch.features, given(weight), {
    transposeB: true,
  });
  const scores = g.add(products, given(bias));
  const [samples = 0] = g.shape(batch.targets);
  const loss = softCrossEntropy(g, scores, batch.targets, samples);
  const names = [weight, bias];
  const derivatives = gradients(g, loss, names.map(given));
  const moved = derivatives.map((gradient, i) => {
    const name = names[i] ?? "";
    const kept = stateName("momentum_buffer", name);
    const nodes = { parameter: given(name), gradient, momentum: given(kept) };
    const { parameter, momentum } = larsUpdate(g, rule, nodes, rate);
    return { [name]: parameter, [kept]: momentum };
  });
  return { loss, derivatives, moved: Object.assign({}, ...moved) };
}

/**
 * One step of linear probing: batch normalisation without gain and bias, a linear
 * layer, soft cross entropy, LARS.
 *
 * Inputs: the tensors of `probeShapes`, `features [B, F]`, `targets [B, classes]`,
 * the scalar `rate`. Outputs: the tensors of `probeShapes` after the step, and the
 * scalar `loss` before it; and `squares [4]`, the sums of squares of the gradients of
 * weights and biases, then of the running means and variances after it.
 *
 * @param spec Sizes.
 * @param rule `μ`, `λ` and `η` of LARS.
 * @param batch Samples `B`, at least 2.
 * @see He et al., Masked Autoencoders Are Scalable Vision Learners, 2021, appendix A.1.
 */
export function probeStepGraph(
  spec: ProbeSpec,
  rule: LarsOptions,
  batch: number,
): Result<Faults, Graph> {
  const shapes = probeShapes(spec);
  return traceGraph((g) => {
    const features = g.input("features", [batch, spec.width]);
    const targets = g.input("targets", [batch, spec.classes]);
    const rate = g.input("rate", []);
    const given = (name: string): NodeId => g.input(name, shapes[name] ?? []);
    const normalised = { features: batchNorm(g, features), targets };
    const head = headStep(g, rule, normalised, given, rate);
    const statistics = runningStatistics(g, features);
    const squares = sumsOfSquares(g, [
      ...head.derivatives,
      ...Object.values(statistics),
    ]);
    const others = { loss: head.loss, [SQUARES_OUTPUT]: squares };
    return { ...others, ...statistics, ...head.moved };
  });
}

const STATISTICS: readonly string[] = [PROBE_NAMES.mean, PROBE_NAMES.variance];

/** Name of a tensor of one of several heads; running statistics are common to all. */
export function sweptName(head: number, name: string): string {
  return STATISTICS.includes(name) ? name : `${head}/${name}`;
}

/**
 * One step of several linear probes on the same samples, each with its own rate. What
 * becomes of one has no influence on the others.
 *
 * Inputs: the tensors of `probeShapes` of each head by `sweptName`, `features [B, F]`,
 * `targets [B, classes]`, and the scalars `rate/0`, `rate/1`, … Outputs: the tensors
 * after the step.
 *
 * @param spec Sizes of each.
 * @param rule `μ`, `λ` and `η` of LARS.
 * @param batch Samples `B`, at least 2.
 * @param heads How many, at least 1.
 */
export function probeSweepGraph(
  spec: ProbeSpec,
  rule: LarsOptions,
  batch: number,
  heads: number,
): Result<Faults, Graph> {
  const shapes = probeShapes(spec);
  return traceGraph((g) => {
    const features = g.input("features", [batch, spec.width]);
    const targets = g.input("targets", [batch, spec.classes]);
    const normalised = { features: batchNorm(g, features), targets };
    const moved = Array.from({ length: heads }, (_, k) => {
      const given = (name: string): NodeId =>
        g.input(sweptName(k, name), shapes[name] ?? []);
      const rate = g.input(`rate/${k}`, []);
      const head = headStep(g, rule, normalised, given, rate);
      return Object.fromEntries(
        Object.entries(head.moved).map(([name, node]) =>
          [sweptName(k, name), node] as const
        ),
      );
    });
    return Object.assign({}, runningStatistics(g, features), ...moved);
  });
}

/**
 * Scores of features by a linear layer.
 *
 * Inputs: `features [B, F]`, `weight [classes, F]`, `bias [classes]`. Output:
 * `scores [B, classes]`.
 *
 * @param spec Sizes.
 * @param batch Samples `B`.
 */
export function probeScoreGraph(
  { width, classes }: ProbeSpec,
  batch: number,
): Result<Faults, Graph> {
  return traceGraph((g) => {
    const features = g.input("features", [batch, width]);
    const weight = g.input("weight", [classes, width]);
    const products = g.matmul(features, weight, { transposeB: true });
    return { scores: g.add(products, g.input("bias", [classes])) };
  });
}
