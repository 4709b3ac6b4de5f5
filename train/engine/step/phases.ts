/** Programs for the step that is to be taken, and ahead of time for the next phase. */
import type { Backend } from "../../../backends/backend.ts";
import { type Phase, phaseAt, type Result } from "../../../core/mod.ts";
import {
  compilePhase,
  disposePhase,
  type PhasePrograms,
  type PhaseWork,
} from "./phase.ts";
import type { Division } from "./segment_programs.ts";
import { strideFrom, type Task } from "../task.ts";
import type { StepProgress } from "../training.ts";
import type { TrainError } from "../../train_error.ts";

/** Making and giving back of the programs of one phase. */
export interface PhaseMaker<Programs extends PhaseWork> {
  /** Compiles them, or says why the engine cannot run them. */
  make(
    backend: Backend,
    task: Task<unknown>,
    phase: Phase,
    division?: Division,
  ): Promise<Result<TrainError, Programs>>;
  /** Gives back what they hold. */
  dispose(programs: Programs): void;
}

/** Gradient, squares and update as programs of their own. */
export const SEPARATE: PhaseMaker<PhasePrograms> = {
  make: compilePhase,
  dispose: disposePhase,
};

/** Gives the programs of a training's steps. */
export interface PhaseCompiler<Programs extends PhaseWork = PhasePrograms> {
  /**
   * Programs of the phase of a step; those of the phase before are given back. In
   * the last step of a phase those of the next one are begun as well, if the engine
   * computes on other threads meanwhile.
   *
   * @param step The step that is to be taken.
   * @returns The programs, or why the engine cannot run them.
   */
  at(step: number): Promise<Result<TrainError, Programs>>;
  /** Gives back all programs. */
  dispose(): void;
}

interface Making<Programs> {
  readonly phase: Phase;
  readonly programs: Promise<Result<TrainError, Programs>>;
  /** The programs, once they are made. */
  made: Result<TrainError, Programs> | null;
}

/** Options of a compiler. */
export interface CompilerOptions {
  /** Parts of a micro-batch, and segments of its gradient; by default as of the maker. */
  readonly division?: Division;
  /** Hears of a step that waits for its programs. */
  readonly onProgress?: ((progress: StepProgress) => void) | undefined;
}

/** A compiler for one training. */
export function phaseCompiler(
  backend: Backend,
  task: Task<unknown>,
  options?: CompilerOptions,
): PhaseCompiler {
  return phaseCompilerOf(SEPARATE, backend, task, options);
}

/** A compiler for one training, of programs of any kind. */
export function phaseCompilerOf<Programs extends PhaseWork>(
  maker: PhaseMaker<Programs>,
  backend: Backend,
  task: Task<unknown>,
  { division, onProgress }: CompilerOptions = {},
): PhaseCompiler<Programs> {
  type Made = Making<Programs>;
  const { plan } = task;
  let present: Made | null = null;
  let next: Made | null = null;
  const giveBack = (made: Result<TrainError, Programs>): void => {
    if (made._tag === "Right") maker.dispose(made.right);
  };
  /** At once if they are made already. */
  const abandon = ({ programs, made }: Made): void => {
    if (made === null) void programs.then(giveBack);
    else giveBack(made);
  };
  const make = (phase: Phase): Made => {
    const programs = maker.make(backend, task, phase, division);
    const making: Made = { phase, programs, made: null };
    void programs.then((made) => making.made = made);
    return making;
  };
  const enter = (phase: Phase): Made => {
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
      if (made.made === null) onProgress?.({ _tag: "Compiling", step });
      const programs = await made.programs;
      // A failed attempt may succeed when it is repeated.
      if (programs._tag === "Left" && present === made) present = null;
      const following = plan.phases[phase.index + 1];
      const { to } = strideFrom(task, step);
      const isLast = to === phase.to && following !== undefined;
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
