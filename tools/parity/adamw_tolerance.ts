/**
 * How far parameters may be off that AdamW moved, if its gradients are off by a known
 * part.
 */
import type { AdamWConfig } from "../../core/mod.ts";

/** Steps of one parameter. */
export interface MovedParameter {
  /** The rule. */
  readonly rule: AdamWConfig;
  /** Its numbers before the first step. */
  readonly start: ArrayLike<number>;
  /** Its gradients of each step. */
  readonly gradients: readonly ArrayLike<number>[];
  /** Its learning rate in each step. */
  readonly rates: readonly number[];
}

/** Largest relative error of rounding to float32. */
const ROUNDING = 2 ** -24;

/**
 * Roundings of a step that do not cancel, at most: of moments, corrections, root,
 * quotient and sum; half of them on each side of a comparison.
 */
const ROUNDINGS = 32;

/** Weights of the gradients `1 … t` in a corrected moment; they sum to 1. */
const weightsAt = (beta: number, t: number): readonly number[] =>
  Array.from(
    { length: t },
    (_, s) => (1 - beta) * beta ** (t - 1 - s) / (1 - beta ** t),
  );

/** The largest absolute number. */
function largest(numbers: ArrayLike<number>): number {
  let top = 0;
  for (let i = 0; i < numbers.length; i++) {
    top = Math.max(top, Math.abs(numbers[i]!));
  }
  return top;
}

/** What of step `t` is the same for all numbers of a parameter. */
interface StepBound {
  /** Weights `b` of squared gradients in the second moment. */
  readonly squared: readonly number[];
  /** `A = √Σ aₛ²/bₛ`, the most that a step can be in units of its rate. */
  readonly longest: number;
  /** `Σ aₛ·Eₛ + A·√(Σ bₛ·Eₛ²)`. */
  readonly error: number;
}

function stepBound(
  { beta1, beta2 }: AdamWConfig,
  errors: readonly number[],
  t: number,
): StepBound {
  const [mean, squared] = [weightsAt(beta1, t), weightsAt(beta2, t)];
  const sum = (term: (a: number, b: number, s: number) => number): number =>
    mean.reduce((total, a, s) => total + term(a, squared[s]!, s), 0);
  const longest = Math.sqrt(sum((a, b) => a * a / b));
  const error = sum((a, _, s) => a * errors[s]!) +
    longest * Math.sqrt(sum((_, b, s) => b * errors[s]! ** 2));
  return { squared, longest, error };
}

/**
 * How far each number may be off after the steps, if no number of a gradient is off by
 * more than `part` of the largest one of its tensor.
 *
 * With `m̂ₜ = Σ aₛgₛ` and `v̂ₜ = Σ bₛgₛ²`, a step is `r = m̂ / (√v̂ + ε)` times its rate,
 * and `|r| ≤ A = √Σ aₛ²/bₛ` (Cauchy and Schwarz). If every `gₛ` is off by at most `Eₛ`,
 * then `m̂` is by at most `Σ aₛEₛ` and, since `√v̂` is a norm, `√v̂` by at most
 * `√(Σ bₛEₛ²)`. From `r' − r = (m̂' − m̂)/D + r'·(D − D')/D` with `D = √v̂ + ε` follows
 *
 * `|r' − r| ≤ min(2A, (Σ aₛEₛ + A·√(Σ bₛEₛ²)) / D)`.
 *
 * Where a gradient is large nearly nothing is allowed beside rounding; where it is
 * smaller than its error, a step may have either sign. Weight decay only shrinks what
 * was off before.
 *
 * @param moved Rule, start, gradients and rates; gradients of either side.
 * @param part Error of a gradient, as a part of its largest number.
 * @returns The most that each number may be off; `NaN` where a gradient is.
 */
export function adamwTolerance(
  { rule, start, gradients, rates }: MovedParameter,
  part: number,
): Float64Array {
  const errors = gradients.map((gradient) => part * largest(gradient));
  const bounds = gradients.map((_, s) => stepBound(rule, errors, s + 1));
  return Float64Array.from(start, (value, i) => {
    let [allowed, size] = [ROUNDING * Math.abs(value), Math.abs(value)];
    bounds.forEach(({ squared, longest, error }, step) => {
      const square = squared.reduce(
        (sum, b, s) => sum + b * gradients[s]![i]! ** 2,
        0,
      );
      const off = error / (Math.sqrt(square) + rule.epsilon);
      const rate = rates[step]!;
      size += rate * longest;
      allowed += rate * Math.min(2 * longest, off) +
        ROUNDINGS * ROUNDING * rate * longest + 8 * ROUNDING * size;
    });
    return allowed;
  });
}
