/**
 * PyTorch's numbers of clipped steps.
 *
 * @module
 */
import {
  type AdamWConfig,
  CLIP_INPUT,
  corrections,
  gradientName,
  gradientSquares,
  type Graph,
  sizeOf,
  stateKinds,
  stateName,
  updateGraph,
} from "../core/mod.ts";
import { goldenJson } from "./golden_files.ts";
import { right } from "./right.ts";

/** Numbers by the name of a parameter. */
export type Named = Readonly<Record<string, readonly number[]>>;

/** One step: what came in and what PyTorch made of it. */
export interface ClippedStep {
  readonly gradients: Named;
  readonly norm: number;
  readonly clipped: Named;
  readonly after: Named;
}

interface Golden {
  readonly rule: {
    readonly lr: number;
    readonly betas: readonly [number, number];
    readonly eps: number;
    readonly "weight_decay": number;
  };
  readonly maxNorm: number;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly start: Named;
  readonly steps: readonly ClippedStep[];
}

/** `tests/golden/clip_grad/make.py` says how it was made. */
export const CLIPPING = goldenJson("clip_grad/clip_grad.json") as Golden;

const { rule, shapes } = CLIPPING;

/** The optimizer of the numbers. */
export const CLIPPED_RULE: AdamWConfig = {
  _tag: "AdamW",
  beta1: rule.betas[0],
  beta2: rule.betas[1],
  epsilon: rule.eps,
  weightDecay: rule["weight_decay"],
};

/** Graphs of a step for some of the parameters. */
export function clippedGraphs(
  names: readonly string[],
): { readonly squares: Graph; readonly update: Graph } {
  const trained = names.map((name) => ({ name, shape: shapes[name]! }));
  return {
    squares: right(gradientSquares(trained)),
    update: right(updateGraph(
      CLIPPED_RULE,
      trained.map((parameter) => ({
        ...parameter,
        decayed: true,
        rate: "rate",
        clip: CLIP_INPUT,
      })),
    )),
  };
}

/** Scalars of step `t`, from 1. */
export const clippedScalars = (
  t: number,
  clip: number,
): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(
    Object.entries({
      rate: rule.lr,
      [CLIP_INPUT]: clip,
      ...corrections(CLIPPED_RULE, t),
    }).map(([name, x]) => [name, [x]]),
  );

/** Parameters and moments before the first step. */
export const clippedStart: Named = Object.fromEntries(
  Object.entries(CLIPPING.start).flatMap(([name, x]) => [
    [name, x],
    ...stateKinds(CLIPPED_RULE).map((kind) => [
      stateName(kind, name),
      Array<number>(sizeOf(shapes[name]!)).fill(0),
    ]),
  ]),
);

/** Gradients under the names of the graphs. */
export const asGradients = (gradients: Named): Named =>
  Object.fromEntries(
    Object.entries(gradients).map(([name, x]) => [gradientName(name), x]),
  );
