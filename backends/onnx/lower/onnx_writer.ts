/** Writer of the calls of an ONNX model. */
import type {
  LocalOp,
  NodeOf,
  OpName,
  Shape,
  Signature,
} from "../../../core/mod.ts";
import type {
  Attribute,
  Attributes,
  ElementType,
  Initializer,
  OnnxModel,
  OnnxNode,
} from "../file/onnx_model.ts";
import type { Int8Values } from "../fuse/int8_matrix.ts";
import type { FusedNodeOf, FusedOp } from "../fuse/fused_graph.ts";

/** Name of a value in the model. */
export type Value = string;

/** Operators that a model may call: also those that only ONNX Runtime has, or none but ONNX's own. */
export type Dialect = "fused" | "plain";

/** Writes calls. Equal calls and equal constants are written once. */
export interface OnnxWriter {
  /** Operators that may be called. */
  readonly dialect: Dialect;
  /** Calls an operator of ONNX with one result. */
  call(op: string, inputs: readonly Value[], attributes?: Attributes): Value;
  /** Calls an operator of ONNX with several results. */
  callMany(
    op: string,
    inputs: readonly Value[],
    attributes: Attributes,
    results: number,
  ): readonly Value[];
  /** Calls an operator that only ONNX Runtime has; not for the plain dialect. */
  callContrib(
    op: string,
    inputs: readonly Value[],
    attributes: Attributes,
  ): Value;
  /** The same value under a name of its own. */
  copy(value: Value, name: string): Value;
  /** Real numbers. */
  floats(values: readonly number[], shape: Shape): Value;
  /** One real number of shape `[]`. */
  scalar(value: number): Value;
  /** A list of whole numbers, for shapes and axes. */
  int64s(values: readonly number[]): Value;
  /** Indices. */
  int32s(values: readonly number[], shape: Shape): Value;
  /** Whole numbers of 8 bits, with or without a sign as their array has them. */
  bytes(values: Int8Values, shape: Shape): Value;
}

/** A writer and what it has written so far. */
export interface Recorder extends OnnxWriter {
  /** Calls in order, and constants. */
  written(): Pick<OnnxModel, "nodes" | "initializers">;
}

/** A whole number as an attribute. */
export const int = (value: number): Attribute => ({ _tag: "Int", value });
/** Whole numbers as an attribute. */
export const ints = (values: readonly number[]): Attribute => ({
  _tag: "Ints",
  values,
});
/** A real number as an attribute. */
export const real = (value: number): Attribute => ({ _tag: "Float", value });
/** A word as an attribute. */
export const word = (value: string): Attribute => ({ _tag: "Text", value });

/** Constants up to this many numbers are compared with earlier ones. */
const COMPARED = 64;

/** Starts with an empty model. */
export function onnxWriter(dialect: Dialect): Recorder {
  const nodes: OnnxNode[] = [];
  const initializers: Initializer[] = [];
  const known = new Map<string, readonly Value[]>();
  const once = (
    key: string,
    write: () => readonly Value[],
  ): readonly Value[] => {
    const values = known.get(key) ?? write();
    known.set(key, values);
    return values;
  };
  const call = (
    op: string,
    domain: OnnxNode["domain"],
    inputs: readonly Value[],
    attributes: Attributes,
    results: number,
  ): readonly Value[] =>
    once(`${op} ${results} ${inputs} ${JSON.stringify(attributes)}`, () => {
      const outputs = Array.from(
        { length: results },
        (_, i) => `${op}_${nodes.length}${i > 0 ? `_${i}` : ""}`,
      );
      nodes.push({ op, domain, inputs, outputs, attributes });
      return outputs;
    });
  const constant = (
    type: ElementType,
    shape: Shape,
    numbers: Float32Array | Int32Array | Int8Values | BigInt64Array,
  ): Value => {
    const name = `constant_${initializers.length}`;
    const key = numbers.length > COMPARED
      ? name
      : `${type} ${shape} ${numbers.join()}`;
    const [value = name] = once(key, () => {
      const data = new Uint8Array(numbers.buffer as ArrayBuffer);
      initializers.push({ name, type, shape, data });
      return [name];
    });
    return value;
  };
  return {
    dialect,
    call: (op, inputs, attributes = {}) =>
      call(op, "", inputs, attributes, 1)[0]!,
    callMany: (op, inputs, attributes, results) =>
      call(op, "", inputs, attributes, results),
    callContrib: (op, inputs, attributes) =>
      call(op, "com.microsoft", inputs, attributes, 1)[0]!,
    copy: (value, name) => {
      const [inputs, outputs] = [[value], [name]];
      nodes.push({
        op: "Identity",
        domain: "",
        inputs,
        outputs,
        attributes: {},
      });
      return name;
    },
    floats: (values, shape) =>
      constant("float32", shape, Float32Array.from(values)),
    scalar: (value) => constant("float32", [], Float32Array.of(value)),
    int64s: (values) =>
      constant("int64", [values.length], BigInt64Array.from(values, BigInt)),
    int32s: (values, shape) =>
      constant("int32", shape, Int32Array.from(values)),
    bytes: (values, shape) =>
      constant(values instanceof Int8Array ? "int8" : "uint8", shape, values),
    written: () => ({ nodes, initializers }),
  };
}

/** Ops that are written as calls; inputs and constants are not. */
export type CalledOp = Exclude<LocalOp, "input" | "constant"> | FusedOp;

/** A node of the core or a fused one, by the name of its op. */
export type EngineNodeOf<Name extends CalledOp> = Name extends OpName
  ? NodeOf<Name>
  : Name extends FusedOp ? FusedNodeOf<Name>
  : never;

/** Writes the calls that compute one node and gives the name of the result. */
export type Lowering<Name extends CalledOp> = (
  w: OnnxWriter,
  node: EngineNodeOf<Name>,
  inputs: readonly Value[],
  signatures: readonly Signature[],
) => Value;

/** Lowerings of several ops. */
export type Lowerings<Names extends CalledOp> = {
  readonly [Name in Names]: Lowering<Name>;
};
