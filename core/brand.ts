/** Compile-time names for numbers. */

/** Key under which a compile-time name is stored; never present at run time. */
export declare const brand: unique symbol;

/** `A` with the compile-time name `Name`; erased at run time. */
export type Brand<A, Name extends string> = A & {
  /** Compile-time name. */
  readonly [brand]: Name;
};

/** Time at which a layer freezes, as a part of training, `t_i ∈ (0, 1]`; unitless. */
export type FreezeTime = Brand<number, "FreezeTime">;

/** Step size of the optimizer, `α ≥ 0`. */
export type LearningRate = Brand<number, "LearningRate">;
