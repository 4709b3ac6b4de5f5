/**
 * Programs of ONNX Runtime and of our own kernels.
 *
 * @module
 */
import { type Graph, prune, type Result, right } from "../../core/mod.ts";
import type { BackendError, Program } from "../backend.ts";
import { disposingReplaced, type Replaced } from "../replaced_inputs.ts";
import { type Engine, failed, messageOf, type Runner } from "./engine.ts";
import { kernelRunner } from "./kernel_runner.ts";
import { elementwiseParts } from "./kernels/elementwise_parts.ts";
import { sessionRunner } from "./session_runner.ts";

/** A program; its runner is released when it was disposed and no run is under way. */
function programOf(engine: Engine, graph: Graph, runner: Runner): Program {
  let disposed = false;
  let runs = 0;
  const releaseIfOver = (): void => {
    if (disposed && runs === 0) runner.release();
  };
  return {
    graph,
    run: async (inputs) => {
      if (disposed) return failed("the program was disposed");
      runs++;
      try {
        return await runner.run(inputs);
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
  replaces: Replaced,
): Promise<Runner> {
  const parts = Object.keys(replaces).length > 0
    ? elementwiseParts(prune(graph))
    : null;
  return parts === null
    ? await sessionRunner(engine, graph)
    : kernelRunner(engine, graph, parts, replaces);
}

/**
 * Compiles a graph.
 *
 * @param engine Where it will run.
 * @param graph What to compute.
 * @param replaces Which inputs its outputs replace.
 * @returns A program, or what ONNX Runtime says against the model.
 */
export async function compileProgram(
  engine: Engine,
  graph: Graph,
  replaces: Replaced,
): Promise<Result<BackendError, Program>> {
  try {
    const runner = await runnerOf(engine, graph, replaces);
    const program = programOf(engine, graph, runner);
    return right(disposingReplaced(program, replaces));
  } catch (thrown) {
    return failed(messageOf(thrown));
  }
}
