/**
 * An engine of ONNX Runtime as a backend.
 *
 * @module
 */
import { type Result, right } from "../../core/mod.ts";
import type { Backend, BackendError, Program } from "../backend.ts";
import { checkInt8, refuseInt8 } from "../int8_inputs.ts";
import { checkReplaced } from "../replaced_inputs.ts";
import { type Engine, failed, messageOf } from "./engine.ts";
import { compileProgram } from "./program.ts";

/** Proves the products in 8-bit integers, once. */
async function proven(engine: Engine): Promise<Result<BackendError, null>> {
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
  const proveInt8 = engine.dialect === "fused"
    ? { proveInt8: () => proven(engine) }
    : {};
  const isParallel = engine.runtime.isParallel && engine.provider === "cpu";
  return {
    device,
    compilesBesideRuns: true,
    parallelRuns: isParallel ? engine.threads : 1,
    ...proveInt8,
    compile: async (graph, options = {}) => {
      checkReplaced(graph, options.replaces ?? {});
      checkInt8(graph, options.int8 ?? []);
      const refusal = engine.dialect === "fused"
        ? null
        : refuseInt8(device, options);
      const program = refusal ?? await compileProgram(engine, graph, options);
      return program._tag === "Left" ? program : right(kept(program.right));
    },
    upload: store.upload,
    liveTensors: store.liveTensors,
    liveBytes: store.liveBytes,
    dispose: () => {
      programs.forEach((program) => program.dispose());
      store.disposeAll();
      store.trim();
      engine.crew.dispose();
    },
  };
}
