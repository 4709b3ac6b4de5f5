/** Length of all gradients together, and clipping to it. */
import type { GraphBuilder } from "../graph/builder.ts";
import { traceGraph } from "../graph/trace.ts";
import type { Graph, NodeId, Shape } from "../graph/node.ts";
import { gradientName } from "../graph/differentiate.ts";
import { CLIP_EPSILON } from "../graph/ops/clip_factor.ts";
import type { Faults, Result } from "../result.ts";

/** Name of the output of `gradientSquares`. */
export const SQUARES_OUTPUT = "squares";

/** Name of the scalar input with which the update multiplies every gradient. */
export const CLIP_INPUT = "clip";

/** A tensor as a graph takes it. */
export interface NamedShape {
  /** Its name. */
  readonly name: string;
  /** Its shape. */
  readonly shape: Shape;
}

/**
 * Sum of squares of each of some tensors.
 *
 * @param tensors The tensors, at least one.
 * @returns Their sums `[n]`, in their order.
 */
export function sumsOfSquares(
  g: GraphBuilder,
  tensors: readonly NodeId[],
): NodeId {
  const sums = tensors.map((tensor) =>
    g.reshape(g.sumTo(g.apply("square", {}, [tensor]), []), [1])
  );
  return g.concat(sums, 0);
}

/**
 * Sum of squares of each gradient, as one small tensor: what a device has to give
 * out so that the length of all gradients is known, and whether all are finite.
 *
 * Inputs: `gradient/NAME` of each parameter, and the statistics under their names.
 * Output: `squares [n]`, in the order of the parameters, then of the statistics. A sum
 * is not finite if a number of the tensor is not, or if its square leaves float32: from
 * a length of about `1.8e19` on.
 *
 * @param parameters Those that have a gradient, at least one.
 * @param statistics Other tensors that a step is about to keep; by default none.
 */
export function gradientSquares(
  parameters: readonly NamedShape[],
  statistics: readonly NamedShape[] = [],
): Result<Faults, Graph> {
  return traceGraph((g) => ({
    [SQUARES_OUTPUT]: sumsOfSquares(g, [
      ...parameters.map(({ name, shape }) =>
        g.input(gradientName(name), shape)
      ),
      ...statistics.map(({ name, shape }) => g.input(name, shape)),
    ]),
  }));
}

/**
 * Length of all gradients as one vector: `√Σ squares`.
 *
 * @returns At least 0; `Infinity` or `NaN` if a sum is.
 */
export function globalNorm(squares: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < squares.length; i++) sum += squares[i] ?? 0;
  return Math.sqrt(sum);
}

/**
 * The factor that brings a gradient back to a length: `min(1, c / (‖g‖ + 10⁻⁶))`.
 *
 * @param maxNorm The length `c > 0` up to which nothing changes.
 * @returns A function from the length `‖g‖ ≥ 0` of all gradients together to a factor
 * in `(0, 1]`; 1 changes nothing, not a bit.
 * @see Pascanu et al., On the difficulty of training recurrent neural networks, 2013:
 * {@link https://arxiv.org/abs/1211.5063}; the rule is that of
 * `torch.nn.utils.clip_grad_norm_`.
 */
export function clipFactor(maxNorm: number): (norm: number) => number {
  return (norm) => Math.min(1, maxNorm / (norm + CLIP_EPSILON));
}
