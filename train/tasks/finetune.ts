/** Fine-tuning of an encoder with its head. */
import {
  averageName,
  classifierParameters,
  classifierStepGraph,
  epochKey,
  type Faults,
  type FinetuneConfig,
  type FreezePlan,
  type Graph,
  gridSize,
  initialValues,
  isTrainable,
  layerDecay,
  layerOfOwner,
  type Owner,
  type Phase,
  phaseAt,
  type Result,
  right,
  rootKey,
  sinCosPositions,
  split,
} from "../../core/mod.ts";
import { rateName } from "../engine/step/phase.ts";
import { firstSnapshot, type Snapshot } from "../engine/state.ts";
import {
  type ActivationGraph,
  optimizerShapes,
  type Placed,
  type Task,
  type TrainableParameter,
} from "../engine/task.ts";
import type { HostBatch, HostTensors } from "../engine/tensors.ts";
import type { TrainError } from "../train_error.ts";
import { badSample, imageInput, type TrainingBatch } from "./batch_images.ts";
import { checkedLabels } from "./image_batches.ts";
import { branchFactors, drawMixing, mixImages, mixTargets } from "./mixing.ts";
import {
  blockActivations,
  blockOutputs,
  describePart,
  partsByName,
} from "./model_part.ts";

/** Fine-tuning with its plan. */
export interface FinetuneRun {
  /** Everything that determines it but the images. */
  readonly config: FinetuneConfig;
  /** Its plan, `finetunePlan`. */
  readonly plan: FreezePlan;
}

/** The parameters that move in a phase, with their rates and decay. */
function trainableParameters(
  { config, plan }: FinetuneRun,
  phase: Phase,
): readonly TrainableParameter[] {
  const { model: { depth }, rate } = config;
  const layerOf = layerOfOwner(plan);
  const moves: (owner: Owner) => boolean = isTrainable(plan, phase);
  const all = classifierParameters(config);
  const decays = layerDecay(all, depth, rate.layerDecay);
  return all.flatMap((parameter, i) => {
    const { rateScale: scale = 1, decayed = false } = decays[i] ?? {};
    const layer = layerOf(parameter.owner);
    const rate = { name: `${rateName(layer)}/${scale}`, layer, scale };
    return moves(parameter.owner) ? [{ ...parameter, decayed, rate }] : [];
  });
}

/**
 * Inputs of the step graph: mixed images and classes, and which branches are dropped.
 * All randomness follows from seed, epoch, the number of the batch and the samples in it.
 *
 * @returns Tensors by name, or the first sample that has no class.
 */
function finetuneTensors(
  config: FinetuneConfig,
  { item, epoch, place }: Placed<TrainingBatch>,
): Result<TrainError, HostBatch> {
  const { model, classes, mixing, dropPath, training: { seed } } = config;
  const labels = checkedLabels(item, classes);
  if (labels._tag === "Left") return labels;
  const key = split(split(epochKey(seed, epoch), "mixing"), place);
  const mixed = drawMixing(mixing, model.imageSize, key);
  const smoothing = mixing.labelSmoothing;
  const targets = mixTargets(mixed, labels.right, classes, smoothing);
  const { indices, shape } = item;
  const size = indices.length;
  const branches = () =>
    branchFactors(dropPath, model.depth, indices, { seed, epoch });
  return right({
    images: imageInput(shape, mixImages(mixed, item)),
    targets: { shape: [size, classes], data: targets },
    ...dropPath > 0
      ? { branches: { shape: [size, 2 * model.depth], data: branches() } }
      : {},
  });
}

/**
 * The state before the first step: an encoder with a new norm and head.
 *
 * @param encoder Parameters of the encoder by name; positions are the fixed ones if it has none of its own, and what else is missing starts as the seed says.
 */
export function initialFinetune(
  run: FinetuneRun,
  encoder: HostTensors,
): Snapshot {
  const { model, training: { seed } } = run.config;
  const key = split(rootKey(seed), "classifier");
  const fixed = sinCosPositions(model.embedDim, gridSize(model));
  const first = classifierParameters(run.config).map((parameter) => {
    const { name } = parameter;
    const start = name === "pos_embed"
      ? Float32Array.from(fixed)
      : initialValues(parameter, split(key, name));
    return [name, encoder.get(name) ?? start] as const;
  });
  return firstSnapshot(finetuneTask(run), new Map(first));
}

/** Forward and, for what trains, backward pass of a part of a micro-batch. */
function graphOf(
  { config }: FinetuneRun,
  batch: number,
  moves: (owner: Owner) => boolean,
  watch?: Parameters<typeof classifierStepGraph>[1],
): Result<Faults, Graph> {
  const { model, classes, training, dropPath } = config;
  const samples = training.batchSize * training.accumIter;
  const sizes = { model, classes, batch, samples, dropPath: dropPath > 0 };
  return classifierStepGraph({ ...sizes, isTrainable: moves }, watch);
}

/** The forward pass of a step, with what each block and the head give as outputs. */
function forwardGraph(
  run: FinetuneRun,
  part: (owner: Owner) => string,
): ActivationGraph {
  const { model: { depth }, training } = run.config;
  const head = { name: "head", part: part({ _tag: "Stage", index: 0 }) };
  return {
    graph: graphOf(
      ...[run, training.batchSize, () => false] as const,
      ({ blocks, scores }) => ({ ...blockOutputs(blocks), head: scores }),
    ),
    activations: [...blockActivations(depth, part), head],
  };
}

/**
 * Fine-tuning as a task of the engine: AdamW with layer-wise rate decay, soft cross
 * entropy, mixup and CutMix, stochastic depth; layers freeze as the plan says.
 */
export function finetuneTask(run: FinetuneRun): Task<TrainingBatch> {
  const { config, plan } = run;
  const { optimizer, clipGrad, emaDecay, training } = config;
  const parameters = classifierParameters(config);
  const part = (owner: Owner): string =>
    describePart(plan, owner, () => "norm and head");
  const averages = parameters.map(({ name, shape }) => ({
    name: averageName(name),
    shape,
  }));
  return {
    task: "finetune",
    config,
    plan,
    training,
    optimizer,
    clipGrad,
    averageDecay: emaDecay,
    isDivisible: true,
    mixes: config.mixing.mixupAlpha > 0 || config.mixing.cutmixAlpha > 0,
    takesLevels: true,
    stateShapes: (step) => {
      const phase = phaseAt(plan)(Math.max(0, step - 1));
      return {
        parameters,
        optimizer: optimizerShapes(optimizer, trainableParameters(run, phase)),
        statistics: [],
        averages: emaDecay === null ? [] : averages,
      };
    },
    stepGraph: (phase, samples) =>
      graphOf(run, samples, isTrainable(plan, phase)),
    trainable: (phase) => trainableParameters(run, phase),
    stageLosses: () => ({}),
    inputs: (placed) => finetuneTensors(config, placed),
    partOf: partsByName(parameters, part),
    badSample,
    forwardGraph: () => forwardGraph(run, part),
  };
}
