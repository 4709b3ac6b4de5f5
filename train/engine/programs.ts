/** Compiled graphs. */
import type {
  Backend,
  CompileOptions,
  DeviceTensors,
  Program,
} from "../../backends/backend.ts";
import {
  type Faults,
  type Graph,
  left,
  type Result,
  right,
  traceGraph,
} from "../../core/mod.ts";
import type { TrainError } from "../train_error.ts";
import {
  disposeAll,
  download,
  type HostBatch,
  type HostTensors,
  orBackendFailed,
  uploadAll,
} from "./tensors.ts";

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
 * @param parameters Tensors on the device; they stay the caller's.
 * @returns All outputs in main memory; nothing is left on the device.
 */
export async function runOnce(
  backend: Backend,
  program: Program,
  parameters: DeviceTensors,
  inputs: HostBatch,
): Promise<Result<TrainError, HostTensors>> {
  const uploaded = uploadAll(backend, inputs);
  const outputs = await program.run(new Map([...parameters, ...uploaded]));
  disposeAll(uploaded.values());
  if (outputs._tag === "Left") return orBackendFailed(outputs);
  const values = await download(backend, outputs.right);
  disposeAll(outputs.right.values());
  return values;
}

/** A graph to compile, and how. */
export interface GraphToCompile extends CompileOptions {
  /** The graph. */
  readonly graph: Graph;
}

/** An optimizer step (`updateGraph`): its outputs replace its inputs of the same names. */
export function updateInPlace(graph: Graph): GraphToCompile {
  const names = Object.keys(graph.outputs);
  return {
    graph,
    replaces: Object.fromEntries(names.map((name) => [name, name])),
  };
}

/**
 * Adds every output of a graph to that of earlier runs.
 *
 * @returns A graph with inputs `sum/NAME` and `part/NAME` and outputs `NAME`, which
 * replace the sums.
 */
export function sumInPlace(graph: Graph): Result<Faults, GraphToCompile> {
  const names = Object.keys(graph.outputs);
  const sums = traceGraph((g) =>
    Object.fromEntries(
      Object.entries(graph.outputs).map(([name, id]) => {
        const shape = graph.nodes[id]?.shape ?? [];
        const [sum, part] = ["sum", "part"].map((prefix) =>
          g.input(`${prefix}/${name}`, shape)
        ) as [number, number];
        return [name, g.add(sum, part)];
      }),
    )
  );
  return sums._tag === "Left" ? sums : right({
    graph: sums.right,
    replaces: Object.fromEntries(names.map((name) => [name, `sum/${name}`])),
  });
}

/** Name of the input with the factor of `scaleInPlace`. */
export const FACTOR_INPUT = "factor";

/**
 * Multiplies sums by a number.
 *
 * @returns A graph with inputs `factor` and `sum/NAME` and outputs `NAME`, which replace the
 * sums.
 */
export function scaleInPlace(graph: Graph): Result<Faults, GraphToCompile> {
  const names = Object.keys(graph.outputs);
  const scaled = traceGraph((g) => {
    const factor = g.input(FACTOR_INPUT, []);
    return Object.fromEntries(
      Object.entries(graph.outputs).map(([name, id]) => {
        const sum = g.input(`sum/${name}`, graph.nodes[id]?.shape ?? []);
        return [name, g.multiply(sum, factor)];
      }),
    );
  });
  return scaled._tag === "Left" ? scaled : right({
    graph: scaled.right,
    replaces: Object.fromEntries(names.map((name) => [name, `sum/${name}`])),
  });
}

/** Compiles graphs in their order. */
export async function compileAll(
  backend: Backend,
  graphs: readonly GraphToCompile[],
): Promise<Result<TrainError, readonly Program[]>> {
  const programs: Program[] = [];
  for (const { graph, ...options } of graphs) {
    const program = orBackendFailed(await backend.compile(graph, options));
    if (program._tag === "Left") {
      programs.forEach((compiled) => compiled.dispose());
      return program;
    }
    programs.push(program.right);
  }
  return right(programs);
}
