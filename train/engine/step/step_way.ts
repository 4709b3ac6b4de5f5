/** The way in which an engine takes steps. */
import type { Backend } from "../../../backends/backend.ts";
import type { Phase } from "../../../core/mod.ts";
import type { TrainError } from "../../train_error.ts";
import type { StepContext } from "./step_context.ts";
import { JOINED } from "./joined_phase.ts";
import { joinedSteps } from "./joined_step.ts";
import { type PhaseMaker, SEPARATE } from "./phases.ts";
import type { PhaseWork } from "./phase.ts";
import type { StepWay } from "./sent_step.ts";
import type { Task } from "../task.ts";
import { waitedSteps } from "./waited_step.ts";

/**
 * An engine of one of several ranks: none runs ahead, since sums over ranks lie between
 * gradients and update.
 */
export function rankEngine({ runsAhead: _, ...engine }: Backend): Backend {
  return engine;
}

/** As one program on an engine that runs ahead; else its losses are waited for. */
export function stepWay<Item>(context: StepContext<Item>): StepWay<Item> {
  return context.backend.runsAhead === undefined
    ? waitedSteps(context)
    : joinedSteps(context);
}

/** Makes programs and gives them back; says why they cannot be made. */
async function attempt<Programs extends PhaseWork>(
  { make, dispose }: PhaseMaker<Programs>,
  backend: Backend,
  task: Task<unknown>,
  phase: Phase,
): Promise<TrainError | null> {
  const made = await make(backend, task, phase);
  if (made._tag === "Left") return made.left;
  dispose(made.right);
  return null;
}

/** Reason why an engine cannot run the programs of a phase, or `null`; nothing is kept. */
export function phaseFailure(
  backend: Backend,
  task: Task<unknown>,
  phase: Phase,
): Promise<TrainError | null> {
  return backend.runsAhead === undefined
    ? attempt(SEPARATE, backend, task, phase)
    : attempt(JOINED, backend, task, phase);
}
