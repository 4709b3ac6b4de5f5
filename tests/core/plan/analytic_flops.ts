/**
 * Floating-point operations of a phase by formulas, apart from any graph.
 *
 * Only matrix products count, `2·m·n·k` for `[m, k]·[k, n]`, and a nominal count for the
 * targets.
 *
 * @module
 */
import {
  type FreezePlan,
  gridSize,
  type ModelSpec,
  patchCount,
  type Phase,
  type PlanLayer,
  targetChannels,
  visibleCount,
} from "../../../core/mod.ts";
import { HOG_FLOPS_PER_SAMPLE_PIXEL } from "../../../core/graph/ops/hog.ts";
import type { PlanStage } from "../../../core/plan/plan.ts";
import type { StageSpec } from "../../../core/models/model_spec.ts";

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

/** Products of a head that begins on `side × side` patches. */
function headFlops(
  width: number,
  scale: StageSpec["scale"],
  outputs: number,
  side: number,
): number {
  if (scale === 0.5) return product((side / 2) ** 2, width, outputs);
  const ups = Array.from(
    { length: Math.log2(scale) },
    (_, k) =>
      product((2 ** k * side) ** 2, width / 2 ** k, width / 2 ** (k + 1) * 4),
  );
  const last = product((scale * side) ** 2, width / scale, outputs);
  return ups.reduce((sum, flops) => sum + flops, last);
}

/** Decoder and head of one stage, on all patches. */
export function stageFlops(spec: ModelSpec, stage: StageSpec): ModuleFlops {
  const { embedDim: D, decoderEmbedDim: d, decoderDepth } = spec;
  const head = headFlops(
    d,
    stage.scale,
    targetChannels(spec, stage),
    gridSize(spec),
  );
  const blocks = Array.from(
    { length: decoderDepth },
    () => transformerBlockFlops(patchCount(spec) + 1, d, 4),
  );
  return sum([
    weightedOnly(product(visibleCount(spec) + 1, D, d)),
    ...blocks,
    weightedOnly(head),
  ]);
}

const firstBlockLayer = (
  { freezePatchEmbed }: FreezePlan["config"]["freeze"],
): number => freezePatchEmbed ? 1 : 0;

/** Floating-point operations for one sample of a batch. */
export interface Flops {
  /** Forward pass. */
  readonly forward: number;
  /** Gradients of weights. */
  readonly backwardWeights: number;
  /** Gradients of activations. */
  readonly backwardActivations: number;
}

/** Floating-point operations of each part of a model during a phase, for one sample of a batch. */
export interface PhaseFlops {
  /** Encoder by layer; a patch embedding that never freezes is counted with block 0. */
  readonly layers: readonly Flops[];
  /** Decoders by stage; zeros where the stage is pruned. */
  readonly stages: readonly Flops[];
  /** Targets of all live stages, one pass; a nominal count. */
  readonly targets: number;
  /** Everything. */
  readonly total: number;
}

const NOTHING: Flops = {
  forward: 0,
  backwardWeights: 0,
  backwardActivations: 0,
};

/** Adds operations up part by part. */
export function sumFlops(parts: readonly Flops[]): Flops {
  return parts.reduce((total, part) => ({
    forward: total.forward + part.forward,
    backwardWeights: total.backwardWeights + part.backwardWeights,
    backwardActivations: total.backwardActivations + part.backwardActivations,
  }), NOTHING);
}

/** Forward and backward operations together. */
export function totalFlops(flops: Flops): number {
  return flops.forward + flops.backwardWeights + flops.backwardActivations;
}

/** How far the backward pass goes into a part of the model. */
interface Backward {
  /** Its weights train. */
  readonly trains: boolean;
  /** A gradient must pass its products, to its own norms or to something below. */
  readonly reached: boolean;
}

/** A weight gradient costs a product as much as its forward, an activation gradient too; a product of two activations has two of those. */
const withBackward = (
  { weighted, attention }: ModuleFlops,
  { trains, reached }: Backward,
): Flops => ({
  forward: weighted + attention,
  backwardWeights: trains ? weighted : 0,
  backwardActivations: reached ? weighted + 2 * attention : 0,
});

/** Images need no gradient, so nothing is reached below the patch embedding. */
const patchEmbed = (model: ModelSpec, trains: boolean): Flops =>
  withBackward(patchEmbedFlops(model), { trains, reached: false });

/** Whether something below all blocks trains for ever and draws the gradient through them. */
const drawsGradient = ({ config: { freeze } }: FreezePlan): boolean =>
  freeze.classToken === "neverFrozen" || !freeze.freezePatchEmbed;

const layerFlops =
  (plan: FreezePlan, phase: Phase) => ({ index }: PlanLayer): Flops => {
    const { model, freeze } = plan.config;
    const first = firstBlockLayer(freeze);
    const trains = index >= phase.frozenLayers;
    if (index < first) return patchEmbed(model, trains);
    const block = withBackward(encoderBlockFlops(model), {
      trains,
      reached: trains || drawsGradient(plan),
    });
    return first === 0 && index === 0
      ? sumFlops([patchEmbed(model, true), block])
      : block;
  };

const liveStageFlops =
  (plan: FreezePlan, phase: Phase) => ({ index }: PlanStage): Flops => {
    const { model } = plan.config;
    const stage = model.stages[index];
    return stage !== undefined && phase.liveStages.includes(index)
      ? withBackward(stageFlops(model, stage), { trains: true, reached: true })
      : NOTHING;
  };

/** Operations of a phase by part of the model. */
export function analyticFlops(plan: FreezePlan): (phase: Phase) => PhaseFlops {
  const { inChannels, imageSize, stages: specs } = plan.config.model;
  const histograms = HOG_FLOPS_PER_SAMPLE_PIXEL * inChannels * imageSize ** 2;
  return (phase) => {
    const isNeeded = phase.liveStages.some((k) =>
      specs[k]?.target === undefined
    );
    const targets = isNeeded ? histograms : 0;
    const layers = plan.layers.map(layerFlops(plan, phase));
    const stages = plan.stages.map(liveStageFlops(plan, phase));
    const total = totalFlops(sumFlops([...layers, ...stages])) + targets;
    return { layers, stages, targets, total };
  };
}
