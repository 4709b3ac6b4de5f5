/**
 * Programs of the phase that training is in.
 *
 * @module
 */
import {
  type FreezePlan,
  type Phase,
  phaseAt,
  type Result,
  right,
} from "../core/mod.ts";
import type { TrainError } from "./train_error.ts";

/** Keeps the programs of one phase, those of the step that was asked for last. */
export interface PresentPrograms<P> {
  /** The programs of a step; compiled when it is of another phase than the one before. */
  at(step: number): Promise<Result<TrainError, P>>;
  /** Gives back what is held. */
  dispose(): void;
}

/** How the programs of a phase are made and given back. */
export interface PhaseWorkshop<P> {
  /** Compiles the programs of a phase. */
  compile(phase: Phase): Promise<Result<TrainError, P>>;
  /** Gives back what programs hold. */
  dispose(programs: P): void;
}

/**
 * The programs of one phase at a time. If the next ones cannot be compiled, the present
 * ones stay.
 *
 * @param plan The plan whose phases they are.
 * @param workshop How they are made and given back.
 */
export function presentPrograms<P extends { readonly phase: Phase }>(
  plan: Pick<FreezePlan, "phases">,
  workshop: PhaseWorkshop<P>,
): PresentPrograms<P> {
  let present: P | null = null;
  return {
    at: async (step) => {
      const phase = phaseAt(plan)(step);
      if (present?.phase.index === phase.index) return right(present);
      const compiled = await workshop.compile(phase);
      if (compiled._tag === "Left") return compiled;
      if (present !== null) workshop.dispose(present);
      present = compiled.right;
      return compiled;
    },
    dispose: () => {
      if (present !== null) workshop.dispose(present);
      present = null;
    },
  };
}
