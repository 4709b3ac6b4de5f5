/**
 * An engine of ONNX Runtime as a backend.
 *
 * @module
 */
import type { Backend, Program } from "../backend.ts";
import { checkInt8, refuseInt8 } from "../int8_inputs.ts";
import { checkReplaced } from "../replaced_inputs.ts";
import type { Engine } from "./engine.ts";
import { compileProgram } from "./program.ts";

/** The backend of an engine, whose programs end with it. */
export function engineBackend(engine: Engine): Backend {
  const { store, device } = engine;
  const programs = new Set<Program>();
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
      engine.crew.dispose();
    },
  };
}
