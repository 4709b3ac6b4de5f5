/**
 * Running graphs that are not training steps.
 *
 * @module
 */
import type {
  Backend,
  BackendError,
  CompileOptions,
  DeviceTensors,
  HostTensor,
  Program,
} from "../backends/backend.ts";
import { type Faults, type Graph, left, type Result } from "../core/mod.ts";
import { uploadAll } from "./batch_tensors.ts";
import { download } from "./download.ts";
import type { HostTensors } from "./engine/snapshot.ts";
import type { TrainError } from "./train_error.ts";
import { disposeAll } from "./train_state.ts";

/** Wraps an engine's error as training's; a run that was stopped is no failure. */
export function orBackendFailed<A>(
  result: Result<BackendError, A>,
): Result<TrainError, A> {
  if (result._tag === "Right") return result;
  const { left: error } = result;
  return left(
    error._tag === "Interrupted"
      ? { _tag: "Stopped" }
      : { _tag: "BackendFailed", error },
  );
}

/** Compiles a graph, if there is one. */
export async function compileGraph(
  backend: Backend,
  graph: Result<Faults, Graph>,
  options: CompileOptions = {},
): Promise<Result<TrainError, Program>> {
  return graph._tag === "Left"
    ? left({ _tag: "BadConfig", faults: graph.left })
    : orBackendFailed(await backend.compile(graph.right, options));
}

/**
 * Runs a program on tensors of main memory beside a model's parameters.
 *
 * @param backend Where it runs.
 * @param program What it runs.
 * @param parameters Tensors on the device; they stay the caller's.
 * @param inputs The other inputs by name.
 * @returns All outputs in main memory; nothing is left on the device.
 */
export async function runOnce(
  backend: Backend,
  program: Program,
  parameters: DeviceTensors,
  inputs: Readonly<Record<string, HostTensor>>,
): Promise<Result<TrainError, HostTensors>> {
  const uploaded = uploadAll(backend, inputs);
  const outputs = await program.run(new Map([...parameters, ...uploaded]));
  disposeAll(uploaded.values());
  if (outputs._tag === "Left") return orBackendFailed(outputs);
  const values = await download(backend, outputs.right);
  disposeAll(outputs.right.values());
  return values;
}
