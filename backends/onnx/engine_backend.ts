/**
 * An engine of ONNX Runtime as a backend: its programs run on sessions or on our own kernels.
 */
import {
  type Graph,
  inputSignatures,
  left,
  prune,
  type Result,
  right,
} from "../../core/mod.ts";
import type {
  Backend,
  BackendError,
  CompileOptions,
  Program,
} from "../backend.ts";
import {
  checkInt8,
  checkIsLocal,
  checkReplaced,
  disposingReplaced,
} from "../program_inputs.ts";
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

/** Error of a matrix that cannot be rounded: its sums would leave 32 bits. */
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
 * The runner of a graph. Outputs that replace inputs are written in place by kernels
 * of our own if all of the graph is element-wise, as the step of an optimizer is;
 * everything else is ONNX Runtime's, products in 8-bit integers only in a form that was
 * verified.
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
 * @param options The inputs that its outputs replace, those that are rounded, and the count of runs that share the threads.
 */
async function compileProgram(
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

/** Verifies the products in 8-bit integers, once. */
async function int8Verified(
  engine: Engine,
): Promise<Result<BackendError, null>> {
  try {
    const form = await engine.int8Form();
    return form._tag === "Left" ? form : right(null);
  } catch (thrown) {
    return failed(engine, messageOf(thrown));
  }
}

/** The backend of an engine, whose programs end with it. */
export function engineBackend(engine: Engine): Backend {
  const { store, device } = engine;
  const programs = new Set<Program>();
  /** Ends with the engine, unless it has been disposed before; then it is forgotten. */
  const kept = (program: Program): Program => {
    const own: Program = {
      ...program,
      dispose: () => {
        programs.delete(own);
        program.dispose();
      },
    };
    programs.add(own);
    return own;
  };
  return {
    device,
    compilesBesideRuns: true,
    parallelRuns: engine.runtime.isParallel ? engine.threads : 1,
    verifyInt8: () => int8Verified(engine),
    compile: async (graph, options = {}) => {
      checkIsLocal(graph);
      checkReplaced(graph, options.replaces ?? {});
      checkInt8(graph, options.int8 ?? []);
      const program = await compileProgram(engine, graph, options);
      return program._tag === "Left" ? program : right(kept(program.right));
    },
    upload: store.upload,
    hostNumbers: (tensor) => {
      const block = store.lent(tensor);
      const isOwn = block?.references === 1;
      return isOwn && block.numbers instanceof Float32Array
        ? block.numbers
        : undefined;
    },
    liveTensors: store.liveTensors,
    liveBytes: store.liveBytes,
    dispose: () => {
      programs.forEach((program) => program.dispose());
      store.disposeAll();
      store.trim();
      engine.threadPool.dispose();
    },
  };
}
