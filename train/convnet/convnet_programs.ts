/**
 * The programs of one freeze phase of a convolutional network.
 *
 * @module
 */
import type { Backend, Program } from "../../backends/backend.ts";
import {
  type ConvNetConfig,
  type ConvNetPlan,
  convNetStepGraph,
  type ConvNetTensor,
  convNetTensors,
  gradientSquares,
  type Phase,
  phaseAt,
  type Result,
  right,
  type Shape,
  stateKinds,
  stateName,
  updateGraph,
} from "../../core/mod.ts";
import { compileAll, updateInPlace } from "../compile_all.ts";
import type { HealthCheck, Watched } from "../gradient_health.ts";
import { rateName } from "../engine/phase.ts";
import type { TrainError } from "../train_error.ts";
import { clippedBy } from "../update_scalars.ts";

/** Training of a network with its plan. */
export interface ConvNetIdentity {
  /** Everything that determines it but the images. */
  readonly config: ConvNetConfig;
  /** Its plan, `convNetPlan`. */
  readonly plan: ConvNetPlan;
}

/** Compiled work of one phase. */
export interface ConvNetPrograms extends HealthCheck {
  /** The phase. */
  readonly phase: Phase;
  /** Loss, gradients and running statistics of a batch. */
  readonly gradient: Program;
  /** Sum of squares of each gradient and of the running statistics that change. */
  readonly squares: Program;
  /** The optimizer step; what it gives replaces what it takes. */
  readonly update: Program;
}

/** The parameters that move in a phase: those of layers that are not frozen. */
export function learningParameters(
  { config }: ConvNetIdentity,
  { frozenLayers }: Phase,
): readonly ConvNetTensor[] {
  return convNetTensors(config.model).parameters
    .filter(({ layer }) => layer >= frozenLayers);
}

/** The running statistics that change in a phase: those of layers that are not frozen. */
function learningStatistics(
  { config }: ConvNetIdentity,
  { frozenLayers }: Phase,
): readonly ConvNetTensor[] {
  return convNetTensors(config.model).statistics
    .filter(({ layer }) => layer >= frozenLayers);
}

/**
 * Shapes of all that a snapshot after `step` steps holds: every tensor of the network,
 * and the optimizer's state of the parameters that the last step moved.
 *
 * @param run Configuration and plan.
 * @param step Steps done.
 */
export function convNetShapes(
  run: ConvNetIdentity,
  step: number,
): Readonly<Record<string, Shape>> {
  const { config, plan } = run;
  const { parameters, statistics } = convNetTensors(config.model);
  const moved = learningParameters(run, phaseAt(plan)(Math.max(0, step - 1)));
  return Object.fromEntries([
    ...[...parameters, ...statistics].map(({ name, shape }) => [name, shape]),
    ...moved.flatMap(({ name, shape }) =>
      stateKinds(config.optimizer).map((kind) => [stateName(kind, name), shape])
    ),
  ]);
}

/** What of a step is looked at: the gradients, and the running statistics that it gives. */
function watchedIn(
  { plan: { layers } }: ConvNetIdentity,
  moved: readonly ConvNetTensor[],
  statistics: readonly ConvNetTensor[],
): readonly Watched[] {
  const watched =
    (kind: Watched["kind"]) => ({ name, layer }: ConvNetTensor): Watched => ({
      kind,
      name,
      part: `${layers[layer]?.name}, layer ${layer}`,
    });
  return [
    ...moved.map(watched("gradient")),
    ...statistics.map(watched("statistics")),
  ];
}

/**
 * Compiles the programs of one phase. Weight decay applies to every parameter, those of
 * normalisations and biases too, as it does in FreezeOut.
 *
 * @param backend Where they run.
 * @param run Configuration and plan.
 * @param phase The phase.
 * @returns The programs, or why the engine cannot run them; then nothing is held.
 */
export async function compileConvNet(
  backend: Backend,
  run: ConvNetIdentity,
  phase: Phase,
): Promise<Result<TrainError, ConvNetPrograms>> {
  const { config } = run;
  const graph = convNetStepGraph({
    ...config.model,
    batch: config.training.batchSize,
    firstTrained: phase.frozenLayers,
  });
  const moved = learningParameters(run, phase);
  const statistics = learningStatistics(run, phase);
  const update = updateGraph(
    config.optimizer,
    moved.map(({ name, shape, layer }) => ({
      name,
      shape,
      decayed: true,
      rate: rateName(layer),
      ...clippedBy(config),
    })),
  );
  const compiled = await compileAll(backend, [
    { graph },
    { graph: gradientSquares(moved, statistics) },
    updateInPlace(update),
  ]);
  if (compiled._tag === "Left") return compiled;
  const [gradient, squares, last] = compiled.right as readonly [
    Program,
    Program,
    Program,
  ];
  const watched = watchedIn(run, moved, statistics);
  return right({ phase, watched, gradient, squares, update: last });
}

/** Gives back what the programs hold. */
export function disposeConvNet(
  { gradient, squares, update }: ConvNetPrograms,
): void {
  for (const program of [gradient, squares, update]) program.dispose();
}
