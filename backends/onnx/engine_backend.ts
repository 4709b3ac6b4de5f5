/**
 * An engine of ONNX Runtime as a backend.
 *
 * @module
 */
import type { Backend, Program } from "../backend.ts";
import { checkReplaced } from "../replaced_inputs.ts";
import type { Engine } from "./engine.ts";
import { compileProgram } from "./program.ts";

/** The backend of an engine, whose programs end with it. */
export function engineBackend(engine: Engine): Backend {
  const { store, device } = engine;
  const programs = new Set<Program>();
  return {
    device,
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
      engine.crew.dispose();
    },
  };
}
