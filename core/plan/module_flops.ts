/**
 * Floating-point operations of the parts of a model, for one sample.
 *
 * Only matrix products count, `2·m·n·k` for `[m, k]·[k, n]`. Norms, activations,
 * softmax, gathers and sums are left out: they move numbers, and their time
 * hides behind the products.
 *
 * @module
 */
import {
  gridSize,
  type ModelSpec,
  patchCount,
  type StageSpec,
  targetChannels,
  visibleCount,
} from "../models/model_spec.ts";
import { type HeadStep, headSteps } from "../models/parameters.ts";

/** Forward operations of a part of the model. */
export interface ModuleFlops {
  /** Products with a weight. */
  readonly weighted: number;
  /** Products of two activations: attention scores and values. */
  readonly attention: number;
}

const product = (m: number, k: number, n: number): number => 2 * m * k * n;

const sum = (parts: readonly ModuleFlops[]): ModuleFlops => ({
  weighted: parts.reduce((total, { weighted }) => total + weighted, 0),
  attention: parts.reduce((total, { attention }) => total + attention, 0),
});

const weightedOnly = (weighted: number): ModuleFlops => ({
  weighted,
  attention: 0,
});

/** Patch embedding of the visible patches. */
export function patchEmbedFlops(spec: ModelSpec): ModuleFlops {
  const { inChannels: C, patchSize: P, embedDim: D } = spec;
  return weightedOnly(product(visibleCount(spec), C * P * P, D));
}

/**
 * One Transformer block.
 *
 * @param tokens Tokens of the sequence, `N`.
 * @param width Width, `D`.
 * @param mlpRatio Hidden width of the MLP as a multiple of `D`.
 */
export function transformerBlockFlops(
  tokens: number,
  width: number,
  mlpRatio: number,
): ModuleFlops {
  const projections = product(tokens, width, 3 * width) +
    product(tokens, width, width);
  const mlp = 2 * product(tokens, width, mlpRatio * width);
  return {
    weighted: projections + mlp,
    attention: 2 * product(tokens, width, tokens),
  };
}

/** One block of the encoder, on the class token and the visible patches. */
export function encoderBlockFlops(spec: ModelSpec): ModuleFlops {
  return transformerBlockFlops(
    visibleCount(spec) + 1,
    spec.embedDim,
    spec.mlpRatio,
  );
}

/** Side of the map of cells, in cells, while a head's steps are applied. */
interface HeadMap {
  readonly side: number;
  readonly flops: number;
}

const applyHeadStep = ({ side, flops }: HeadMap, step: HeadStep): HeadMap => {
  switch (step._tag) {
    case "Upsample":
      return {
        side: 2 * side,
        flops: flops + product(side ** 2, step.inputs, step.outputs * 4),
      };
    case "AveragePool":
      return { side: side / 2, flops };
    case "Pointwise":
      return {
        side,
        flops: flops + product(side ** 2, step.inputs, step.outputs),
      };
    case "NormGelu":
      return { side, flops };
  }
};

/** Decoder and head of one stage, on all patches. */
export function stageFlops(spec: ModelSpec, stage: StageSpec): ModuleFlops {
  const { embedDim: D, decoderEmbedDim: d, decoderDepth } = spec;
  const head = headSteps(d, stage.scale, targetChannels(spec))
    .reduce(applyHeadStep, { side: gridSize(spec), flops: 0 });
  const blocks = Array.from(
    { length: decoderDepth },
    () => transformerBlockFlops(patchCount(spec) + 1, d, 4),
  );
  return sum([
    weightedOnly(product(visibleCount(spec) + 1, D, d)),
    ...blocks,
    weightedOnly(head.flops),
  ]);
}
