/**
 * A thread that runs kernels: takes a `KernelOrder`, answers with a `KernelAnswer`.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";
import type { Launch } from "../kernels/launch.ts";
import {
  type Instance,
  instantiate,
  runLaunches,
} from "../kernels/run_launches.ts";

/** What a thread is asked for. */
export type KernelOrder =
  /** Get kernels ready. */
  | {
    readonly _tag: "Load";
    readonly id: number;
    readonly module: WebAssembly.Module;
    readonly memory: WebAssembly.Memory;
  }
  /** Run some of them. */
  | {
    readonly _tag: "Run";
    readonly id: number;
    readonly launches: readonly Launch[];
  }
  /** Forget them. */
  | { readonly _tag: "Forget"; readonly id: number };

/** How an order ended: `null`, or what went wrong. */
export type KernelAnswer = string | null;

const loaded = new Map<number, Instance>();

function obey(order: KernelOrder): void {
  switch (order._tag) {
    case "Load":
      loaded.set(order.id, instantiate(order.module, order.memory));
      break;
    case "Run":
      runLaunches(loaded.get(order.id)!, order.launches);
      break;
    case "Forget":
      loaded.delete(order.id);
  }
}

parentPort?.on("message", (order: KernelOrder) => {
  let answer: KernelAnswer = null;
  try {
    obey(order);
  } catch (thrown) {
    answer = String(thrown);
  }
  parentPort?.postMessage(answer);
});
