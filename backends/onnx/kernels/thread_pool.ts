/** Threads that run kernels. */
import {
  instantiate,
  type KernelMemory,
  type Launch,
  runLaunches,
  sharesOf,
  totalCount,
} from "./launch.ts";
import type { KernelReply, KernelRequest } from "./kernel_worker.ts";

/** Kernels that can be run. */
export interface LoadedKernels {
  /** Runs launches, which must not touch each other's numbers, in no order. */
  run(launches: readonly Launch[]): Promise<void>;
  /** Gives the kernels back. */
  release(): void;
}

/** Threads that share the work of kernels. */
export interface ThreadPool {
  /** Gets the kernels of a module ready. */
  load(module: Uint8Array<ArrayBuffer>): LoadedKernels;
  /** Ends the threads. */
  dispose(): void;
}

/**
 * With fewer numbers, messages to other threads take longer than the work itself: one
 * thread moves 46 GB in a second where two move 55.
 */
const WORTHWHILE = 2 ** 22;

/** A thread that serves one request after the other. */
interface KernelThread {
  /**
   * Sends a request and waits until it is served.
   *
   * @throws The thread's error.
   */
  send(request: KernelRequest): Promise<void>;
  /** Ends the thread. */
  end(): void;
}

/**
 * Starts a thread. It does not keep the process alive unless it is at work.
 *
 * @throws If threads cannot be started, without permission to read the library's own files.
 */
async function startKernelThread(): Promise<KernelThread> {
  // Loaded when it is needed: browsers have no such module.
  const { Worker } = await import("node:worker_threads");
  // Resolved, so that it is found under the name that a package for Node gives it.
  const worker = new Worker(
    new URL(import.meta.resolve("./kernel_worker.ts")),
  );
  const waiting: PromiseWithResolvers<void>[] = [];
  const settle = (reply: KernelReply): void => {
    const request = waiting.shift();
    if (waiting.length === 0) worker.unref();
    if (reply === null) request?.resolve();
    else request?.reject(new Error(reply));
  };
  worker.on("message", settle);
  worker.on("error", (error: unknown) => {
    while (waiting.length > 0) settle(String(error));
  });
  worker.unref();
  return {
    send: (request) => {
      const ended = Promise.withResolvers<void>();
      waiting.push(ended);
      worker.ref();
      worker.postMessage(request);
      return ended.promise;
    },
    end: () => void worker.terminate(),
  };
}

/** As many threads as can be started; none where that is not allowed. */
async function startThreads(count: number): Promise<readonly KernelThread[]> {
  try {
    return await Promise.all(Array.from({ length: count }, startKernelThread));
  } catch {
    return [];
  }
}

/**
 * A pool on a memory. Its threads are started when there is enough for them to do;
 * meanwhile, and where they cannot be started, the calling thread does it all.
 */
export function threadPool(
  { memory, addresses }: KernelMemory,
  threads: number,
): ThreadPool {
  let started: Promise<readonly KernelThread[]> | null = null;
  let modules = 0;
  return {
    load: (bytes) => {
      const id = modules++;
      const module = new WebAssembly.Module(bytes);
      const own = instantiate(module, { memory, addresses });
      const loading = new Map<KernelThread, Promise<void>>();
      const runOn = async (
        thread: KernelThread,
        launches: readonly Launch[],
      ): Promise<void> => {
        const shared = { memory, addresses };
        const load = { _tag: "Load", id, module, memory: shared } as const;
        const loaded = loading.get(thread) ?? thread.send(load);
        loading.set(thread, loaded);
        await loaded;
        await thread.send({ _tag: "Run", id, launches });
      };
      return {
        run: async (launches) => {
          if (totalCount(launches) < WORTHWHILE) {
            return runLaunches(own, launches);
          }
          const pool = await (started ??= startThreads(threads));
          if (pool.length === 0) return runLaunches(own, launches);
          const shares = sharesOf(launches, pool.length);
          await Promise.all(
            pool.map((thread, part) => runOn(thread, shares[part] ?? [])),
          );
        },
        release: () => {
          for (const thread of loading.keys()) {
            void thread.send({ _tag: "Forget", id });
          }
        },
      };
    },
    dispose: () => {
      void started?.then((pool) => pool.forEach((thread) => thread.end()));
      started = null;
    },
  };
}
