/** The reference interpreter as an engine: slow, in float64, without any library. */
import {
  type DType,
  type Graph,
  inputSignatures,
  interpretGraph,
  left,
  right,
  type Shape,
  type Signature,
  sizeOf,
} from "../core/mod.ts";
import {
  type Backend,
  type CompileOptions,
  type DeviceInfo,
  type DeviceTensor,
  dtypeOf,
  type HostNumbers,
  type Program,
} from "./backend.ts";
import { ALLOWANCE, checkGuard, guardedOutputs } from "./guard.ts";
import {
  checkInputs,
  checkIsLocal,
  checkLength,
  checkReplaced,
  disposingReplaced,
  refuseInt8,
} from "./program_inputs.ts";

/** Options of the reference engine. */
export interface ReferenceOptions {
  /** Precision of reals that `read` gives: rounded like every engine, or as they were computed. */
  readonly precision: "float32" | "float64";
  /**
   * Count of runs that wait in line (`Backend.runsAhead`), for tests of those who send them:
   * a run is computed when numbers of it or of a later one are read, or when the line
   * would be longer. By default it is done when it resolves.
   */
  readonly runsAhead?: number;
}

const DEVICE: DeviceInfo = {
  name: "reference",
  description: "plain interpreter in float64",
  isGpu: false,
};

/** Numbers of a tensor, once they are computed. */
interface Cell {
  values: Float64Array | null;
}

/** An engine's tensors and runs. */
interface Engine extends ReferenceOptions {
  /** Tensors that are alive. */
  readonly live: Map<DeviceTensor, Cell>;
  /** Runs in line, the oldest first. */
  readonly line: (() => void)[];
}

function rounded(
  values: Float64Array,
  dtype: DType,
  { precision }: ReferenceOptions,
): HostNumbers {
  if (dtype === "int32") return Int32Array.from(values);
  return precision === "float64" ? values.slice() : Float32Array.from(values);
}

/** The numbers of a cell, after all runs that they wait for. */
function valuesOf({ line }: Engine, cell: Cell): Float64Array {
  while (cell.values === null && line.length > 0) line.shift()?.();
  return cell.values ?? new Float64Array();
}

function tensorOf(
  engine: Engine,
  { shape, dtype }: Signature,
  cell: Cell,
): DeviceTensor {
  const { live } = engine;
  const tensor: DeviceTensor = {
    shape,
    dtype,
    read: () =>
      live.has(tensor)
        ? Promise.resolve(rounded(valuesOf(engine, cell), dtype, engine))
        : Promise.reject(new Error("The tensor was disposed")),
    dispose: () => void live.delete(tensor),
  };
  live.set(tensor, cell);
  return tensor;
}

/** Numbers as they are kept: a tensor that is read and uploaded again must be the same as one that stayed. */
const kept = (
  { precision }: ReferenceOptions,
  values: Float64Array,
): Float64Array => precision === "float64" ? values : values.map(Math.fround);

/** Puts a run at the end of the line, and computes those for which it has no room. */
function putInLine({ line, runsAhead = 0 }: Engine, run: () => void): void {
  line.push(run);
  while (line.length > runsAhead) line.shift()?.();
}

/** Signatures of the results of a program. */
const resultsOf = (
  { nodes, outputs }: Graph,
  { guard }: CompileOptions,
): readonly (readonly [string, Signature])[] => [
  ...Object.entries(outputs).map(([name, id]) => {
    const { shape = [] as Shape, dtype = "float32" } = nodes[id] ?? {};
    return [name, { shape, dtype }] as const;
  }),
  ...guard === undefined ? [] : [[guard.allowance, ALLOWANCE] as const],
];

function programOf(
  engine: Engine,
  graph: Graph,
  options: CompileOptions,
): Program {
  const { guard, replaces = {} } = options;
  const wanted = {
    ...inputSignatures(graph),
    ...guard === undefined ? {} : { [guard.allowance]: ALLOWANCE },
  };
  const compute = (cells: ReadonlyMap<string, Cell>) => {
    const inputs = Object.fromEntries(
      [...cells].map(([name, cell]) => [name, valuesOf(engine, cell)]),
    );
    const outputs = interpretGraph(graph, inputs);
    return guard === undefined
      ? outputs
      : guardedOutputs(guard, replaces, inputs, outputs);
  };
  let disposed = false;
  return {
    graph,
    run: (given) => {
      if (disposed) {
        const reason = "the program was disposed";
        return Promise.resolve(
          left({ _tag: "ExecutionFailed", device: "reference", reason }),
        );
      }
      const inputs = checkInputs(wanted, given, (x) => engine.live.get(x));
      if (inputs._tag === "Left") return Promise.resolve(inputs);
      const results = resultsOf(graph, options).map(([name, signature]) =>
        [name, signature, { values: null } as Cell] as const
      );
      putInLine(engine, () => {
        const values = compute(inputs.right);
        for (const [name, { shape }, cell] of results) {
          const numbers = values[name] ?? new Float64Array(sizeOf(shape));
          cell.values = kept(engine, numbers);
        }
      });
      return Promise.resolve(right(
        new Map(
          results.map(([name, signature, cell]) =>
            [name, tensorOf(engine, signature, cell)] as const
          ),
        ),
      ));
    },
    dispose: () => {
      disposed = true;
    },
  };
}

/** What a program replaces, its allowance as well. */
const allReplaced = ({ replaces = {}, guard }: CompileOptions) =>
  guard === undefined
    ? replaces
    : { ...replaces, [guard.allowance]: guard.allowance };

/**
 * An engine that computes what graphs mean: `interpretGraph` behind the same
 * interface as the fast ones. For checking, not for training. It keeps guards.
 *
 * @param options Precision of tensors between programs and of what `read`
 * gives; float32 by default. Within a program all is float64.
 */
export function referenceBackend(
  options: ReferenceOptions = { precision: "float32" },
): Backend {
  const engine: Engine = { ...options, live: new Map(), line: [] };
  const { live, line, runsAhead } = engine;
  return {
    device: DEVICE,
    ...runsAhead === undefined ? {} : { runsAhead },
    compile: (graph, options = {}) => {
      checkIsLocal(graph);
      checkReplaced(graph, options.replaces ?? {});
      if (options.guard !== undefined) checkGuard(graph, options.guard);
      const refusal = refuseInt8(DEVICE, options);
      if (refusal !== null) return Promise.resolve(refusal);
      const program = programOf(engine, graph, options);
      return Promise.resolve(
        right(disposingReplaced(program, allReplaced(options))),
      );
    },
    upload: (tensor) => {
      checkLength(tensor);
      const { shape, data } = tensor;
      const values = kept(engine, Float64Array.from(data));
      return tensorOf(engine, { shape, dtype: dtypeOf(data) }, { values });
    },
    liveTensors: () => live.size,
    liveBytes: () =>
      [...live.keys()].reduce((sum, { shape }) => sum + 8 * sizeOf(shape), 0),
    dispose: () => {
      live.clear();
      line.splice(0);
    },
  };
}
