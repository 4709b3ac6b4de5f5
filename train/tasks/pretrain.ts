/** Freezing-aware pre-training. */
import {
  encodePretrainConfig,
  type Faults,
  type FreezePlan,
  type Graph,
  initialParameters,
  isDecayed,
  isTrainable,
  LATENT_LOSS,
  latentTapAt,
  layerOfOwner,
  type Owner,
  type ParameterSpec,
  parameterSpecs,
  type Phase,
  phaseAt,
  type PretrainConfig,
  type Result,
  right,
  rootKey,
  split,
  STAGE_WEIGHTS,
  stageLossName,
  stepGraph,
  trainableParameterNames,
  weightsAt,
} from "../../core/mod.ts";
import { train, type TrainOptions } from "../engine/loop.ts";
import { rateName } from "../engine/step/phase.ts";
import { firstSnapshot, type Snapshot } from "../engine/state.ts";
import {
  type ActivationGraph,
  optimizerShapes,
  type Placed,
  type Task,
} from "../engine/task.ts";
import type { HostBatch } from "../engine/tensors.ts";
import type { Training } from "../engine/training.ts";
import { batchTensors } from "./batch_tensors.ts";
import { badSample, type TrainingBatch } from "./batch_images.ts";
import {
  blockActivations,
  blockOutputs,
  describePart,
  partsByName,
} from "./model_part.ts";
import { positionTables } from "./position_tables.ts";

/** Pre-training with its plan. */
export interface PretrainRun {
  /** Everything that determines the run but the images. */
  readonly config: PretrainConfig;
  /** Its plan. */
  readonly plan: FreezePlan;
}

/** The parameters that move in a phase. */
function trainableIn(
  { config: { model }, plan }: PretrainRun,
  phase: Phase,
): readonly ParameterSpec[] {
  const { liveStages } = phase;
  const moves: (owner: Owner) => boolean = isTrainable(plan, phase);
  const names = new Set(
    trainableParameterNames({ model, liveStages, isTrainable: moves }),
  );
  return parameterSpecs(model).filter(({ name }) => names.has(name));
}

/**
 * The parameters that the step before `step` updated; for step 0 those that the first will update.
 *
 * The optimizer state of a snapshot at `step` is of these.
 */
export function trainableParameters(
  config: PretrainConfig,
  plan: FreezePlan,
  step: number,
): readonly ParameterSpec[] {
  return trainableIn({ config, plan }, phaseAt(plan)(Math.max(0, step - 1)));
}

/**
 * The state before the first step.
 *
 * @param config The seed gives the first values; the optimizer starts at zero.
 */
export function initialSnapshot(
  config: PretrainConfig,
  plan: FreezePlan,
): Snapshot {
  const key = split(rootKey(config.training.seed), "parameters");
  const first = initialParameters(config.model, key);
  return firstSnapshot(pretrainTask({ config, plan }), first);
}

/** Forward and, for what trains, backward pass of a part of a micro-batch. */
function graphOf(
  { config: { model, training, curriculum }, plan }: PretrainRun,
  phase: Phase,
  batch: number,
  moves: (owner: Owner) => boolean,
  watch?: Parameters<typeof stepGraph>[1],
): Result<Faults, Graph> {
  const samples = training.batchSize * training.accumIter;
  const { liveStages } = phase;
  return stepGraph(
    {
      ...{ model, batch, samples, liveStages, isTrainable: moves },
      isWeighted: curriculum !== undefined,
      latentTap: latentTapAt(plan)(phase),
    },
    watch,
  );
}

/** The forward pass of a step, with what each block and each decoder gives as outputs. */
function forwardGraph(
  run: PretrainRun,
  phase: Phase,
  part: (owner: Owner) => string,
): ActivationGraph {
  const { model, training } = run.config;
  const { liveStages } = phase;
  const taps = liveStages.map((stage) => model.stages[stage]?.tap ?? 0);
  const named = (index: number) => `decoder.${index}`;
  return {
    graph: graphOf(
      ...[run, phase, training.batchSize, () => false] as const,
      ({ blocks, stages }) => ({
        ...blockOutputs(blocks),
        ...Object.fromEntries(
          stages.map(({ index, prediction }) => [named(index), prediction]),
        ),
      }),
    ),
    activations: [
      ...blockActivations(1 + Math.max(...taps), part),
      ...liveStages.map((index) => ({
        name: named(index),
        part: part({ _tag: "Stage", index }),
      })),
    ],
  };
}

/**
 * The matrices of frozen blocks, which are to be rounded: what is computed with them
 * must be of no interest to any gradient, so nothing before them may be trained.
 */
function roundedMatrices(
  { config: { model }, plan }: PretrainRun,
  phase: Phase,
): readonly string[] {
  const moves: (owner: Owner) => boolean = isTrainable(plan, phase);
  const isReached = moves({ _tag: "ClassToken" }) ||
    moves({ _tag: "PatchEmbed" });
  return isReached ? [] : parameterSpecs(model)
    .filter(({ owner, shape }) =>
      owner._tag === "Block" && !moves(owner) && shape.length === 2
    )
    .map(({ name }) => name);
}

/** Inputs of a micro-batch: images, masks, and the weights of the stages where they move. */
function inputsOf(
  { config: { model, training, curriculum }, plan }: PretrainRun,
  { item, epoch, place }: Placed<TrainingBatch>,
): HostBatch {
  const { seed, epochs, accumIter } = training;
  const batch = batchTensors(model, item, { seed, epoch });
  if (curriculum === undefined) return batch;
  const step = epoch * plan.totalSteps / epochs + Math.floor(place / accumIter);
  const [rows, stages] = [item.indices.length, model.stages.length];
  const weights = weightsAt(curriculum)(step / plan.totalSteps);
  const data = Float32Array.from(
    { length: rows * stages },
    (_, i) => weights[i % stages] ?? 0,
  );
  return { ...batch, [STAGE_WEIGHTS]: { shape: [rows, stages], data } };
}

/** Pre-training as a task of the engine. */
export function pretrainTask(run: PretrainRun): Task<TrainingBatch> {
  const { config, plan } = run;
  const { model, optimizer, training, clipGrad } = config;
  const specs = parameterSpecs(model);
  const part = (owner: Owner): string => describePart(plan, owner);
  const layerOf = layerOfOwner(plan);
  return {
    task: "pretrain",
    config: encodePretrainConfig(config),
    plan,
    optimizer,
    clipGrad,
    averageDecay: null,
    training,
    isDivisible: true,
    together: model.latent?.every ?? 1,
    takesLevels: true,
    get constants() {
      return positionTables(model);
    },
    stateShapes: (step) => ({
      parameters: specs,
      optimizer: optimizerShapes(
        optimizer,
        trainableParameters(config, plan, step),
      ),
      statistics: [],
      averages: [],
    }),
    stepGraph: (phase, samples) =>
      graphOf(run, phase, samples, isTrainable(plan, phase)),
    trainable: (phase) =>
      trainableIn(run, phase).map((spec) => {
        const layer = layerOf(spec.owner);
        const rate = { name: rateName(layer), layer, scale: 1 };
        return { ...spec, rate, decayed: isDecayed(spec) };
      }),
    stageLosses: ({ liveStages }) =>
      Object.fromEntries(liveStages.map((k) => [k, stageLossName(k)])),
    ...model.latent === undefined ? {} : {
      latentLoss: (phase) =>
        latentTapAt(plan)(phase) === null ? null : LATENT_LOSS,
    },
    inputs: (placed) => right(inputsOf(run, placed)),
    partOf: partsByName(specs, part),
    badSample,
    forwardGraph: (phase) => forwardGraph(run, phase, part),
    ...config.frozenPrecision === "int8"
      ? { int8: (phase) => roundedMatrices(run, phase) }
      : {},
  };
}

/**
 * Starts pre-training: `train` with `pretrainTask`.
 *
 * @param inputs Configuration, plan, engine, images and starting point.
 * @returns The run; nothing is computed before it is iterated.
 *
 * @example Four steps on eight images; four layers freeze before the last
 * ```ts
 * import { DEFAULT_PRETRAIN_CONFIG, embeddedFashionMnist, initialSnapshot, loadBatches, MODEL_PRESETS, orThrow, planOf, pretraining, rootKey, selectBackend, shareSource, trainTransform } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const model = MODEL_PRESETS.nano;
 * const training = { epochs: 2, warmupEpochs: 0, batchSize: 4, accumIter: 1, seed: 0 };
 * const config = { ...DEFAULT_PRETRAIN_CONFIG, model, training };
 *
 * const source = orThrow(shareSource(orThrow(await embeddedFashionMnist()), 8, rootKey(0)));
 * const transform = orThrow(trainTransform({ ...model, normalization: source.normalization }));
 * const plan = orThrow(planOf(config, source.length));
 * const { backend } = orThrow(await selectBackend("cpu"));
 *
 * const run = pretraining({
 *   config,
 *   plan,
 *   backend,
 *   batches: (epoch, fromBatch) => loadBatches({ source, transform, ...training, epoch, fromBatch }),
 *   start: initialSnapshot(config, plan),
 * });
 * const frozen: number[] = [];
 * for await (const report of run) frozen.push(orThrow(report).frozenLayers);
 * run.dispose();
 *
 * deepStrictEqual(frozen, [0, 0, 0, 4]);
 * ```
 */
export function pretraining(
  inputs: PretrainRun & TrainOptions<TrainingBatch>,
): Training {
  return train(pretrainTask(inputs), inputs);
}
