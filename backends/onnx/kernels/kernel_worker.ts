/** The program of a thread that runs kernels: each `KernelRequest` gets a `KernelReply`. */
import { parentPort } from "node:worker_threads";
import {
  type Instance,
  instantiate,
  type KernelMemory,
  type Launch,
  runLaunches,
} from "./launch.ts";

/** A message to a thread. */
export type KernelRequest =
  /** Get kernels ready. */
  | {
    readonly _tag: "Load";
    readonly id: number;
    readonly module: WebAssembly.Module;
    readonly memory: KernelMemory;
  }
  /** Run some of them. */
  | {
    readonly _tag: "Run";
    readonly id: number;
    readonly launches: readonly Launch[];
  }
  /** Give them back. */
  | { readonly _tag: "Forget"; readonly id: number };

/** The reply to a request: `null`, or the error. */
export type KernelReply = string | null;

const loaded = new Map<number, Instance>();

function perform(request: KernelRequest): void {
  switch (request._tag) {
    case "Load":
      loaded.set(request.id, instantiate(request.module, request.memory));
      break;
    case "Run":
      runLaunches(loaded.get(request.id)!, request.launches);
      break;
    case "Forget":
      loaded.delete(request.id);
  }
}

parentPort?.on("message", (request: KernelRequest) => {
  let reply: KernelReply = null;
  try {
    perform(request);
  } catch (thrown) {
    reply = String(thrown);
  }
  parentPort?.postMessage(reply);
});
