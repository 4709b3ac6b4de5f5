/**
 * ONNX Runtime as an engine.
 *
 * @module
 */
import { left, type Result, right } from "../../core/mod.ts";
import type { Backend, BackendError, Program } from "../backend.ts";
import { checkReplaced } from "../replaced_inputs.ts";
import { sharedArena } from "./arena.ts";
import type { Engine } from "./engine.ts";
import { kernelCrew } from "./kernels/kernel_crew.ts";
import { compileProgram } from "./program.ts";
import { libraryFile } from "./runtime/library_file.ts";
import { hostPlatform } from "./runtime/native_library.ts";
import { ORT_VERSION } from "./runtime/ort_api.ts";
import { type OrtRuntime, startOrtRuntime } from "./runtime/ort_runtime.ts";
import { proveRuntime } from "./runtime/prove_runtime.ts";
import { tensorStore } from "./tensor_store.ts";

/** How to start ONNX Runtime. */
export interface OnnxOptions {
  /** Threads that compute; the processor's cores by default. */
  readonly threads?: number;
}

/** Path of this platform's library. */
function libraryPath(): string {
  const platform = hostPlatform();
  if (platform === null) throw new Error("it needs Deno");
  const entry = import.meta.resolve("onnxruntime-node");
  const file = libraryFile(entry, ...platform);
  if (file === null) {
    throw new Error(
      `onnxruntime-node has no library for ${platform.join(" ")}`,
    );
  }
  // A drive letter has a slash before it in a URL, not in a path.
  return decodeURIComponent(file.pathname).replace(/^\/(?=[A-Za-z]:)/, "");
}

/** The library is loaded once in a process, and proved then. */
let started: Promise<OrtRuntime> | undefined;

async function startProved(): Promise<OrtRuntime> {
  const runtime = startOrtRuntime(libraryPath());
  await proveRuntime(runtime);
  return runtime;
}

function backendOn(engine: Engine): Backend {
  const { crew, store, threads } = engine;
  const programs = new Set<Program>();
  const cores = threads === 1 ? "one thread" : `${threads} threads`;
  return {
    device: {
      name: "onnx",
      description: `ONNX Runtime ${ORT_VERSION}, ${cores}`,
      isGpu: false,
    },
    compilesBesideRuns: true,
    compile: async (graph, { replaces = {} } = {}) => {
      checkReplaced(graph, replaces);
      const program = await compileProgram(engine, graph, replaces);
      if (program._tag === "Right") programs.add(program.right);
      return program;
    },
    upload: store.upload,
    liveTensors: store.liveTensors,
    liveBytes: store.liveBytes,
    dispose: () => {
      programs.forEach((program) => program.dispose());
      store.disposeAll();
      store.trim();
      crew.dispose();
    },
  };
}

const unavailable = (reason: string): Result<BackendError, never> =>
  left({ _tag: "BackendUnavailable", device: "onnx", reason });

/**
 * Starts ONNX Runtime's CPU engine inside this process.
 *
 * Tensors lie in main memory and are neither copied in nor out. A program computes
 * on other threads, so timers and signals are served during a step. Element-wise
 * graphs whose outputs replace inputs, as the step of an optimizer does, are run in
 * place by kernels of our own. Deno must be allowed to call foreign functions
 * (`--allow-ffi`), and the package `onnxruntime-node` must have a library for the
 * platform.
 *
 * @param options Threads.
 * @returns The engine, or why it cannot be used here.
 *
 * @example The sum of two vectors
 * ```ts
 * import { onnxBackend } from "@vitfreeze/vitfreeze/backends";
 * import { traceGraph } from "@vitfreeze/vitfreeze/core";
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
    started ??= startProved();
    const runtime = await started;
    const arena = sharedArena();
    const store = tensorStore(runtime, arena);
    const crew = kernelCrew(arena.memory, threads);
    return right(backendOn({ runtime, store, crew, threads }));
  } catch (thrown) {
    return unavailable(thrown instanceof Error ? thrown.message : `${thrown}`);
  }
}
