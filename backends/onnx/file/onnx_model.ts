/**
 * An ONNX model as data and as bytes.
 *
 * Field numbers and codes are those of `onnx.proto`, IR version 10.
 *
 * @see {@link https://github.com/onnx/onnx/blob/main/onnx/onnx.proto}
 */
import type { Shape } from "../../../core/mod.ts";
import {
  delimited,
  type Field,
  float,
  integer,
  integers,
  joined,
  message,
  text,
} from "../../protobuf_wire.ts";

/** Version of the format; the one that came with operator set 21. */
const IR_VERSION = 10;

/** Operator sets that a model may use, and their versions. */
const OPERATOR_SETS: readonly (readonly [domain: string, version: number])[] = [
  ["", 21],
  ["com.microsoft", 1],
];

/** Kinds of number and their codes. */
export const ELEMENT_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
} as const;

/** Kind of number of a value. */
export type ElementType = keyof typeof ELEMENT_TYPES;

/** A constant of an operator. */
export type Attribute =
  | { readonly _tag: "Float"; readonly value: number }
  | { readonly _tag: "Int"; readonly value: number }
  | { readonly _tag: "Ints"; readonly values: readonly number[] }
  | { readonly _tag: "Text"; readonly value: string };

/** Constants of an operator by name. */
export type Attributes = Readonly<Record<string, Attribute>>;

/** A call of an operator. */
export interface OnnxNode {
  /** Name of the operator. */
  readonly op: string;
  /** Operator set; empty for ONNX's own. */
  readonly domain: "" | "com.microsoft";
  /** Names of the values that it reads; empty for an optional one that is absent. */
  readonly inputs: readonly string[];
  /** Names of the values that it writes. */
  readonly outputs: readonly string[];
  /** Its constants. */
  readonly attributes: Attributes;
}

/** A value that a model is given or gives. */
export interface ValueInfo {
  /** Its name. */
  readonly name: string;
  /** Kind of number. */
  readonly type: ElementType;
  /** Extents; a word stands for any number, the same wherever it occurs. */
  readonly shape: readonly (number | string)[];
}

/** A value that is part of the model. */
export interface Initializer extends ValueInfo {
  /** Extents. */
  readonly shape: Shape;
  /** Row-major numbers, little-endian; none if they are elsewhere. */
  readonly data: Uint8Array;
  /** Place of the numbers if they are in another file. */
  readonly elsewhere?: ExternalData;
}

/** Numbers in a file beside the model's. */
export interface ExternalData {
  /** Path of the file from the folder of the model. */
  readonly location: string;
  /** First byte of the numbers. */
  readonly offset: number;
  /** Bytes of the numbers. */
  readonly length: number;
}

/** A model: calls in topological order. */
export interface OnnxModel {
  /** Calls, writers before readers. */
  readonly nodes: readonly OnnxNode[];
  /** Constants. */
  readonly initializers: readonly Initializer[];
  /** Inputs. */
  readonly inputs: readonly ValueInfo[];
  /** Outputs. */
  readonly outputs: readonly ValueInfo[];
}

/** Type code and value of an attribute. */
function attributeFields(attribute: Attribute): readonly Field[] {
  switch (attribute._tag) {
    case "Float":
      return [float(2, attribute.value), integer(20, 1)];
    case "Int":
      return [integer(3, attribute.value), integer(20, 2)];
    case "Text":
      return [text(4, attribute.value), integer(20, 3)];
    case "Ints":
      return [integers(8, attribute.values), integer(20, 7)];
  }
}

const nodeFields = (node: OnnxNode): readonly Field[] => [
  ...node.inputs.map((name) => text(1, name)),
  ...node.outputs.map((name) => text(2, name)),
  // Names the call in messages and profiles.
  text(3, node.outputs[0] ?? node.op),
  text(4, node.op),
  ...Object.entries(node.attributes).map(([name, attribute]) =>
    message(5, [text(1, name), ...attributeFields(attribute)])
  ),
  text(7, node.domain),
];

const externalFields = (external: ExternalData): readonly Field[] => [
  ...Object.entries(external).map(([key, value]) =>
    message(13, [text(1, key), text(2, String(value))])
  ),
  integer(14, 1),
];

const initializerFields = (
  { name, type, shape, data, elsewhere }: Initializer,
): readonly Field[] => [
  integers(1, shape),
  integer(2, ELEMENT_TYPES[type]),
  text(8, name),
  ...elsewhere === undefined ? delimited(9, [data]) : externalFields(elsewhere),
];

const valueFields = ({ name, type, shape }: ValueInfo): readonly Field[] => {
  const extents = shape.map((extent) =>
    message(1, [
      typeof extent === "string" ? text(2, extent) : integer(1, extent),
    ])
  );
  const tensor = [integer(1, ELEMENT_TYPES[type]), message(2, extents)];
  return [text(1, name), message(2, [message(1, tensor)])];
};

/** A `ModelProto` in parts that follow one another; the numbers are not copied. */
export function modelParts(model: OnnxModel): readonly Uint8Array[] {
  const domains = new Set(["", ...model.nodes.map(({ domain }) => domain)]);
  return [
    integer(1, IR_VERSION),
    text(2, "vitfreeze"),
    ...delimited(7, [
      ...model.nodes.map((node) => message(1, nodeFields(node))),
      text(2, "graph"),
      ...model.initializers.flatMap((x) => delimited(5, initializerFields(x))),
      ...model.inputs.map((value) => message(11, valueFields(value))),
      ...model.outputs.map((value) => message(12, valueFields(value))),
    ]),
    ...OPERATOR_SETS.filter(([domain]) => domains.has(domain)).map((
      [domain, version],
    ) => message(8, [text(1, domain), integer(2, version)])),
  ];
}

/** The bytes of a `ModelProto`. */
export function encodeModel(model: OnnxModel): Uint8Array {
  return joined(modelParts(model));
}
