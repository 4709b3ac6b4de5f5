/**
 * The threads that run kernels.
 *
 * @module
 */
import {
  type KernelThread,
  startKernelThread,
} from "../runtime/kernel_thread.ts";
import { type Launch, sharesOf, totalCount } from "./launch.ts";
import { instantiate, runLaunches } from "./run_launches.ts";

/** Kernels that can be run. */
export interface LoadedKernels {
  /** Runs launches, which must not touch each other's numbers, in no order. */
  run(launches: readonly Launch[]): Promise<void>;
  /** Forgets the kernels. */
  release(): void;
}

/** Threads that share the work of kernels. */
export interface KernelCrew {
  /** Gets the kernels of a module ready. */
  load(module: Uint8Array<ArrayBuffer>): LoadedKernels;
  /** Ends the threads. */
  dispose(): void;
}

/**
 * With fewer numbers, telling other threads takes longer than doing it here: one
 * thread moves 46 GB in a second where two move 55.
 */
const WORTHWHILE = 2 ** 22;

/** As many threads as can be started; none where that is not allowed. */
async function startThreads(count: number): Promise<readonly KernelThread[]> {
  try {
    return await Promise.all(Array.from({ length: count }, startKernelThread));
  } catch {
    return [];
  }
}

/**
 * A crew on a memory. Its threads are started when there is enough for them to do;
 * meanwhile, and where they cannot be started, the calling thread does it all.
 *
 * @param memory What the kernels work on.
 * @param threads How many threads.
 */
export function kernelCrew(
  memory: WebAssembly.Memory,
  threads: number,
): KernelCrew {
  let started: Promise<readonly KernelThread[]> | null = null;
  let modules = 0;
  return {
    load: (bytes) => {
      const id = modules++;
      const module = new WebAssembly.Module(bytes);
      const own = instantiate(module, memory);
      const informed = new Map<KernelThread, Promise<void>>();
      const runOn = async (
        thread: KernelThread,
        launches: readonly Launch[],
      ): Promise<void> => {
        const load = { _tag: "Load", id, module, memory } as const;
        const known = informed.get(thread) ?? thread.obey(load);
        informed.set(thread, known);
        await known;
        await thread.obey({ _tag: "Run", id, launches });
      };
      return {
        run: async (launches) => {
          if (totalCount(launches) < WORTHWHILE) {
            return runLaunches(own, launches);
          }
          const crew = await (started ??= startThreads(threads));
          if (crew.length === 0) return runLaunches(own, launches);
          const shares = sharesOf(launches, crew.length);
          await Promise.all(
            crew.map((thread, part) => runOn(thread, shares[part] ?? [])),
          );
        },
        release: () => {
          for (const thread of informed.keys()) {
            void thread.obey({ _tag: "Forget", id });
          }
        },
      };
    },
    dispose: () => {
      void started?.then((crew) => crew.forEach((thread) => thread.end()));
      started = null;
    },
  };
}
