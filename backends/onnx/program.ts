/**
 * Programs of ONNX Runtime and of our own kernels.
 *
 * @module
 */
import {
  type Graph,
  inputSignatures,
  left,
  prune,
  type Result,
  right,
} from "../../core/mod.ts";
import type { BackendError, CompileOptions, Program } from "../backend.ts";
import { disposingReplaced } from "../replaced_inputs.ts";
import { type Engine, failed, messageOf, type Runner } from "./engine.ts";
import { LONGEST_INT8_SUM } from "./fuse/int8_matrix.ts";
import { kernelRunner } from "./kernel_runner.ts";
import { elementwiseParts } from "./kernels/elementwise_parts.ts";
import { int8SessionRunner, sessionRunner } from "./session_runner.ts";

/** A program; its runner is released when it was disposed and no run is under way. */
function programOf(engine: Engine, graph: Graph, runner: Runner): Program {
  let disposed = false;
  let runs = 0;
  const releaseIfOver = (): void => {
    if (disposed && runs === 0) runner.release();
  };
  return {
    graph,
    run: async (inputs, signal) => {
      if (disposed) return failed(engine, "the program was disposed");
      runs++;
      try {
        return await runner.run(inputs, signal);
      } finally {
        runs--;
        releaseIfOver();
      }
    },
    dispose: () => {
      if (disposed) return;
      disposed = true;
      engine.store.trim();
      releaseIfOver();
    },
  };
}

/** Why a matrix cannot be rounded: its sums would leave 32 bits. */
function sumTooLong(
  { device }: Engine,
  graph: Graph,
  int8: readonly string[],
): BackendError | null {
  const inputs = inputSignatures(graph);
  const name = int8.find((name) =>
    (inputs[name]?.shape[1] ?? 0) > LONGEST_INT8_SUM
  );
  return name === undefined ? null : {
    _tag: "BackendUnavailable",
    device: device.name,
    reason: `sums of ${
      inputs[name]?.shape[1]
    } products in 8-bit integers, with ${name}, would leave 32 bits; at most ${LONGEST_INT8_SUM} fit`,
  };
}

/**
 * Who computes a graph. Outputs that replace inputs are written in place by kernels
 * of our own if all of the graph is element-wise, as the step of an optimizer is;
 * everything else is ONNX Runtime's, products in 8-bit integers only in a form that was
 * proved.
 */
async function runnerOf(
  engine: Engine,
  graph: Graph,
  { replaces = {}, int8 = [], atOnce = 1 }: CompileOptions,
): Promise<Result<BackendError, Runner>> {
  const share = {
    ...engine,
    threads: Math.max(1, Math.floor(engine.threads / atOnce)),
  };
  if (int8.length > 0) {
    const refusal = sumTooLong(engine, graph, int8);
    if (refusal !== null) return left(refusal);
    const form = await engine.int8Form();
    return form._tag === "Left"
      ? form
      : right(int8SessionRunner(share, graph, int8, form.right));
  }
  const parts = Object.keys(replaces).length > 0
    ? elementwiseParts(prune(graph))
    : null;
  return right(
    parts === null
      ? await sessionRunner(share, graph)
      : kernelRunner(engine, graph, parts, replaces),
  );
}

/**
 * Compiles a graph.
 *
 * @param engine Where it will run.
 * @param graph What to compute.
 * @param options Which inputs its outputs replace, which are to be rounded, how many runs share the threads.
 * @returns A program, or what ONNX Runtime says against the model.
 */
export async function compileProgram(
  engine: Engine,
  graph: Graph,
  options: CompileOptions,
): Promise<Result<BackendError, Program>> {
  try {
    const runner = await runnerOf(engine, graph, options);
    if (runner._tag === "Left") return runner;
    const program = programOf(engine, graph, runner.right);
    return right(disposingReplaced(program, options.replaces ?? {}));
  } catch (thrown) {
    return failed(engine, messageOf(thrown));
  }
}
