/**
 * Update rules of optimizers as graphs.
 *
 * @module
 */

/** AdamW or SGD with Nesterov momentum, with their constants. */
export type UpdateRule =
  | {
    /** Discriminant. */
    readonly _tag: "AdamW";
    /** Decay of the mean gradient, in `[0, 1)`. */
    readonly beta1: number;
    /** Decay of the mean squared gradient, in `[0, 1)`. */
    readonly beta2: number;
    /** Added to the root of the mean square. */
    readonly epsilon: number;
    /** Decoupled decay `λ`: each step takes away `rate·λ` of the parameter. */
    readonly weightDecay: number;
  }
  | {
    /** Discriminant. */
    readonly _tag: "Sgd";
    /** Momentum in `[0, 1)`, in Nesterov's form. */
    readonly momentum: number;
    /** Decay added to the gradient. */
    readonly weightDecay: number;
  };
