/** LocalMIM: masked image modelling with a target at several depths. */
import type { Graph, NodeId } from "../graph/node.ts";
import { type Build, traceGraph, traceShapes } from "../graph/trace.ts";
import { memoized } from "../memo.ts";
import { initialTensors } from "../nn/init.ts";
import { modelScope, recorded } from "../nn/scope.ts";
import type { Key } from "../random/random.ts";
import type { Faults, Result } from "../result.ts";
import { decode, type MaskingNodes } from "./decoder.ts";
import { encode, type Encoding, tapNorm } from "./encoder.ts";
import { maskAtScale, maskedLoss } from "./masked_loss.ts";
import {
  type ModelSpec,
  type Owner,
  type ParameterSpec,
  patchCount,
  type StageSpec,
  visibleCount,
  type VitScope,
} from "./model_spec.ts";
import {
  type LatentNodes,
  latentNodes,
  latentTarget,
} from "./targets/latent.ts";
import { stageTargets } from "./targets/stage_targets.ts";

/** Nodes of one live stage. */
export interface StageNodes {
  /** Number of the stage in the model. */
  readonly index: number;
  /** Tapped tokens after their norm, `[B, 1 + keep, D]`. */
  readonly latent: NodeId;
  /** Decoded tokens of all patches, `[B, L, d]`. */
  readonly decoded: NodeId;
  /** `[B, (scale·G)², channels]`. */
  readonly prediction: NodeId;
  /** The same shape. */
  readonly target: NodeId;
  /** `[B, (scale·G)²]`. */
  readonly mask: NodeId;
  /** Unweighted loss, a scalar. */
  readonly loss: NodeId;
}

/** Everything that the forward pass computes; blocks behind the last live tap are in no graph. */
export interface LocalMimNodes extends Encoding {
  /** The live stages, shallow to deep. */
  readonly stages: readonly StageNodes[];
  /** The latent targets; `null` where none act. */
  readonly latent: LatentNodes | null;
  /** Weighted sum of the losses, a scalar. */
  readonly loss: NodeId;
}

/** Inputs of a batch. */
export interface BatchNodes extends MaskingNodes {
  /** `[B, C, S, S]`, normalised. */
  readonly images: NodeId;
  /** Factors on the weights of the stages where a curriculum moves them, `[B, S]`. */
  readonly stageWeights?: NodeId;
}

/**
 * Declares the tensors of a batch: `images`, `idsKeep`, `idsShuffle`, `idsRestore`, `mask`,
 * and `stageWeights` where a curriculum moves them.
 */
export function batchInputs(
  { g }: VitScope,
  spec: ModelSpec,
  batch: number,
  isWeighted = false,
): BatchNodes {
  const { inChannels: C, imageSize: side } = spec;
  const L = patchCount(spec);
  return {
    images: g.input("images", [batch, C, side, side]),
    idsKeep: g.input("idsKeep", [batch, visibleCount(spec)], "int32"),
    idsShuffle: g.input("idsShuffle", [batch, L], "int32"),
    idsRestore: g.input("idsRestore", [batch, L], "int32"),
    mask: g.input("mask", [batch, L]),
    ...isWeighted
      ? { stageWeights: g.input(STAGE_WEIGHTS, [batch, spec.stages.length]) }
      : {},
  };
}

/** A stage with a loss, and what it starts from. */
interface LiveStage {
  readonly index: number;
  readonly stage: StageSpec;
  readonly tapped: NodeId;
  readonly target: NodeId;
}

/** Norm, decoder, mask and loss of one stage. */
function stageNodes(
  scope: VitScope,
  spec: ModelSpec,
  batch: BatchNodes,
  samples: number,
  { index, stage, tapped, target }: LiveStage,
): StageNodes {
  const { g } = scope;
  const latent = tapNorm(scope, spec, index, tapped);
  const owned = scope.of({ _tag: "Stage", index });
  const name = `decoder.${index}`;
  const { tokens, cells } = decode(owned, spec, name, stage, latent, batch);
  const mask = maskAtScale(g, spec, stage, batch.mask);
  const loss = maskedLoss(g, spec, stage, cells, target, mask, samples);
  return {
    ...{ index, latent, target, mask, loss },
    decoded: tokens,
    prediction: cells,
  };
}

/** Name of the input with the factors on the weights of the stages, `[B, S]`, all rows alike. */
export const STAGE_WEIGHTS = "stageWeights";

/** Losses times their weights, added up. */
function weightedSum(
  { g }: VitScope,
  spec: ModelSpec,
  stages: readonly StageNodes[],
  latent: LatentNodes | null,
  factors: NodeId | undefined,
): NodeId {
  const factorOf = (factors: NodeId, stage: number): NodeId =>
    g.reshape(g.slice(g.slice(factors, 0, 0, 1), 1, stage, 1), []);
  const [first = -1, ...others] = stages.map(({ index, loss }) => {
    const weighted = g.scale(loss, spec.stages[index]?.weight ?? 1);
    return factors === undefined
      ? weighted
      : g.multiply(weighted, factorOf(factors, index));
  });
  const ofLatent = latent === null
    ? []
    : [g.scale(latent.loss, spec.latent?.weight ?? 1)];
  return [...others, ...ofLatent].reduce((sum, x) => g.add(sum, x), first);
}

/**
 * The forward pass of the encoder and of the live stages.
 *
 * @param liveStages Stages that still have a loss, in rising order; at least one.
 * @param samples Samples over which losses are means (`maskedLoss`).
 * @param latentTap Block whose features are targets; `null` where none are.
 * @see Wang et al., LocalMIM, 2023: {@link https://arxiv.org/abs/2303.05251}
 */
export function localMim(
  scope: VitScope,
  spec: ModelSpec,
  batch: BatchNodes,
  liveStages: readonly number[],
  samples: number,
  latentTap: number | null = null,
): LocalMimNodes {
  const live = liveStages.flatMap((index) => {
    const stage = spec.stages[index];
    return stage === undefined ? [] : [{ index, stage }];
  });
  const { images, idsKeep } = batch;
  const specs = live.map(({ stage }) => stage);
  // First, while there are no activations that would lie beside its gradients.
  const targets = stageTargets(scope.g, spec, images, specs);
  const features = latentTarget(scope, spec, images, latentTap);
  const encoding = encode(scope, spec, images, idsKeep);
  const stages = live.map(({ index, stage }, i) =>
    stageNodes(scope, spec, batch, samples, {
      index,
      stage,
      tapped: encoding.blocks[stage.tap] ?? -1,
      target: targets[i] ?? -1,
    })
  );
  const last = stages.find(({ index }) => index === spec.stages.length - 1);
  const decoded = last?.decoded ?? null;
  const given = { decoded, mask: batch.mask, target: features };
  const latent = latentNodes(scope, spec, given, samples);
  const loss = weightedSum(scope, spec, stages, latent, batch.stageWeights);
  return { ...encoding, stages, latent, loss };
}

/** Tensors that the forward pass of some stages declares. */
const declarations = memoized((
  spec: ModelSpec,
  liveStages: readonly number[],
): readonly ParameterSpec[] =>
  recorded<Owner>((scope) =>
    localMim(scope, spec, batchInputs(scope, spec, 1), liveStages, 1)
  ).parameters
);

const everyStage = ({ stages }: ModelSpec): readonly number[] =>
  stages.map((_, k) => k);

/**
 * Every trainable tensor of a model, shallow to deep: class token, patch
 * embedding, blocks, then norm and decoder of each stage.
 *
 * @returns Names, shapes, owners and first values.
 */
export function parameterSpecs(spec: ModelSpec): readonly ParameterSpec[] {
  return declarations(spec, everyStage(spec));
}

/**
 * First values of all parameters of a model, in the order of
 * {@link parameterSpecs}.
 *
 * Linear layers and the patch embedding start Xavier-uniform with bias 0,
 * convolutions uniform within `±1/√fanIn`, norms at 1 and 0, tokens normal with
 * deviation 0.02. Each tensor draws from a key of its own name: adding a stage
 * or a block changes no other tensor.
 *
 * @param spec Sizes of the model.
 * @param key Key of the random values.
 * @returns Values by parameter name, row-major in PyTorch's layouts.
 *
 * @see Glorot and Bengio, Understanding the difficulty of training deep
 * feedforward neural networks, 2010, eq. 16.
 */
export function initialParameters(
  spec: ModelSpec,
  key: Key,
): ReadonlyMap<string, Float32Array> {
  return initialTensors(parameterSpecs(spec), key);
}

/** A training step of a model. */
export interface StepSpec {
  /** Sizes. */
  readonly model: ModelSpec;
  /** Samples of one micro-batch. */
  readonly batch: number;
  /** Samples of a whole step: `batch` times the micro-batches. */
  readonly samples: number;
  /** Stages with a loss, in rising order. */
  readonly liveStages: readonly number[];
  /** True if the parameters of a part of the model are trained. */
  readonly isTrainable: (owner: Owner) => boolean;
  /** True if factors on the weights of the stages are an input (`STAGE_WEIGHTS`). */
  readonly isWeighted?: boolean;
  /** Block whose features are latent targets; `null`, or left out, where none are. */
  readonly latentTap?: number | null;
}

/** Name of the output that holds the unweighted loss of a stage. */
export function stageLossName(stage: number): string {
  return `loss/${stage}`;
}

/** Name of the output that holds the unweighted loss of latent targets. */
export const LATENT_LOSS = "loss/latent";

/** The parameters that a step trains: trainable parts, without stages that have no loss. */
export function trainableParameterNames(
  step: Pick<StepSpec, "model" | "liveStages" | "isTrainable">,
): readonly string[] {
  return declarations(step.model, step.liveStages)
    .filter(({ owner }) => step.isTrainable(owner)).map(({ name }) => name);
}

/**
 * Forward and backward pass of one micro-batch.
 *
 * Inputs: the parameters by name and the batch (`batchInputs`). Outputs: `loss`,
 * `loss/k` of each live stage `k`, `gradient/NAME` of each trained parameter,
 * `loss/latent` where latent targets act. The graph holds only nodes that an output needs: no gradient of a frozen layer, no
 * activation gradient inside the frozen prefix, no decoder or target of a stage
 * without a loss.
 *
 * @param step Model and trained layers of the step.
 * @param watch Further outputs to keep, for looking at activations.
 * @returns The graph, or where the sizes contradict each other.
 */
export function stepGraph(
  step: StepSpec,
  watch: (nodes: LocalMimNodes) => Readonly<Record<string, NodeId>> =
    () => ({}),
): Result<Faults, Graph> {
  return traceGraph(stepBuild(step, watch));
}

/** Writer of the graph of a step. */
function stepBuild(
  { model, batch, samples, liveStages, ...step }: StepSpec,
  watch: (nodes: LocalMimNodes) => Readonly<Record<string, NodeId>> =
    () => ({}),
): Build {
  return (g) => {
    const scope = modelScope<Owner>(g);
    const inputs = batchInputs(scope, model, batch, step.isWeighted);
    const nodes = localMim(
      ...[scope, model, inputs, liveStages, samples] as const,
      step.latentTap,
    );
    const { latent } = nodes;
    return {
      loss: nodes.loss,
      ...Object.fromEntries(
        nodes.stages.map(({ index, loss }) => [stageLossName(index), loss]),
      ),
      ...latent === null ? {} : { [LATENT_LOSS]: latent.loss },
      ...scope.gradients(
        nodes.loss,
        ({ owner }) => step.isTrainable(owner),
        latent === null ? [] : [latent.target],
      ),
      ...watch(nodes),
    };
  };
}

/** The graph of a step without the numbers of its constants: for its costs. */
export function stepShapes(step: StepSpec): Result<Faults, Graph> {
  return traceShapes(stepBuild(step));
}

/**
 * The forward pass of every stage, pruned or not.
 *
 * Inputs: the parameters and the batch (`batchInputs`). Outputs of each stage `k`:
 * `prediction/k` and `target/k`, `[B, (scale·G)², channels]`, and `loss/k`.
 */
export function reconstructionGraph(
  spec: ModelSpec,
  batch: number,
): Result<Faults, Graph> {
  return traceGraph((g) => {
    const scope = modelScope<Owner>(g);
    const inputs = batchInputs(scope, spec, batch);
    const { stages } = localMim(scope, spec, inputs, everyStage(spec), batch);
    return Object.fromEntries(
      stages.flatMap(({ index, prediction, target, loss }) => [
        [`prediction/${index}`, prediction],
        [`target/${index}`, target],
        [`loss/${index}`, loss],
      ]),
    );
  });
}
