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
  type Phase,
  phaseAt,
  type Result,
  right,
  type Shape,
  stateKinds,
  stateName,
} from "../../core/mod.ts";
import { compileUpdate } from "../compile_update.ts";
import { rateName } from "../phase_programs.ts";
import { compileGraph } from "../run_graph.ts";
import type { TrainError } from "../train_error.ts";

/** Training of a network with its plan. */
export interface ConvNetIdentity {
  /** Everything that determines it but the images. */
  readonly config: ConvNetConfig;
  /** Its plan, `convNetPlan`. */
  readonly plan: ConvNetPlan;
}

/** Compiled work of one phase. */
export interface ConvNetPrograms {
  /** The phase. */
  readonly phase: Phase;
  /** Loss, gradients and running statistics of a batch. */
  readonly gradient: Program;
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
  const { model, optimizer, training } = run.config;
  const graph = convNetStepGraph({
    ...model,
    batch: training.batchSize,
    firstTrained: phase.frozenLayers,
  });
  const gradient = await compileGraph(backend, graph);
  if (gradient._tag === "Left") return gradient;
  const moved = learningParameters(run, phase);
  const update = await compileUpdate(
    backend,
    optimizer,
    moved.map(({ name, shape, layer }) => ({
      name,
      shape,
      decayed: true,
      rate: rateName(layer),
    })),
  );
  if (update._tag === "Left") {
    gradient.right.dispose();
    return update;
  }
  return right({ phase, gradient: gradient.right, update: update.right });
}

/** Gives back what the programs hold. */
export function disposeConvNet({ gradient, update }: ConvNetPrograms): void {
  gradient.dispose();
  update.dispose();
}
