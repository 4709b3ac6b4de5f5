/** Linear probing: a linear classifier on features that stay as they are. */
import type { GraphBuilder } from "../graph/builder.ts";
import type { Graph, NodeId, Shape } from "../graph/node.ts";
import { traceGraph } from "../graph/trace.ts";
import { normal, ONES, ZEROS } from "../nn/init.ts";
import { linear } from "../nn/layers.ts";
import { softCrossEntropy } from "../nn/losses.ts";
import {
  type Declarations,
  type Declared,
  type ModelScope,
  modelScope,
  recorded,
} from "../nn/scope.ts";
import { type LarsOptions, larsUpdate } from "../optim/lars.ts";
import { stateName } from "../optim/update_graph.ts";
import type { Faults, Result } from "../result.ts";

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

/** The trace of a probe, which has no parts. */
type ProbeScope = ModelScope<null>;

/** `ε` of the batch normalisation. */
export const PROBE_EPSILON = 1e-6;

/** Part of the running statistics that a batch replaces. */
const BLEND = 0.1;

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
  scope: ProbeScope,
  features: NodeId,
): Readonly<Record<string, NodeId>> {
  const { g, statistic } = scope.of(null);
  const [batch = 0, width = 0] = g.shape(features);
  const sumOf = (rows: NodeId): NodeId => g.sumTo(rows, [width]);
  const mean = g.scale(sumOf(features), 1 / batch);
  const centred = g.subtract(features, mean);
  const squares = sumOf(g.apply("square", {}, [centred]));
  const variance = g.scale(squares, 1 / (batch - 1));
  const blended = (before: NodeId, now: NodeId): NodeId =>
    g.apply("mix", { weight: 1 - BLEND }, [before, now]);
  const names = PROBE_NAMES;
  return {
    [names.mean]: blended(statistic(names.mean, [width], ZEROS), mean),
    [names.variance]: blended(
      statistic(names.variance, [width], ONES),
      variance,
    ),
  };
}

/** Scores `[B, classes]` of features `[B, F]` by the linear layer. */
const scoresOf = (
  scope: ProbeScope,
  features: NodeId,
  classes: number,
): NodeId =>
  linear(scope.of(null), "head.1", features, classes, { weight: normal(0.01) });

/** Every tensor of a probe: weights and biases, then the running statistics. */
export function probeTensors(
  { width, classes }: ProbeSpec,
): Declarations<null> {
  return recorded((scope) => {
    const features = scope.g.input("features", [2, width]);
    scoresOf(scope, features, classes);
    runningStatistics(scope, features);
  });
}

/** Shapes of everything that a step changes, by name. */
export function probeShapes(spec: ProbeSpec): Readonly<Record<string, Shape>> {
  const { parameters, statistics } = probeTensors(spec);
  const momentum = ({ name, ...rest }: Declared<null>) => ({
    ...rest,
    name: stateName("momentum_buffer", name),
  });
  return Object.fromEntries(
    [...parameters, ...statistics, ...parameters.map(momentum)]
      .map(({ name, shape }) => [name, shape]),
  );
}

/** Features and targets of a batch. */
interface ProbeBatch {
  readonly features: NodeId;
  readonly targets: NodeId;
}

const batchOf = (
  g: GraphBuilder,
  { width, classes }: ProbeSpec,
  batch: number,
): ProbeBatch => ({
  features: g.input("features", [batch, width]),
  targets: g.input("targets", [batch, classes]),
});

/** Loss of the linear layer on features that are normalised. */
function headLoss(
  scope: ProbeScope,
  { features, targets }: ProbeBatch,
): NodeId {
  const { g } = scope;
  const [samples = 0, classes = 0] = g.shape(targets);
  const scores = scoresOf(scope, features, classes);
  return softCrossEntropy(g, scores, targets, samples);
}

/**
 * Forward and backward pass of linear probing: batch normalisation without gain and bias,
 * a linear layer, soft cross entropy.
 *
 * Inputs: the probe's tensors by name, `features [B, F]`, `targets [B, classes]`. Outputs:
 * the scalar `loss`, `gradient/NAME` of weights and biases, and under their own names the
 * running statistics with the batch in them.
 *
 * @param spec Sizes.
 * @param batch Samples `B`, at least 2.
 * @see He et al., Masked Autoencoders Are Scalable Vision Learners, 2021, appendix A.1.
 */
export function probeStepGraph(
  spec: ProbeSpec,
  batch: number,
): Result<Faults, Graph> {
  return traceGraph((g) => {
    const scope = modelScope<null>(g);
    const { features, targets } = batchOf(g, spec, batch);
    const normalized = { features: batchNorm(g, features), targets };
    const loss = headLoss(scope, normalized);
    return {
      loss,
      ...scope.gradients(loss, () => true),
      ...runningStatistics(scope, features),
    };
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
 * @param heads Number of heads, at least 1.
 */
export function probeSweepGraph(
  spec: ProbeSpec,
  rule: LarsOptions,
  batch: number,
  heads: number,
): Result<Faults, Graph> {
  return traceGraph((g) => {
    const { features, targets } = batchOf(g, spec, batch);
    const normalized = { features: batchNorm(g, features), targets };
    const moved = Array.from({ length: heads }, (_, k) => {
      const ofHead = (name: string): string => sweptName(k, name);
      const rate = g.input(`rate/${k}`, []);
      const scope = modelScope<null>(g, ofHead);
      const loss = headLoss(scope, normalized);
      const { parameters } = scope.declared();
      const derivatives = Object.values(scope.gradients(loss, () => true));
      const moved = derivatives.flatMap((gradient, i) => {
        const { name = "", shape = [] } = parameters[i] ?? {};
        const [tensor, kept] = [name, stateName("momentum_buffer", name)]
          .map(ofHead) as [string, string];
        const { parameter, momentum } = larsUpdate(g, rule, {
          parameter: g.input(tensor, shape),
          gradient,
          momentum: g.input(kept, shape),
        }, rate);
        return [[tensor, parameter], [kept, momentum]] as const;
      });
      return Object.fromEntries(moved);
    });
    const statistics = runningStatistics(modelScope<null>(g), features);
    return Object.assign({}, statistics, ...moved);
  });
}

/**
 * Scores of features by a linear layer.
 *
 * Inputs: `features [B, F]`, `weight [classes, F]`, `bias [classes]`. Output:
 * `scores [B, classes]`.
 *
 * @param batch Samples `B`.
 */
export function probeScoreGraph(
  { width, classes }: ProbeSpec,
  batch: number,
): Result<Faults, Graph> {
  return traceGraph((g) => {
    const features = g.input("features", [batch, width]);
    const scope = modelScope<null>(g, (name) => name.replace("head.1.", ""));
    return { scores: scoresOf(scope, features, classes) };
  });
}
