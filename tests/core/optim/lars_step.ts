/**
 * One step of LARS in plain numbers, apart from the graph.
 *
 * @module
 */
import type { LarsOptions } from "../../../core/optim/lars.ts";

/** A parameter and its momentum. */
export interface LarsState {
  /** The parameter, row-major. */
  readonly parameter: Float64Array;
  /** Its momentum, the same length; zeros before the first step. */
  readonly momentum: Float64Array;
}

const norm = (values: Float64Array): number =>
  Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));

/**
 * One LARS step of one parameter.
 *
 * For a matrix `d = g + λ·p`, scaled by `η·‖p‖/‖d‖` (by 1 if either is 0); for a
 * vector `d = g`. Then `m ← μ·m + d` and `p ← p − rate·m`.
 *
 * @param options `μ`, `λ` and `η`.
 * @param state The parameter and its momentum before the step.
 * @param gradient Its gradient, the same length.
 * @param rate Learning rate, `≥ 0`.
 * @param isMatrix Whether the parameter has more than one axis.
 * @returns Both after the step.
 * @see You, Gitman and Ginsburg, Large Batch Training of Convolutional Networks,
 * 2017: {@link https://arxiv.org/abs/1708.03888}
 */
export function larsStep(
  options: LarsOptions,
  { parameter, momentum }: LarsState,
  gradient: Float64Array,
  rate: number,
  isMatrix: boolean,
): LarsState {
  const decay = isMatrix ? options.weightDecay : 0;
  const direction = gradient.map((g, i) => g + decay * (parameter[i] ?? NaN));
  const [size, length] = [norm(parameter), norm(direction)];
  const scale = isMatrix && size > 0 && length > 0
    ? options.trust * size / length
    : 1;
  const moved = momentum.map((m, i) =>
    options.momentum * m + scale * (direction[i] ?? NaN)
  );
  return {
    parameter: parameter.map((p, i) => p - rate * (moved[i] ?? NaN)),
    momentum: moved,
  };
}
