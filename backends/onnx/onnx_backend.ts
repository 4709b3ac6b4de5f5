/** ONNX Runtime as an engine. */
import { left, type Result, right } from "../../core/mod.ts";
import type { Backend, BackendError } from "../backend.ts";
import { engineBackend } from "./engine_backend.ts";
import { type Engine, startEngine } from "./engine.ts";
import {
  reasonOf,
  type StartedRuntime,
  startRuntime,
} from "./runtime/start_runtime.ts";

/** Options of ONNX Runtime. */
export interface OnnxOptions {
  /** Threads that compute; the processor's cores by default. */
  readonly threads?: number;
}

/** The library, loaded and verified once in a process. */
let started: Promise<StartedRuntime> | undefined;

const unavailable = (reason: string): Result<BackendError, never> =>
  left({ _tag: "BackendUnavailable", device: "onnx", reason });

/** An engine's description for users. */
function description(
  { runtime, detour }: StartedRuntime,
  where: string,
): string {
  const engine = `ONNX Runtime ${runtime.version}, ${where}`;
  return detour === null
    ? engine
    : `${engine}, through its npm binding because of: ${detour}`;
}

/** ONNX Runtime computing on the processor. */
function processor(started: StartedRuntime, threads: number): Engine {
  const { runtime } = started;
  const cores = threads === 1 ? "one thread" : `${threads} threads`;
  return startEngine({
    runtime,
    threads,
    device: {
      name: "onnx",
      description: description(started, cores),
      isGpu: false,
    },
  });
}

/**
 * Starts ONNX Runtime's CPU engine inside this process.
 *
 * Tensors lie in main memory and are neither copied in nor out. A program computes
 * on other threads, so timers and signals are served during a step. Element-wise
 * graphs whose outputs replace inputs, as the step of an optimizer does, are run in
 * place by kernels of our own. Deno must be allowed to call foreign functions
 * (`--allow-ffi`), and the package `onnxruntime-node` must have a library for the
 * platform; else the package's own binding is used, which copies and blocks.
 *
 * @param options Threads.
 * @returns The engine, or why it cannot be used here.
 *
 * @example The sum of two vectors
 * ```ts
 * import { traceGraph } from "@vitfreeze/vitfreeze";
 * import { onnxBackend } from "./onnx_backend.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const graph = traceGraph((g) => ({
 *   sum: g.add(g.input("a", [2]), g.input("b", [2])),
 * }));
 * const backend = await onnxBackend({ threads: 1 });
 * if (graph._tag === "Left" || backend._tag === "Left") throw new Error("never");
 *
 * const program = await backend.right.compile(graph.right);
 * if (program._tag === "Left") throw new Error(program.left._tag);
 * const a = backend.right.upload({ shape: [2], data: Float32Array.of(1, 2) });
 * const b = backend.right.upload({ shape: [2], data: Float32Array.of(3, 5) });
 * const outputs = await program.right.run(new Map([["a", a], ["b", b]]));
 *
 * if (outputs._tag === "Left") throw new Error(outputs.left._tag);
 * deepStrictEqual(await outputs.right.get("sum")?.read(), Float32Array.of(4, 7));
 * backend.right.dispose();
 * ```
 */
export async function onnxBackend(
  { threads = navigator.hardwareConcurrency }: OnnxOptions = {},
): Promise<Result<BackendError, Backend>> {
  if (!Number.isSafeInteger(threads) || threads < 1) {
    return unavailable(
      `found ${threads} threads, wanted a whole number of at least 1`,
    );
  }
  try {
    started ??= startRuntime();
    return right(engineBackend(processor(await started, threads)));
  } catch (thrown) {
    return unavailable(reasonOf(thrown));
  }
}
