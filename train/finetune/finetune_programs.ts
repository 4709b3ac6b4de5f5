/**
 * The programs of one freeze phase of fine-tuning.
 *
 * @module
 */
import type { Backend, Program } from "../../backends/backend.ts";
import {
  averageName,
  type Averaging,
  classifierParameters,
  classifierStepGraph,
  type Faults,
  type FinetuneConfig,
  type FreezePlan,
  gradientSquares,
  type Graph,
  isTrainable,
  layerDecay,
  layerOfOwner,
  left,
  type ParameterSpec,
  type Phase,
  phaseAt,
  type Result,
  right,
  type Shape,
  stateKinds,
  stateName,
  updateGraph,
} from "../../core/mod.ts";
import { compileAll, sumInPlace, updateInPlace } from "../compile_all.ts";
import type { HealthCheck, Watched } from "../gradient_health.ts";
import { describePart } from "../origin.ts";
import type { TrainError } from "../train_error.ts";
import { clippedBy } from "../update_scalars.ts";

/** Fine-tuning with its plan. */
export interface FinetuneIdentity {
  /** Everything that determines it but the images. */
  readonly config: FinetuneConfig;
  /** Its plan, `finetunePlan`. */
  readonly plan: FreezePlan;
}

/** A learning rate that some parameters share: that of a layer times a factor. */
export interface GroupRate {
  /** Name of the scalar input. */
  readonly name: string;
  /** Layer of the plan; `null` is what no layer owns. */
  readonly layer: number | null;
  /** Factor on the layer's rate. */
  readonly scale: number;
}

/** A parameter that moves, and how. */
export interface TunedParameter extends ParameterSpec {
  /** Whether weight decay applies. */
  readonly decayed: boolean;
  /** Its rate. */
  readonly group: GroupRate;
}

/** Compiled work of one phase. */
export interface FinetunePrograms extends HealthCheck {
  /** The phase. */
  readonly phase: Phase;
  /** The parameters that move in it. */
  readonly tuned: readonly TunedParameter[];
  /** Loss and gradients of a micro-batch. */
  readonly gradient: Program;
  /** Adds the outputs of two micro-batches, if a step has several. */
  readonly sum: Program | null;
  /** Sum of squares of each gradient, in the order of `tuned`. */
  readonly squares: Program;
  /** The optimizer step; what it gives replaces what it takes. */
  readonly update: Program;
}

/**
 * The parameters that move in a phase, with their rates and decay.
 *
 * @param run Configuration and plan.
 * @param phase The phase.
 */
export function tunedParameters(
  { config, plan }: FinetuneIdentity,
  phase: Phase,
): readonly TunedParameter[] {
  const { model: { depth }, rate } = config;
  const [layerOf, moves] = [layerOfOwner(plan), isTrainable(plan, phase)];
  const all = classifierParameters(config);
  const decays = layerDecay(all, depth, rate.layerDecay);
  return all.flatMap((parameter, i) => {
    const { rateScale: scale = 1, decayed = false } = decays[i] ?? {};
    const layer = layerOf(parameter.owner);
    const name = `rate/${layer ?? "unfrozen"}/${scale}`;
    return moves(parameter.owner)
      ? [{ ...parameter, decayed, group: { name, layer, scale } }]
      : [];
  });
}

/**
 * Shapes of all that a snapshot after `step` steps holds: every parameter, the
 * optimizer's state of those that the last step moved, and the running means if they
 * are kept.
 *
 * @param run Configuration and plan.
 * @param step Steps done.
 */
export function finetuneShapes(
  run: FinetuneIdentity,
  step: number,
): Readonly<Record<string, Shape>> {
  const { config, plan } = run;
  const phase = phaseAt(plan)(Math.max(0, step - 1));
  const all = classifierParameters(config);
  return Object.fromEntries([
    ...all.map(({ name, shape }) => [name, shape]),
    ...config.emaDecay === null
      ? []
      : all.map(({ name, shape }) => [averageName(name), shape]),
    ...tunedParameters(run, phase).flatMap(({ name, shape }) =>
      stateKinds(config.optimizer).map((kind) => [stateName(kind, name), shape])
    ),
  ]);
}

/** Means are kept of all parameters, those of frozen ones come to rest. */
function averagingOf(
  config: FinetuneConfig,
  tuned: readonly TunedParameter[],
): Averaging | null {
  const { emaDecay: decay } = config;
  if (decay === null) return null;
  const moving = new Set(tuned.map(({ name }) => name));
  const all = classifierParameters(config);
  return { decay, still: all.filter(({ name }) => !moving.has(name)) };
}

/** The optimizer step of the parameters that move. */
const updateOf = (
  config: FinetuneConfig,
  tuned: readonly TunedParameter[],
): Result<Faults, Graph> =>
  updateGraph(
    config.optimizer,
    tuned.map(({ name, shape, decayed, group }) => ({
      name,
      shape,
      decayed,
      rate: group.name,
      ...clippedBy(config),
    })),
    averagingOf(config, tuned),
  );

/** The gradients that are looked at; the one stage of the plan is the head. */
const watchedIn = (
  { plan }: FinetuneIdentity,
  tuned: readonly TunedParameter[],
): readonly Watched[] =>
  tuned.map(({ name, owner }) => ({
    kind: "gradient",
    name,
    part: describePart(plan, owner, () => "norm and head"),
  }));

/**
 * Compiles the programs of one phase.
 *
 * @param backend Where they run.
 * @param run Configuration and plan.
 * @param phase The phase.
 * @returns The programs, or why the engine cannot run them; then nothing is held.
 */
export async function compileFinetune(
  backend: Backend,
  run: FinetuneIdentity,
  phase: Phase,
): Promise<Result<TrainError, FinetunePrograms>> {
  const { config, plan } = run;
  const { batchSize: batch, accumIter } = config.training;
  const tuned = tunedParameters(run, phase);
  const graph = classifierStepGraph({
    ...config,
    batch,
    samples: batch * accumIter,
    dropPath: config.dropPath > 0,
    isTrainable: isTrainable(plan, phase),
  });
  if (graph._tag === "Left") {
    return left({ _tag: "BadConfig", faults: graph.left });
  }
  const compiled = await compileAll(backend, [
    { graph },
    { graph: gradientSquares(tuned) },
    updateInPlace(updateOf(config, tuned)),
    ...accumIter > 1 ? [sumInPlace(graph.right)] : [],
  ]);
  if (compiled._tag === "Left") return compiled;
  const [gradient, squares, update, sum = null] = compiled.right as readonly [
    Program,
    Program,
    Program,
    Program?,
  ];
  const watched = watchedIn(run, tuned);
  return right({ phase, tuned, watched, gradient, squares, update, sum });
}

/** Gives back what the programs hold. */
export function disposeFinetune(
  { gradient, squares, update, sum }: FinetunePrograms,
): void {
  for (const program of [gradient, squares, update, sum]) program?.dispose();
}
