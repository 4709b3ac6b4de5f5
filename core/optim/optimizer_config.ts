/** Rules of optimizers and their constants. */
import {
  type Codec,
  DECAY,
  NOT_NEGATIVE,
  oneOf,
  POSITIVE,
} from "../codec/codec.ts";
import { recordOf, taggedUnion } from "../codec/structures.ts";

/** AdamW: Adam with decoupled weight decay. */
export interface AdamWConfig {
  /** Discriminant. */
  readonly _tag: "AdamW";
  /** Decay of the first moment, in `[0, 1)`. */
  readonly beta1: number;
  /** Decay of the second moment, in `[0, 1)`. */
  readonly beta2: number;
  /** Added to the root of the second moment, `> 0`. */
  readonly epsilon: number;
  /** Decoupled weight decay, `≥ 0`. */
  readonly weightDecay: number;
}

/** Stochastic gradient descent with Nesterov's momentum. */
export interface SgdConfig {
  /** Discriminant. */
  readonly _tag: "Sgd";
  /** Momentum, in `[0, 1)`; 0 is plain descent. */
  readonly momentum: number;
  /** Weight decay, `≥ 0`, added to the gradient. */
  readonly weightDecay: number;
}

/** Rule of the optimizer. */
export type OptimizerConfig = AdamWConfig | SgdConfig;

/** Accepts constants of AdamW. */
export const adamwCodec: Codec<AdamWConfig> = recordOf<AdamWConfig>({
  _tag: oneOf("AdamW"),
  beta1: DECAY,
  beta2: DECAY,
  epsilon: POSITIVE,
  weightDecay: NOT_NEGATIVE,
});

/** Accepts rules of optimizers with their constants in range. */
export const optimizerCodec: Codec<OptimizerConfig> = taggedUnion<
  OptimizerConfig
>({
  AdamW: adamwCodec,
  Sgd: recordOf<SgdConfig>({
    _tag: oneOf("Sgd"),
    momentum: DECAY,
    weightDecay: NOT_NEGATIVE,
  }),
});
