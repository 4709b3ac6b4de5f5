/**
 * The programs of one freeze phase.
 *
 * @module
 */
import type { Backend, Program } from "../backends/backend.ts";
import {
  type Faults,
  type FreezePlan,
  gradientSquares,
  type Graph,
  isDecayed,
  isTrainable,
  layerOfOwner,
  left,
  type Owner,
  type ParameterSpec,
  parameterSpecs,
  type Phase,
  type PretrainConfig,
  type Result,
  right,
  stepGraph,
  trainedParameters,
  updateGraph,
} from "../core/mod.ts";
import { verifyInt8 } from "../backends/mod.ts";
import { batchParts } from "./batch_parts.ts";
import { compileAll, sumInPlace, updateInPlace } from "./compile_all.ts";
import { orBackendFailed } from "./run_graph.ts";
import type { TrainError } from "./train_error.ts";
import { clippedBy } from "./update_scalars.ts";

/** Compiled work of one phase. */
export interface PhasePrograms {
  /** The phase. */
  readonly phase: Phase;
  /** The parameters that move in it. */
  readonly trained: readonly ParameterSpec[];
  /** In how many parts a micro-batch is computed, all at one time. */
  readonly parts: number;
  /** Losses and gradients of a part of a micro-batch. */
  readonly gradient: Program;
  /** Adds the outputs of two parts, if a step has several. */
  readonly sum: Program | null;
  /** Sum of squares of each gradient (`gradientSquares`), in the order of `trained`. */
  readonly squares: Program;
  /** The optimizer step; parameters and state that it gives replace those that it takes. */
  readonly update: Program;
}

/** Name of the scalar input with the rate of a layer; `null` is what no layer owns. */
export function rateName(layer: number | null): string {
  return `rate/${layer ?? "unfrozen"}`;
}

/** Graphs of one phase, before a backend compiles them. */
export interface PhaseGraphs {
  /** The parameters that move. */
  readonly trained: readonly ParameterSpec[];
  /** Losses and gradients of a part of a micro-batch. */
  readonly gradient: Graph;
  /** Sum of squares of each gradient. */
  readonly squares: Graph;
  /** The optimizer step. */
  readonly update: Graph;
}

/**
 * Graphs of one phase of a plan.
 *
 * @param config Model, optimizer and batch sizes.
 * @param plan Which layers move and which stages live.
 * @param phase The phase.
 * @param parts In how many parts a micro-batch is computed; by default as a whole.
 */
export function phaseGraphs(
  config: PretrainConfig,
  plan: FreezePlan,
  phase: Phase,
  parts = 1,
): Result<Faults, PhaseGraphs> {
  const { batchSize, accumIter } = config.training;
  const moves: (owner: Owner) => boolean = isTrainable(plan, phase);
  const step = {
    model: config.model,
    batch: batchSize / parts,
    samples: batchSize * accumIter,
    liveStages: phase.liveStages,
    isTrainable: moves,
  };
  const names = new Set(trainedParameters(step));
  const trained = parameterSpecs(config.model).filter(({ name }) =>
    names.has(name)
  );
  const gradient = stepGraph(step);
  if (gradient._tag === "Left") return gradient;
  const squares = gradientSquares(trained);
  if (squares._tag === "Left") return squares;
  const update = updateGraph(
    config.optimizer,
    trained.map((spec) => ({
      name: spec.name,
      shape: spec.shape,
      decayed: isDecayed(spec),
      rate: rateName(layerOfOwner(plan)(spec.owner)),
      ...clippedBy(config),
    })),
  );
  return update._tag === "Left" ? update : right({
    trained,
    gradient: gradient.right,
    squares: squares.right,
    update: update.right,
  });
}

/**
 * The matrices of frozen blocks, if they are to be rounded: what is computed with them
 * must be of no interest to any gradient, so nothing before them may be trained.
 */
function roundedMatrices(
  { model, frozenPrecision }: PretrainConfig,
  moves: (owner: Owner) => boolean,
): readonly string[] {
  const isReached = moves({ _tag: "ClassToken" }) ||
    moves({ _tag: "PatchEmbed" });
  if (frozenPrecision !== "int8" || isReached) return [];
  return parameterSpecs(model)
    .filter(({ owner, shape }) =>
      owner._tag === "Block" && !moves(owner) && shape.length === 2
    )
    .map(({ name }) => name);
}

/**
 * Compiles the programs of one phase.
 *
 * @param backend Where they run.
 * @param config Model, optimizer and batch sizes.
 * @param plan The plan.
 * @param phase The phase.
 * @returns The programs, or why the engine cannot run them. An engine without products
 * in 8-bit integers, or with wrong ones on this processor, is refused in every phase, if
 * frozen blocks are to use them.
 */
export async function compilePhase(
  backend: Backend,
  config: PretrainConfig,
  plan: FreezePlan,
  phase: Phase,
): Promise<Result<TrainError, PhasePrograms>> {
  const parts = batchParts(config, backend);
  const graphs = phaseGraphs(config, plan, phase, parts);
  if (graphs._tag === "Left") {
    return left({ _tag: "BadConfig", faults: graphs.left });
  }
  if (config.frozenPrecision === "int8") {
    const verified = orBackendFailed(await verifyInt8(backend));
    if (verified._tag === "Left") return verified;
  }
  const { trained, gradient, squares, update } = graphs.right;
  const programs = await compileAll(backend, [
    {
      graph: right(gradient),
      int8: roundedMatrices(config, isTrainable(plan, phase)),
      atOnce: parts,
    },
    { graph: right(squares) },
    updateInPlace(right(update)),
    ...config.training.accumIter * parts > 1 ? [sumInPlace(gradient)] : [],
  ]);
  if (programs._tag === "Left") return programs;
  const [first, second, third, sum = null] = programs.right as readonly [
    Program,
    Program,
    Program,
    Program?,
  ];
  return right({
    phase,
    trained,
    parts,
    gradient: first,
    squares: second,
    update: third,
    sum,
  });
}

/** Gives back what the programs hold. */
export function disposePhase(programs: PhasePrograms): void {
  programs.gradient.dispose();
  programs.squares.dispose();
  programs.update.dispose();
  programs.sum?.dispose();
}
