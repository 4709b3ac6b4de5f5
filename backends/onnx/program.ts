/**
 * Programs of ONNX Runtime and of our own kernels.
 *
 * @module
 */
import { type Graph, prune, type Result, right } from "../../core/mod.ts";
import type { BackendError, CompileOptions, Program } from "../backend.ts";
import { disposingReplaced } from "../replaced_inputs.ts";
import { type Engine, failed, messageOf, type Runner } from "./engine.ts";
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

/**
 * Who computes a graph. Outputs that replace inputs are written in place by kernels
 * of our own if all of the graph is element-wise, as the step of an optimizer is;
 * everything else is ONNX Runtime's.
 */
async function runnerOf(
  engine: Engine,
  graph: Graph,
  { replaces = {}, int8 = [], atOnce = 1 }: CompileOptions,
): Promise<Runner> {
  const share = {
    ...engine,
    threads: Math.max(1, Math.floor(engine.threads / atOnce)),
  };
  if (int8.length > 0) return int8SessionRunner(share, graph, int8);
  const parts = Object.keys(replaces).length > 0
    ? elementwiseParts(prune(graph))
    : null;
  return parts === null
    ? await sessionRunner(share, graph)
    : kernelRunner(engine, graph, parts, replaces);
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
    const program = programOf(engine, graph, runner);
    return right(disposingReplaced(program, options.replaces ?? {}));
  } catch (thrown) {
    return failed(engine, messageOf(thrown));
  }
}
