/**
 * An engine of ONNX Runtime as a backend.
 *
 * @module
 */
import { right } from "../../core/mod.ts";
import type { Backend, Program } from "../backend.ts";
import { checkInt8, refuseInt8 } from "../int8_inputs.ts";
import { checkReplaced } from "../replaced_inputs.ts";
import type { Engine } from "./engine.ts";
import { compileProgram } from "./program.ts";

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
  const computesInt8 = engine.dialect === "fused";
  const isParallel = engine.runtime.isParallel && engine.provider === "cpu";
  return {
    device,
    compilesBesideRuns: true,
    parallelRuns: isParallel ? engine.threads : 1,
    computesInt8,
    compile: async (graph, options = {}) => {
      checkReplaced(graph, options.replaces ?? {});
      checkInt8(graph, options.int8 ?? []);
      const refusal = computesInt8 ? null : refuseInt8(device, options);
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
