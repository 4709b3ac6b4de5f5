/** Programs of one freeze phase. */
import type { Backend, Program } from "../../../backends/backend.ts";
import { verifyInt8 } from "../../../backends/program_inputs.ts";
import {
  averageName,
  type Averaging,
  CLIP_INPUT,
  type Faults,
  gradientSquares,
  type Graph,
  left,
  type NamedShape,
  type Phase,
  type Result,
  right,
  updateGraph,
} from "../../../core/mod.ts";
import type { TrainError } from "../../train_error.ts";
import { batchParts } from "./parts.ts";
import {
  disposeSegments,
  type Division,
  segmentGraphs,
  type SegmentProgram,
  segmentPrograms,
  segmentsOf,
} from "./segment_programs.ts";
import { compileAll, updateInPlace } from "../programs.ts";
import type { Task, TrainableParameter } from "../task.ts";
import { orBackendFailed } from "../tensors.ts";

/** Tensors that change in a phase. */
export interface PhaseTensors {
  /** The parameters that move. */
  readonly trainable: readonly TrainableParameter[];
  /** The running statistics that change. */
  readonly statistics: readonly NamedShape[];
}

/** Graphs of one phase, before a backend compiles them. */
export interface PhaseGraphs extends PhaseTensors {
  /** Losses, gradients and statistics of a part of a micro-batch. */
  readonly gradient: Graph;
  /** Sum of squares of each gradient, then of the statistics. */
  readonly squares: Graph;
  /** The optimizer step. */
  readonly update: Graph;
}

/** What the programs of a phase compute, however many they are. */
export interface PhaseWork extends PhaseTensors {
  /** The phase. */
  readonly phase: Phase;
  /** Name of the loss output of each live stage. */
  readonly stageLosses: Readonly<Record<number, string>>;
  /** Name of the loss output of latent targets, if there are any. */
  readonly latentLoss: string | null;
}

/** Programs for the sums over the micro-batches of a step. */
export interface SummingPrograms {
  /** Number of parts of a micro-batch, computed at one time. */
  readonly parts: number;
  /** Losses, gradients and statistics of a part of a micro-batch: programs that run one after another. */
  readonly segments: readonly SegmentProgram[];
  /** The running statistics among the outputs. */
  readonly statistics: readonly NamedShape[];
}

/** Compiled work of one phase. */
export interface PhasePrograms extends PhaseWork, SummingPrograms {
  /** Sum of squares of each gradient (`gradientSquares`), then of the statistics. */
  readonly squares: Program;
  /** The optimizer step; parameters, state and means that it gives replace those that it takes. */
  readonly update: Program;
}

/** Name of the scalar input with the rate of a layer; `null` is what no layer owns. */
export function rateName(layer: number | null): string {
  return `rate/${layer ?? "unfrozen"}`;
}

/** Running means are kept of all parameters; those of frozen ones converge. */
function averagingOf(
  task: Task<unknown>,
  trainable: readonly TrainableParameter[],
): Averaging | null {
  if (task.averageDecay === null) return null;
  const moving = new Set(trainable.map(({ name }) => name));
  const { parameters, averages } = task.stateShapes(0);
  const averaged = new Set(averages.map(({ name }) => name));
  const still = parameters.filter(({ name }) =>
    !moving.has(name) && averaged.has(averageName(name))
  );
  return { decay: task.averageDecay, still };
}

/** The optimizer step of the parameters that move. */
function updateOf(
  task: Task<unknown>,
  trainable: readonly TrainableParameter[],
): Result<Faults, Graph> {
  const clip = task.clipGrad === undefined ? {} : { clip: CLIP_INPUT };
  return updateGraph(
    task.optimizer,
    trainable.map(({ name, shape, decayed, rate }) => ({
      ...{ name, shape, decayed, rate: rate.name },
      ...clip,
    })),
    averagingOf(task, trainable),
  );
}

/**
 * Graphs of one phase of a training.
 *
 * @param parts In how many parts a micro-batch is computed; by default as a whole.
 * @returns The graphs; or faults of the sizes, or statistics that would have to be
 * added up over several micro-batches or parts.
 */
export function phaseGraphs(
  task: Task<unknown>,
  phase: Phase,
  parts = 1,
): Result<Faults, PhaseGraphs> {
  const { batchSize, accumIter } = task.training;
  const trainable = task.trainable(phase);
  const gradient = task.stepGraph(phase, batchSize / parts);
  if (gradient._tag === "Left") return gradient;
  const { outputs } = gradient.right;
  const statistics = task.stateShapes(phase.to).statistics
    .filter(({ name }) => Object.hasOwn(outputs, name));
  if (statistics.length > 0 && accumIter * parts > 1) {
    return left([{
      _tag: "Inconsistent",
      path: "training.accumIter",
      found: accumIter,
      wanted: "1, where normalisations use statistics of the batch",
    }]);
  }
  const squares = gradientSquares(trainable, statistics);
  if (squares._tag === "Left") return squares;
  const update = updateOf(task, trainable);
  return update._tag === "Left" ? update : right({
    trainable,
    statistics,
    gradient: gradient.right,
    squares: squares.right,
    update: update.right,
  });
}

/** What one phase computes, before a backend compiles it. */
export interface PlannedPhase extends PhaseWork, PhaseGraphs {
  /** Number of parts of a micro-batch, computed at one time. */
  readonly parts: number;
}

/**
 * Plans one phase on an engine.
 *
 * @param parts Parts of a micro-batch that are computed at one time; by default as many as pay.
 * @returns Its graphs, or why there are none: faults of the sizes, or products in 8-bit
 * integers that this engine has not or has wrongly.
 */
export async function planPhase(
  backend: Backend,
  task: Task<unknown>,
  phase: Phase,
  parts: number = batchParts(task, backend),
): Promise<Result<TrainError, PlannedPhase>> {
  const graphs = phaseGraphs(task, phase, parts);
  if (graphs._tag === "Left") {
    return left({ _tag: "BadConfig", faults: graphs.left });
  }
  if (task.int8 !== undefined) {
    const verified = orBackendFailed(await verifyInt8(backend));
    if (verified._tag === "Left") return verified;
  }
  const stageLosses = task.stageLosses(phase);
  const latentLoss = task.latentLoss?.(phase) ?? null;
  return right({ phase, stageLosses, latentLoss, parts, ...graphs.right });
}

/**
 * Compiles the programs of one phase.
 *
 * @param division Parts of a micro-batch, and segments of its gradient; by default as many
 * parts as pay, in one segment.
 * @returns The programs, or why the engine cannot run them; then nothing is held. An
 * engine without products in 8-bit integers, or with wrong ones on this processor, is
 * refused in every phase, if frozen blocks are to use them.
 */
export async function compilePhase(
  backend: Backend,
  task: Task<unknown>,
  phase: Phase,
  division: Division = {},
): Promise<Result<TrainError, PhasePrograms>> {
  const planned = await planPhase(backend, task, phase, division.parts);
  if (planned._tag === "Left") return planned;
  const { parts, trainable, statistics, ...losses } = planned.right;
  const { gradient, squares, update, stageLosses, latentLoss } = losses;
  const segments = segmentsOf(gradient, trainable, division.segments);
  const int8 = task.int8?.(phase) ?? [];
  const isGrown = phase.stepsAtOnce !== undefined;
  const isSummed = isGrown || task.training.accumIter * parts > 1;
  const graphs = segmentGraphs(segments, { parts, int8, isSummed, isGrown });
  if (graphs._tag === "Left") {
    return left({ _tag: "BadConfig", faults: graphs.left });
  }
  const compiled = await compileAll(backend, [
    { graph: squares },
    updateInPlace(update),
    ...graphs.right,
  ]);
  if (compiled._tag === "Left") return compiled;
  const [first, second, ...others] = compiled.right as readonly [
    Program,
    Program,
    ...Program[],
  ];
  return right({
    ...{ phase, trainable, statistics, stageLosses, latentLoss, parts },
    segments: segmentPrograms(segments, others),
    squares: first,
    update: second,
  });
}

/** Gives back what the programs hold. */
export function disposePhase(
  { segments, squares, update }: PhasePrograms,
): void {
  disposeSegments(segments);
  squares.dispose();
  update.dispose();
}
