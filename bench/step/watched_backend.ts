/** An engine whose programs can be asked for their work. */
import type { Backend, Program, ProgramWork } from "../../backends/backend.ts";

/** The programs that an engine has compiled for a training. */
export interface WatchedBackend {
  /** The engine. */
  readonly backend: Backend;
  /** Milliseconds of all compilations. */
  compileMs(): number;
  /** Work of one run of each program that has run; `null` of an engine that does not tell it. */
  work(): ProgramWork | null;
}

/** The sum of some work; of intermediate values the largest. */
const together = (a: ProgramWork, b: ProgramWork): ProgramWork => ({
  dispatches: a.dispatches + b.dispatches,
  bytesMoved: a.bytesMoved + b.bytesMoved,
  scratchBytes: Math.max(a.scratchBytes, b.scratchBytes),
  encodeMilliseconds: a.encodeMilliseconds + b.encodeMilliseconds,
});

/** Watches what an engine compiles. */
export function watchedBackend(backend: Backend): WatchedBackend {
  const programs: Program[] = [];
  let spent = 0;
  return {
    backend: {
      ...backend,
      compile: async (graph, options) => {
        const start = performance.now();
        const compiled = await backend.compile(graph, options);
        spent += performance.now() - start;
        if (compiled._tag === "Right") programs.push(compiled.right);
        return compiled;
      },
    },
    compileMs: () => spent,
    work: () => {
      const [first, ...others] = programs.flatMap(({ work }) =>
        work === undefined || work.encodeMilliseconds === 0 ? [] : [work]
      );
      return first === undefined ? null : others.reduce(together, first);
    },
  };
}
