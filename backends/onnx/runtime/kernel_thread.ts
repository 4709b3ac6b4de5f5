/**
 * A thread for kernels, as its owner sees it.
 *
 * @module
 */
import type { KernelAnswer, KernelOrder } from "./kernel_worker.ts";

/** A thread that obeys one order after the other. */
export interface KernelThread {
  /**
   * Gives an order.
   *
   * @throws What went wrong on the thread.
   */
  obey(order: KernelOrder): Promise<void>;
  /** Ends the thread. */
  end(): void;
}

/**
 * Starts a thread. It does not keep the process alive unless it is at work.
 *
 * @throws If threads cannot be started, for want of leave to read the library's own files.
 */
export async function startKernelThread(): Promise<KernelThread> {
  // Loaded when it is needed: browsers have no such module.
  const { Worker } = await import("node:worker_threads");
  const worker = new Worker(new URL("./kernel_worker.ts", import.meta.url));
  const waiting: PromiseWithResolvers<void>[] = [];
  const settle = (answer: KernelAnswer): void => {
    const order = waiting.shift();
    if (waiting.length === 0) worker.unref();
    if (answer === null) order?.resolve();
    else order?.reject(new Error(answer));
  };
  worker.on("message", settle);
  worker.on("error", (error: unknown) => {
    while (waiting.length > 0) settle(String(error));
  });
  worker.unref();
  return {
    obey: (order) => {
      const ended = Promise.withResolvers<void>();
      waiting.push(ended);
      worker.ref();
      worker.postMessage(order);
      return ended.promise;
    },
    end: () => void worker.terminate(),
  };
}
