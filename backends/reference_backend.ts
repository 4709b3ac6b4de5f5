/** The reference interpreter as an engine: slow, in float64, without any library. */
import {
  type DType,
  type Graph,
  inputSignatures,
  interpretGraph,
  left,
  right,
  type Shape,
  sizeOf,
} from "../core/mod.ts";
import {
  type Backend,
  type DeviceInfo,
  type DeviceTensor,
  dtypeOf,
  type HostNumbers,
  type Program,
} from "./backend.ts";
import {
  checkInputs,
  checkLength,
  checkReplaced,
  disposingReplaced,
  refuseInt8,
} from "./program_inputs.ts";

/** Options of the reference engine. */
export interface ReferenceOptions {
  /** Precision of reals that `read` gives: rounded like every engine, or as they were computed. */
  readonly precision: "float32" | "float64";
}

const DEVICE: DeviceInfo = {
  name: "reference",
  description: "plain interpreter in float64",
  isGpu: false,
};

/** Tensors that are alive, with their numbers. */
type Live = Map<DeviceTensor, Float64Array>;

function rounded(
  values: Float64Array,
  dtype: DType,
  { precision }: ReferenceOptions,
): HostNumbers {
  if (dtype === "int32") return Int32Array.from(values);
  return precision === "float64" ? values.slice() : Float32Array.from(values);
}

function tensorOf(
  live: Live,
  options: ReferenceOptions,
  shape: Shape,
  dtype: DType,
  computed: Float64Array,
): DeviceTensor {
  // A tensor that is read and uploaded again must be the same as one that stayed.
  const values = options.precision === "float64"
    ? computed
    : computed.map(Math.fround);
  const tensor: DeviceTensor = {
    shape,
    dtype,
    read: () =>
      live.has(tensor)
        ? Promise.resolve(rounded(values, dtype, options))
        : Promise.reject(new Error("The tensor was disposed")),
    dispose: () => void live.delete(tensor),
  };
  live.set(tensor, values);
  return tensor;
}

function programOf(
  live: Live,
  options: ReferenceOptions,
  graph: Graph,
): Program {
  const wanted = inputSignatures(graph);
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
      const inputs = checkInputs(wanted, given, (x) => live.get(x));
      if (inputs._tag === "Left") return Promise.resolve(inputs);
      const values = interpretGraph(graph, Object.fromEntries(inputs.right));
      const outputs = Object.entries(graph.outputs).map(([name, id]) => {
        const { shape = [], dtype = "float32" } = graph.nodes[id] ?? {};
        const numbers = values[name] ?? new Float64Array(sizeOf(shape));
        return [name, tensorOf(live, options, shape, dtype, numbers)] as const;
      });
      return Promise.resolve(right(new Map(outputs)));
    },
    dispose: () => {
      disposed = true;
    },
  };
}

/**
 * An engine that computes what graphs mean: `interpretGraph` behind the same
 * interface as the fast ones. For checking, not for training.
 *
 * @param precision Precision of tensors between programs and of what `read`
 * gives; float32 by default. Within a program all is float64.
 */
export function referenceBackend(
  precision: ReferenceOptions = { precision: "float32" },
): Backend {
  const live: Live = new Map();
  return {
    device: DEVICE,
    compile: (graph, options = {}) => {
      const { replaces = {} } = options;
      checkReplaced(graph, replaces);
      const refusal = refuseInt8(DEVICE, options);
      if (refusal !== null) return Promise.resolve(refusal);
      const program = programOf(live, precision, graph);
      return Promise.resolve(right(disposingReplaced(program, replaces)));
    },
    upload: (tensor) => {
      checkLength(tensor);
      const { shape, data } = tensor;
      const values = Float64Array.from(data);
      return tensorOf(live, precision, shape, dtypeOf(data), values);
    },
    liveTensors: () => live.size,
    liveBytes: () =>
      [...live.values()].reduce((sum, { byteLength }) => sum + byteLength, 0),
    dispose: () => live.clear(),
  };
}
