/** The engine on the graphics card: every program is one list of kernels, handed over at once. */
import { left, type Result, right } from "../../core/mod.ts";
import type { Backend, BackendError, Program } from "../backend.ts";
import { checkGuard } from "../guard.ts";
import { checkIsLocal, checkReplaced, refuseInt8 } from "../program_inputs.ts";
import { compileGraph } from "./compile/compile_graph.ts";
import type { CompilationOptions } from "./compile/placing.ts";
import { type OpenDevice, sharedDevice } from "./device/open_device.ts";
import { type ListProgram, listProgram } from "./runtime/program.ts";
import { type Runtime, runtimeOn } from "./runtime/runtime.ts";
import { tunerOn, type TuningOptions } from "./tune/tuner.ts";

/** Steps that may wait in line: enough to hide the way to main memory. */
const RUNS_AHEAD = 4;

/** A program of a graph, which refuses to run once it was disposed. */
function programOf(graph: Program["graph"], list: ListProgram): Program {
  let isDisposed = false;
  return {
    graph,
    get work() {
      return list.work;
    },
    run: async (inputs, signal) => {
      if (!isDisposed) return await list.run(inputs, signal);
      const reason = "the program was disposed";
      return left({ _tag: "ExecutionFailed", device: "webgpu", reason });
    },
    dispose: () => {
      isDisposed = true;
      list.dispose();
    },
  };
}

/** Options of the engine. */
export interface WebgpuOptions {
  /**
   * Form of activations: 32 bits a number, or bfloat16 for what matrix products and
   * attention pass on to each other. All sums, weights, norms and losses have 32 bits.
   */
  readonly precision?: "float32" | "bf16";
  /**
   * Measurement of kernels of matrix products on the graphics card, when a graph is
   * compiled. Left out, kernels are chosen by estimated time. Other kernels add in
   * another order: the last digits of results may change with the choice.
   */
  readonly tuning?: TuningOptions;
}

function backendOn(
  opened: OpenDevice,
  runtime: Runtime,
  { precision = "float32", tuning }: WebgpuOptions,
): Backend {
  const { info, limits } = opened;
  const tuner = tuning === undefined ? null : tunerOn(opened, runtime, tuning);
  const device = {
    name: "webgpu",
    description: info.description,
    isGpu: info.isGpu,
  };
  const { tensors } = runtime;
  return {
    device,
    runsAhead: RUNS_AHEAD,
    compile: async (graph, options = {}) => {
      const { replaces = {}, guard, reported } = options;
      checkIsLocal(graph);
      checkReplaced(graph, replaces);
      if (guard !== undefined) checkGuard(graph, guard);
      const refusal = refuseInt8(device, options);
      if (refusal !== null) return refusal;
      const conditions: CompilationOptions = {
        ...{ limits, replaces },
        activations: precision === "bf16" ? "bf16" : "f32",
        ...guard === undefined ? {} : { guard },
      };
      const list = tuner === null
        ? compileGraph(graph, conditions)
        : await tuner.tuned((choose) =>
          compileGraph(graph, { ...conditions, choose })
        );
      const program = await listProgram(
        runtime,
        list,
        reported === undefined ? {} : { reported },
      );
      return program._tag === "Left"
        ? program
        : right(programOf(graph, program.right));
    },
    upload: tensors.upload,
    uploadPixels: tensors.uploadPixels,
    liveTensors: tensors.liveTensors,
    liveBytes: tensors.liveBytes,
    dispose: () => {
      tensors.dispose();
      runtime.scratch.forget();
    },
  };
}

/**
 * Starts the engine on the graphics card of this machine.
 *
 * @param options Precision of activations, and tuning.
 * @returns The engine, or what is missing here.
 */
export async function webgpuBackend(
  options: WebgpuOptions = {},
): Promise<Result<BackendError, Backend>> {
  const opened = await sharedDevice();
  return opened._tag === "Left"
    ? opened
    : right(backendOn(opened.right, runtimeOn(opened.right.device), options));
}
