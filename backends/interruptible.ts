/** Runs that end when the user wants to stop. */
import { left, right } from "../core/mod.ts";
import type { Backend, BackendError } from "./backend.ts";

/** The error of a run that was stopped. */
export const interrupted = (
  { name }: Pick<Backend["device"], "name">,
): BackendError => ({ _tag: "Interrupted", device: name });

/**
 * An engine whose runs end soon after a signal is aborted, with the error
 * `Interrupted` and with nothing left on the device. Programs whose outputs replace
 * inputs are short and are always finished.
 *
 * The delay depends on the engine: between two operators on `onnx` by its C interface,
 * `wasm` and `cpu`; elsewhere a run that has begun is finished.
 *
 * @param backend The engine; what is compiled by it directly stays as it is.
 * @param signal Aborted when the user wants to stop.
 */
export function interruptible(backend: Backend, signal: AbortSignal): Backend {
  return {
    ...backend,
    compile: async (graph, options = {}) => {
      const compiled = await backend.compile(graph, options);
      if (compiled._tag === "Left" || options.replaces !== undefined) {
        return compiled;
      }
      const program = compiled.right;
      return right({
        ...program,
        run: (inputs) =>
          signal.aborted
            ? Promise.resolve(left(interrupted(backend.device)))
            : program.run(inputs, signal),
      });
    },
  };
}
