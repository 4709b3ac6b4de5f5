/** Programs for the step that is to be taken, and ahead of time for the next phase. */
import type { Backend } from "../../backends/backend.ts";
import { type Phase, phaseAt, type Result } from "../../core/mod.ts";
import { compilePhase, disposePhase, type PhasePrograms } from "./phase.ts";
import type { Task } from "./task.ts";
import type { TrainError } from "../train_error.ts";

/** Gives the programs of a training's steps. */
export interface PhaseCompiler {
  /**
   * Programs of the phase of a step; those of the phase before are given back. In
   * the last step of a phase those of the next one are begun as well, if the engine
   * computes on other threads meanwhile.
   *
   * @param step The step that is to be taken.
   * @returns The programs, or why the engine cannot run them.
   */
  at(step: number): Promise<Result<TrainError, PhasePrograms>>;
  /** Gives back all programs. */
  dispose(): void;
}

type Made = Result<TrainError, PhasePrograms>;

interface Making {
  readonly phase: Phase;
  readonly programs: Promise<Made>;
  /** The programs, once they are made. */
  made: Made | null;
}

function giveBack(made: Made): void {
  if (made._tag === "Right") disposePhase(made.right);
}

/** At once if they are made already. */
function abandon({ programs, made }: Making): void {
  if (made === null) void programs.then(giveBack);
  else giveBack(made);
}

/** A compiler for one training. */
export function phaseCompiler(
  backend: Backend,
  task: Task<unknown>,
): PhaseCompiler {
  const { plan } = task;
  let present: Making | null = null;
  let next: Making | null = null;
  const make = (phase: Phase): Making => {
    const programs = compilePhase(backend, task, phase);
    const making: Making = { phase, programs, made: null };
    void programs.then((made) => making.made = made);
    return making;
  };
  const enter = (phase: Phase): Making => {
    if (present?.phase.index === phase.index) return present;
    if (present !== null) abandon(present);
    const isReady = next?.phase.index === phase.index;
    if (next !== null && !isReady) abandon(next);
    present = next !== null && isReady ? next : make(phase);
    next = null;
    return present;
  };
  return {
    at: async (step) => {
      const phase = phaseAt(plan)(step);
      const made = enter(phase);
      const programs = await made.programs;
      // What failed may go well when it is tried again.
      if (programs._tag === "Left" && present === made) present = null;
      const following = plan.phases[phase.index + 1];
      const isLast = step + 1 === phase.to && following !== undefined;
      if (backend.compilesBesideRuns && isLast) next ??= make(following);
      return programs;
    },
    dispose: () => {
      for (const making of [present, next]) {
        if (making !== null) abandon(making);
      }
      present = next = null;
    },
  };
}
