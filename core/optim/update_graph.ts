/** One optimizer step as a graph. */
import type { GraphBuilder } from "../graph/builder.ts";
import { traceGraph } from "../graph/trace.ts";
import type { Graph, NodeId } from "../graph/node.ts";
import { gradientName } from "../graph/differentiate.ts";
import type { NamedShape } from "./gradient_norm.ts";
import type {
  AdamWConfig,
  OptimizerConfig,
  SgdConfig,
} from "./optimizer_config.ts";
import type { Faults, Result } from "../result.ts";
import { type LarsConfig, larsUpdate } from "./lars.ts";

/** Rule of an optimizer: those of pre-training, and LARS. */
export type UpdateRule = OptimizerConfig | LarsConfig;

/** A parameter to update. */
export interface Updated extends NamedShape {
  /** True if weight decay applies to it. */
  readonly decayed: boolean;
  /** Name of the scalar input that holds its learning rate. */
  readonly rate: string;
  /** Name of the scalar input with which its gradient is multiplied, if it is. */
  readonly clip?: string;
}

/** Name of an optimizer state tensor of a parameter, for example `exp_avg/cls_token`. */
export function stateName(kind: string, parameter: string): string {
  return `${kind}/${parameter}`;
}

/** State tensors that a rule keeps for each parameter, as PyTorch names them. */
export function stateKinds(rule: UpdateRule): readonly string[] {
  switch (rule._tag) {
    case "AdamW":
      return ["exp_avg", "exp_avg_sq"];
    case "Sgd":
    case "Lars":
      return ["momentum_buffer"];
  }
}

/** Names of the scalar inputs `1 − β₁ᵗ` and `1 − β₂ᵗ` of AdamW. */
export const CORRECTION_INPUTS = ["correction1", "correction2"] as const;

/**
 * Bias corrections of AdamW after `t` steps.
 *
 * @param t Steps taken, this one included, from 1.
 * @returns Values of the `CORRECTION_INPUTS`; none for SGD and LARS.
 */
export function corrections(
  rule: UpdateRule,
  t: number,
): Readonly<Record<string, number>> {
  return rule._tag === "AdamW"
    ? { correction1: 1 - rule.beta1 ** t, correction2: 1 - rule.beta2 ** t }
    : {};
}

/** The gradient of a parameter, clipped if it is to be. */
function gradientOf(
  g: GraphBuilder,
  { name, shape, clip }: Updated,
): NodeId {
  const gradient = g.input(gradientName(name), shape);
  return clip === undefined
    ? gradient
    : g.multiply(gradient, g.input(clip, []));
}

/**
 * State without numbers below the normal ones. That of a parameter whose gradient stays 0
 * shrinks until it is such a number, and there rounding keeps it for ever; processors
 * take a hundred times as long for those.
 */
const flushed = (g: GraphBuilder, state: NodeId): NodeId =>
  g.apply("flush", {}, [state]);

/** Loshchilov and Hutter 2019, algorithm 2: decay apart from the gradient. */
function adamw(
  g: GraphBuilder,
  rule: AdamWConfig,
  updated: Updated,
): Readonly<Record<string, NodeId>> {
  const { name, shape, decayed, rate } = updated;
  const gradient = gradientOf(g, updated);
  const meanName = stateName("exp_avg", name);
  const squareName = stateName("exp_avg_sq", name);
  const mean = flushed(
    g,
    g.apply("mix", { weight: rule.beta1 }, [
      g.input(meanName, shape),
      gradient,
    ]),
  );
  const square = flushed(
    g,
    g.apply("mix", { weight: rule.beta2 }, [
      g.input(squareName, shape),
      g.apply("square", {}, [gradient]),
    ]),
  );
  const moved = g.apply(
    "adamwUpdate",
    { weightDecay: decayed ? rule.weightDecay : 0, epsilon: rule.epsilon },
    [
      g.input(name, shape),
      mean,
      square,
      g.input(rate, []),
      ...CORRECTION_INPUTS.map((correction) => g.input(correction, [])),
    ],
  );
  return { [name]: moved, [meanName]: mean, [squareName]: square };
}

/** Sutskever et al. 2013 in PyTorch's form: `b ← μ·b + d`, `p ← p − rate·(d + μ·b)`. */
function sgd(
  g: GraphBuilder,
  rule: SgdConfig,
  updated: Updated,
): Readonly<Record<string, NodeId>> {
  const { name, shape, decayed, rate } = updated;
  const parameter = g.input(name, shape);
  const gradient = gradientOf(g, updated);
  const decay = decayed && rule.weightDecay !== 0;
  const direction = decay
    ? g.add(gradient, g.scale(parameter, rule.weightDecay))
    : gradient;
  const bufferName = stateName("momentum_buffer", name);
  const buffer = flushed(
    g,
    g.add(g.scale(g.input(bufferName, shape), rule.momentum), direction),
  );
  const ahead = g.add(direction, g.scale(buffer, rule.momentum));
  const moved = g.subtract(parameter, g.multiply(ahead, g.input(rate, [])));
  return { [name]: moved, [bufferName]: buffer };
}

/** The step of LARS; its momentum is kept under the same name as that of SGD. */
function lars(
  g: GraphBuilder,
  rule: LarsConfig,
  updated: Updated,
): Readonly<Record<string, NodeId>> {
  const { name, shape, decayed, rate } = updated;
  const bufferName = stateName("momentum_buffer", name);
  const { parameter, momentum } = larsUpdate(
    g,
    { ...rule, weightDecay: decayed ? rule.weightDecay : 0 },
    {
      parameter: g.input(name, shape),
      gradient: gradientOf(g, updated),
      momentum: g.input(bufferName, shape),
    },
    g.input(rate, []),
  );
  return { [name]: parameter, [bufferName]: flushed(g, momentum) };
}

/** The part of a step that moves one parameter. */
function moved(
  g: GraphBuilder,
  rule: UpdateRule,
  parameter: Updated,
): Readonly<Record<string, NodeId>> {
  switch (rule._tag) {
    case "AdamW":
      return adamw(g, rule, parameter);
    case "Sgd":
      return sgd(g, rule, parameter);
    case "Lars":
      return lars(g, rule, parameter);
  }
}

/** A running mean that is kept of parameters. */
export interface Averaging {
  /** Part of the mean that stays in a step, in `[0, 1]`. */
  readonly decay: number;
  /** Parameters that have a mean and do not move. */
  readonly still: readonly NamedShape[];
}

/** Name of the running mean of a parameter. */
export const averageName = (parameter: string): string =>
  stateName("ema", parameter);

/** `decay·mean + (1 − decay)·parameter`, with the parameter as it is after the step. */
function averaged(
  g: GraphBuilder,
  { decay }: Averaging,
  { name, shape }: Pick<Updated, "name" | "shape">,
  parameter: NodeId,
): Readonly<Record<string, NodeId>> {
  const mean = g.input(averageName(name), shape);
  return {
    [averageName(name)]: g.apply("mix", { weight: decay }, [mean, parameter]),
  };
}

/** The part of a step that belongs to one parameter, with its mean if one is kept. */
function updatedAndAveraged(
  g: GraphBuilder,
  rule: UpdateRule,
  averaging: Averaging | null,
  parameter: Updated,
): Readonly<Record<string, NodeId>> {
  const outputs = moved(g, rule, parameter);
  const after = outputs[parameter.name];
  return averaging === null || after === undefined
    ? outputs
    : { ...outputs, ...averaged(g, averaging, parameter, after) };
}

/**
 * One step of an optimizer for the parameters that move; a frozen one is not
 * among them, so it has no moment, no decay and no step.
 *
 * Inputs: each parameter by name, `gradient/NAME`, its state (`stateName`), the
 * rates, for AdamW the `CORRECTION_INPUTS`, and the factors of gradients that are to
 * be clipped. Outputs: each parameter and its state, under the same names. Where
 * running means are kept, they are inputs and outputs too (`averageName`), those of
 * parameters that do not move as well.
 *
 * @param averaging The running means, if any are kept.
 */
export function updateGraph(
  rule: UpdateRule,
  parameters: readonly Updated[],
  averaging: Averaging | null = null,
): Result<Faults, Graph> {
  return traceGraph((g) => {
    const moving = parameters.map((parameter) =>
      updatedAndAveraged(g, rule, averaging, parameter)
    );
    const still = averaging === null ? [] : averaging.still.map((parameter) => {
      const { name, shape } = parameter;
      return averaged(g, averaging, parameter, g.input(name, shape));
    });
    return Object.assign({}, ...moving, ...still);
  });
}
