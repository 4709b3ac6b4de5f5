/** Formulas of the ops that treat every number alone, for single numbers and groups of four. */
import {
  type ActivationOp,
  type ElementwiseOp,
  LEAST_NORMAL,
  type Node,
  type NodeOf,
} from "../../../../core/mod.ts";
import type { KernelWriter, Lanes } from "../../wgsl/kernel_writer.ts";
import { literal } from "../../wgsl/literal.ts";
import { typeOf } from "../../wgsl/lanes.ts";

/** Ops with a formula. */
export type MapOp =
  | ElementwiseOp
  | Extract<ActivationOp, "relu" | "reluGrad" | "gelu" | "geluGrad">;

/** WGSL of a result, made of names of the inputs' numbers. */
type Formula<Name extends MapOp> = (
  inputs: readonly string[],
  lanes: Lanes,
  attributes: NodeOf<Name>["attributes"],
) => string;

const all = (lanes: Lanes, number: string): string =>
  lanes === 4 ? `vec4<f32>(${number})` : number;

const suffix = (lanes: Lanes): string => lanes === 4 ? "4" : "";

/**
 * The normal distribution in float32. `erf` follows Abramowitz and Stegun 1964,
 * 7.1.26, to 1.5e-7; beyond `|x| = 6` nothing is left of the tails, and the
 * exponential would leave the range of float32 for infinite arguments.
 */
const normalDistribution = (lanes: Lanes): string => {
  const [type, end] = [typeOf(lanes), suffix(lanes)];
  return `fn normalCdf${end}(x : ${type}) -> ${type} {
  let z = min(abs(x) * 0.70710678, ${all(lanes, "4.3")});
  let t = 1.0 / (1.0 + 0.3275911 * z);
  let series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t
    - 0.284496736) * t + 0.254829592) * t;
  let tail = 0.5 * series * exp(-z * z);
  return select(tail, 1.0 - tail, x >= ${all(lanes, "0.0")});
}
fn normalPdf${end}(x : ${type}) -> ${type} {
  return 0.39894228 * exp(-0.5 * x * x);
}`;
};

const FORMULAS: { readonly [Name in MapOp]: Formula<Name> } = {
  add: ([a, b]) => `${a} + ${b}`,
  subtract: ([a, b]) => `${a} - ${b}`,
  multiply: ([a, b]) => `${a} * ${b}`,
  square: ([x]) => `${x} * ${x}`,
  scale: ([x], _, { factor }) => `${literal(factor)} * ${x}`,
  rsqrt: ([x], _, { epsilon }) => `1.0 / sqrt(${x} + ${literal(epsilon)})`,
  mix: ([a, b], _, { weight }) =>
    `${literal(weight)} * ${a} + ${literal(1 - weight)} * ${b}`,
  flush: ([x], lanes) =>
    `select(${x}, ${all(lanes, "0.0")}, abs(${x}) <= ${
      all(lanes, literal(LEAST_NORMAL))
    })`,
  relu: ([x], lanes) => `max(${x}, ${all(lanes, "0.0")})`,
  reluGrad: ([dy, x], lanes) =>
    `select(${all(lanes, "0.0")}, ${dy}, ${x} > ${all(lanes, "0.0")})`,
  gelu: ([x], lanes) => `${x} * normalCdf${suffix(lanes)}(${x})`,
  geluGrad: ([dy, x], lanes) =>
    `${dy} * (normalCdf${suffix(lanes)}(${x}) + ${x} * normalPdf${
      suffix(lanes)
    }(${x}))`,
  adamwUpdate: (
    [p, m, v, rate, correction1, correction2],
    _,
    { weightDecay, epsilon },
  ) =>
    `${p} * (1.0 - ${rate} * ${
      literal(weightDecay)
    }) - ${rate} * (${m} / ${correction1}) / (sqrt(${v} / ${correction2}) + ${
      literal(epsilon)
    })`,
};

/** A node whose op has a formula. */
export type MapNode = { readonly [Name in MapOp]: NodeOf<Name> }[MapOp];

/** True if the op of a node has a formula. */
export const isMap = (node: Node): node is MapNode =>
  Object.hasOwn(FORMULAS, node.op);

/** WGSL of a node, made of names of the inputs' numbers; what it needs is declared. */
export function formulaOf(
  writer: Pick<KernelWriter, "declare">,
  node: MapNode,
  inputs: readonly string[],
  lanes: Lanes,
): string {
  if (node.op === "gelu" || node.op === "geluGrad") {
    writer.declare(normalDistribution(lanes));
  }
  const formula = FORMULAS[node.op] as Formula<MapOp>;
  return formula(inputs, lanes, node.attributes as never);
}
