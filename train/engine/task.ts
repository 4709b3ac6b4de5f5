/** Interface of one kind of training: data and pure functions, no state. */
import {
  type Faults,
  type FreezePlan,
  type Graph,
  type NamedShape,
  type Phase,
  type Result,
  type Shape,
  sizeOf,
  stateKinds,
  stateName,
  type Stride,
  strideAt,
  type UpdateRule,
} from "../../core/mod.ts";
import type { TrainError } from "../train_error.ts";
import type { HostBatch } from "./tensors.ts";

/** Tensors of a training's state by what they are, each list in the order of the forward pass. */
export interface StateShapes {
  /** Parameters, frozen or not. */
  readonly parameters: readonly NamedShape[];
  /** Optimizer state of the parameters that the last step updated. */
  readonly optimizer: readonly NamedShape[];
  /** Running statistics of normalisations. */
  readonly statistics: readonly NamedShape[];
  /** Running means of the parameters, named by `averageName`. */
  readonly averages: readonly NamedShape[];
}

/** A constant tensor in main memory. */
export interface ConstantTensor {
  /** Extents, outermost first. */
  readonly shape: Shape;
  /** The numbers, row-major. */
  readonly data: Float32Array;
}

/**
 * Identity of a training for its files: which training it is and which tensors
 * belong to its state.
 */
export interface TrainingIdentity {
  /** Kind of training, for example `pretrain`; it stands in `run.json`. */
  readonly task: string;
  /** Everything that determines the training but the images, in its JSON form. */
  readonly config: unknown;
  /** Plan of the training. */
  readonly plan: FreezePlan<unknown>;
  /** Lengths of the training. */
  readonly training: {
    /** Passes over the samples. */
    readonly epochs: number;
    /** Samples of a micro-batch. */
    readonly batchSize: number;
    /** Micro-batches of an optimizer step. */
    readonly accumIter: number;
  };
  /**
   * Tensors of the state after `step` steps.
   *
   * @param step Steps done, from 0 to `plan.totalSteps`.
   */
  stateShapes(step: number): StateShapes;
  /** Constant tensors that other programs expect beside the parameters, if there are any. */
  readonly constants?: ReadonlyMap<string, ConstantTensor>;
}

/** Learning rate that some parameters share: the rate of a layer times a factor. */
export interface RateGroup {
  /** Name of the scalar input of the update program. */
  readonly name: string;
  /** Layer of the plan; `null` for parameters that no layer owns. */
  readonly layer: number | null;
  /** Factor on the layer's rate. */
  readonly scale: number;
}

/** A parameter that moves in a phase. */
export interface TrainableParameter extends NamedShape {
  /** Its learning rate. */
  readonly rate: RateGroup;
  /** True if weight decay applies to it. */
  readonly decayed: boolean;
}

/** A micro-batch and its place in the training: all that its randomness depends on. */
export interface Placed<Item> {
  /** The micro-batch. */
  readonly item: Item;
  /** Epoch, from 0. */
  readonly epoch: number;
  /** Number of the micro-batch in its epoch, from 0. */
  readonly place: number;
}

/** A forward pass whose activations are outputs. */
export interface ActivationGraph {
  /** The pass over a whole micro-batch; the inputs are those of the step graph. */
  readonly graph: Result<Faults, Graph>;
  /** Its outputs in the order of the pass, and the part of the model that each belongs to. */
  readonly activations: readonly {
    readonly name: string;
    readonly part: string;
  }[];
}

/** One kind of training with its configuration and plan. */
export interface Task<Item> extends TrainingIdentity {
  /** Update rule. */
  readonly optimizer: UpdateRule;
  /** Longest gradient, all parameters together; absent without clipping. */
  readonly clipGrad?: number | undefined;
  /** Part of a running mean of the parameters that stays in a step; `null` without means. */
  readonly averageDecay: number | null;
  /** True if a micro-batch may be computed in parts: not where its statistics are those of the whole. */
  readonly isDivisible: boolean;
  /**
   * Samples that stay together: parts of a micro-batch, which is a multiple of so many, are
   * multiples too; 1 by default.
   */
  readonly together?: number;
  /**
   * The task as one of several ranks computes it, where that is another than with fewer
   * samples: its graphs may hold sums over ranks.
   */
  overRanks?(ranks: number): Task<Item>;
  /** True if `inputs` mixes each sample of a micro-batch with its partner in opposite order. */
  readonly mixes?: boolean;
  /** True if samples may have their pixels as levels (`PixelForm`); by default they are numbers. */
  readonly takesLevels?: boolean;
  /**
   * Forward and backward pass of a part of a micro-batch.
   *
   * Outputs: `loss`, the losses named by `stageLosses`, one gradient for each of `trained`
   * under `gradientName`, and the running statistics of what trains under their own names.
   * Losses and gradients of the parts of a step are added up.
   *
   * @param phase Phase of the plan.
   * @param samples Samples of the part.
   */
  stepGraph(phase: Phase, samples: number): Result<Faults, Graph>;
  /** Parameters that move in a phase, in the order of the forward pass. */
  trainable(phase: Phase): readonly TrainableParameter[];
  /** Name of the loss output of each live stage, if there are any beside `loss`. */
  stageLosses(phase: Phase): Readonly<Record<number, string>>;
  /** Name of the loss output of latent targets; `null` in phases without, absent if there never are any. */
  latentLoss?(phase: Phase): string | null;
  /**
   * Inputs of the step graph, beside its state; each has one row for each sample.
   *
   * @param placed The micro-batch.
   * @returns Tensors by name, or why there are none.
   */
  inputs(placed: Placed<Item>): Result<TrainError, HostBatch>;
  /** Part of the model that a tensor of the state belongs to and its layer, in words. */
  partOf(name: string): string;
  /** Number of the first sample with a number that is not finite, or `null`. */
  badSample(item: Item): string | null;
  /** Forward pass that shows where a number first is not finite, if there is one. */
  forwardGraph?(phase: Phase): ActivationGraph;
  /** Frozen matrices whose products are computed in 8-bit integers; absent if none ever are. */
  int8?(phase: Phase): readonly string[];
}

/** Optimizer state of parameters. */
export function optimizerShapes(
  rule: UpdateRule,
  parameters: readonly NamedShape[],
): readonly NamedShape[] {
  return parameters.flatMap(({ name, shape }) =>
    stateKinds(rule).map((kind) => ({ name: stateName(kind, name), shape }))
  );
}

/**
 * Bytes of the gradients of a step, which are all that ranks add up: four for each number
 * of the parameters that move in its phase.
 */
export function gradientBytes(
  { trainable }: Pick<Task<unknown>, "trainable">,
  phase: Phase,
): number {
  return 4 *
    trainable(phase).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/**
 * The steps of the plan that are taken at once from one of them on: those of its stride
 * (`strideAt`) that are still to come.
 */
export function strideFrom(
  identity: Pick<TrainingIdentity, "plan" | "training">,
  step: number,
): Stride {
  return { ...strideAt(identity.plan, epochSteps(identity))(step), from: step };
}

/** Optimizer steps of an epoch. */
export function epochSteps(
  { plan, training }: Pick<TrainingIdentity, "plan" | "training">,
): number {
  return plan.totalSteps / training.epochs;
}
