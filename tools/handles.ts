/** What a process holds open. */
import type { Backend } from "../backends/mod.ts";

/** Handles of this process; `null` where the system does not say. */
export interface Handles {
  /** Open files, sockets and pipes. */
  readonly files: number | null;
  /** Threads. */
  readonly threads: number | null;
}

/** Entries of a folder of Linux's `/proc/self`. */
function entriesOf(folder: "fd" | "task"): number | null {
  try {
    return [...Deno.readDirSync(`/proc/self/${folder}`)].length;
  } catch {
    return null;
  }
}

/** Counts the handles that this process holds now. */
export function handlesNow(): Handles {
  return { files: entriesOf("fd"), threads: entriesOf("task") };
}

/** A backend whose programs are counted. */
export interface CountedBackend {
  /** Computes as the other does. */
  readonly backend: Backend;
  /** Programs that were compiled and not yet disposed; on `onnx` each is a session or kernels. */
  readonly programs: () => number;
}

/** Counts the programs of a backend. */
export function countingPrograms(backend: Backend): CountedBackend {
  let alive = 0;
  return {
    programs: () => alive,
    backend: {
      ...backend,
      compile: async (graph, options) => {
        const program = await backend.compile(graph, options);
        if (program._tag === "Left") return program;
        alive++;
        let disposed = false;
        const dispose = (): void => {
          if (!disposed) alive--;
          disposed = true;
          program.right.dispose();
        };
        return { ...program, right: { ...program.right, dispose } };
      },
    },
  };
}
