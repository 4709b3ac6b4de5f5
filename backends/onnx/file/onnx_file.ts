/** Graphs as ONNX files for other programs. */
import {
  type Faults,
  type Graph,
  left,
  type Result,
  right,
  type Shape,
} from "../../../core/mod.ts";
import { type Lowered, lowerGraph } from "../lower/lower_graph.ts";
import { type Initializer, modelParts, type OnnxModel } from "./onnx_model.ts";
import { symbolicBatch } from "./symbolic_batch.ts";

/** A tensor that becomes part of the file. */
export interface FileTensor {
  /** Extents, outermost first. */
  readonly shape: Shape;
  /** Row-major numbers. */
  readonly data: Float32Array;
}

/** A graph to be written. */
export interface OnnxFileSpec {
  /** Traces the graph for so many samples. */
  readonly graphAt: (batch: number) => Result<Faults, Graph>;
  /** Inputs of the graph that become part of the file, by name. */
  readonly parameters: ReadonlyMap<string, FileTensor>;
  /** Samples at a time, or `any`; then the first extent of `input` is left open. */
  readonly batch: number | "any";
  /** The input whose first extent is the batch. */
  readonly input: string;
}

/** Protocol Buffers end at 2³¹ bytes; some of them are for names and calls. */
export const MOST_ONNX_BYTES = 2 ** 31 - 2 ** 24;

/** A graph with its parameters as files, each in parts that follow one another. */
export interface OnnxFiles {
  /** The `.onnx` file. */
  readonly model: readonly Uint8Array[];
  /** The file beside it that holds the numbers; `null` if the first one does. */
  readonly numbers: readonly Uint8Array[] | null;
}

const fault = (path: string, found: unknown, wanted: string): Faults => [
  { _tag: "Inconsistent", path, found, wanted },
];

/** The model with every value under the name that the graph has for it. */
function renamed({ model, inputs, outputs }: Lowered): OnnxModel {
  const names = new Map([
    ...model.inputs.map(({ name }, i) => [name, inputs[i]!] as const),
    ...model.outputs.map(({ name }, i) => [name, outputs[i]!] as const),
  ]);
  const own = (name: string): string => names.get(name) ?? name;
  const ownName = <A extends { readonly name: string }>(value: A): A => ({
    ...value,
    name: own(value.name),
  });
  return {
    nodes: model.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(own),
      outputs: node.outputs.map(own),
    })),
    initializers: model.initializers,
    inputs: model.inputs.map(ownName),
    outputs: model.outputs.map(ownName),
  };
}

const bytesOf = ({ data }: FileTensor): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

const initializer = (name: string, tensor: FileTensor): Initializer => {
  const { shape } = tensor;
  return { name, type: "float32", shape, data: bytesOf(tensor) };
};

const bytesIn = ({ initializers }: OnnxModel): number =>
  initializers.reduce((sum, { data }) => sum + data.length, 0);

/** The same model with the numbers of its parameters in a file of this name, one behind the other. */
function divided(
  model: OnnxModel,
  parameters: OnnxFileSpec["parameters"],
  location: string,
): OnnxFiles {
  const numbers: Uint8Array[] = [];
  let offset = 0;
  const initializers = model.initializers.map((held): Initializer => {
    const { name, data } = held;
    if (!parameters.has(name)) return held;
    const elsewhere = { location, offset, length: data.length };
    numbers.push(data);
    offset += data.length;
    return { ...held, data: new Uint8Array(), elsewhere };
  });
  return { model: modelParts({ ...model, initializers }), numbers };
}

/** Makes parameters part of the model. */
function withParameters(
  model: OnnxModel,
  parameters: OnnxFileSpec["parameters"],
): OnnxModel {
  const isGiven = ({ name }: { readonly name: string }) =>
    !parameters.has(name);
  const held = model.inputs.filter((input) => !isGiven(input));
  return {
    ...model,
    inputs: model.inputs.filter(isGiven),
    initializers: [
      ...model.initializers,
      ...held.map(({ name }) => initializer(name, parameters.get(name)!)),
    ],
  };
}

/** The parameters that the graph declares with other extents. */
function misfits(
  model: OnnxModel,
  { parameters }: OnnxFileSpec,
): Faults | null {
  const bad = model.inputs.find(({ name, shape }) => {
    const given = parameters.get(name)?.shape;
    return given !== undefined && String(given) !== String(shape);
  });
  return bad === undefined ? null : fault(
    bad.name,
    parameters.get(bad.name)?.shape,
    `extents [${bad.shape.join(", ")}]`,
  );
}

function modelOf(spec: OnnxFileSpec): Result<Faults, OnnxModel> {
  const { graphAt, batch, input } = spec;
  const first = graphAt(batch === "any" ? 1 : batch);
  if (first._tag === "Left") return first;
  const modelAt = (graph: Graph) => renamed(lowerGraph("plain", graph));
  if (batch !== "any") return right(modelAt(first.right));
  const open = symbolicBatch((samples) => {
    const graph = graphAt(samples);
    return modelAt(graph._tag === "Right" ? graph.right : first.right);
  }, input);
  return open._tag === "Right" ? open : left(
    fault("batch", batch, `a number of samples: ${open.left}`),
  );
}

/** The model with its parameters in it. */
function wholeModel(spec: OnnxFileSpec): Result<Faults, OnnxModel> {
  const model = modelOf(spec);
  if (model._tag === "Left") return model;
  const bad = misfits(model.right, spec);
  return bad === null
    ? right(withParameters(model.right, spec.parameters))
    : left(bad);
}

/**
 * ONNX files of operator set 21 with a graph and its parameters, which call ONNX's own
 * operators only. Inputs and outputs have the names that they have in the graph.
 * Numbers that do not fit into one file go to a second one beside it, as ONNX's
 * external data.
 *
 * @param spec The graph, what becomes part of the files, and the samples at a time.
 * @param location Name of the second file.
 * @param mostBytes Most bytes of numbers in the first, at most `MOST_ONNX_BYTES`.
 * @returns The files, or why they cannot be written: the graph does not fit together,
 * or a parameter has other extents.
 *
 * @example Twice any number of numbers
 * ```ts
 * import { traceGraph } from "@vitfreeze/vitfreeze";
 * import { onnxFiles } from "./onnx_file.ts";
 * import { ok } from "node:assert/strict";
 *
 * const files = onnxFiles({
 *   graphAt: (batch) =>
 *     traceGraph((g) => ({ y: g.multiply(g.input("x", [batch, 3]), g.input("two", [])) })),
 *   parameters: new Map([["two", { shape: [], data: Float32Array.of(2) }]]),
 *   batch: "any",
 *   input: "x",
 * }, "numbers");
 *
 * ok(files._tag === "Right" && files.right.numbers === null);
 * ```
 */
export function onnxFiles(
  spec: OnnxFileSpec,
  location: string,
  mostBytes: number = MOST_ONNX_BYTES,
): Result<Faults, OnnxFiles> {
  const model = wholeModel(spec);
  if (model._tag === "Left") return model;
  return right(
    bytesIn(model.right) <= mostBytes
      ? { model: modelParts(model.right), numbers: null }
      : divided(model.right, spec.parameters, location),
  );
}
