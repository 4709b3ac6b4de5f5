/** Tracing: running a function once to write down the graph that it computes. */
import {
  type Fault,
  type Faults,
  left,
  type Result,
  right,
} from "../result.ts";
import type { GraphBuilder } from "./builder.ts";
import type {
  DType,
  Graph,
  Node,
  NodeId,
  OpAttributes,
  OpName,
  Shape,
  Signature,
} from "./node.ts";
import { sizeOf } from "./node.ts";
import { definitionOf } from "./ops.ts";
import { prune } from "./prune.ts";
import { isShape, sameShape, showShape } from "./shape.ts";

/** Stands for a node that could not be built. */
const POISON: NodeId = -1;

const WHOLE_EXTENTS = "extents that are whole numbers of at least 0";

/** Numbers of a constant, or how to compute them. */
type ConstantValues = Parameters<GraphBuilder["constant"]>[0];

/** State of a trace. */
interface Trace {
  /** True if constants have their numbers: a graph that only tells shapes needs none. */
  readonly hasValues: boolean;
  readonly nodes: Node[];
  readonly faults: Fault[];
  readonly known: Map<string, NodeId>;
  readonly constants: Map<ConstantValues, NodeId>;
}

function write(trace: Trace, node: Node, key: string): NodeId {
  const known = trace.known.get(key);
  if (known !== undefined) return known;
  const id = trace.nodes.push(node) - 1;
  trace.known.set(key, id);
  return id;
}

function fail(
  trace: Trace,
  path: string,
  found: unknown,
  wanted: string,
): NodeId {
  trace.faults.push({ _tag: "Inconsistent", path, found, wanted });
  return POISON;
}

function applyOp<Name extends OpName>(
  trace: Trace,
  op: Name,
  attributes: OpAttributes[Name],
  inputs: readonly NodeId[],
): NodeId {
  const path = `node ${trace.nodes.length} (${op})`;
  const unknown = inputs.find((id) => trace.nodes[id] === undefined);
  if (unknown !== undefined) {
    return trace.faults.length > 0
      ? POISON
      : fail(trace, path, `input ${unknown}`, "nodes of this graph");
  }
  const known = inputs.map((id) => trace.nodes[id] as Signature);
  const inferred = definitionOf(op).infer(attributes, known);
  if (inferred._tag === "Left") {
    return fail(trace, path, showSignatures(known), inferred.left);
  }
  if (!isShape(inferred.right.shape)) {
    return fail(trace, path, showShape(inferred.right.shape), WHOLE_EXTENTS);
  }
  return write(
    trace,
    { op, attributes, inputs, ...inferred.right } as unknown as Node,
    `${op} ${inputs.join(" ")} ${JSON.stringify(attributes)}`,
  );
}

const showSignatures = (signatures: readonly Signature[]): string =>
  signatures.map(({ shape, dtype }) => `${dtype} ${showShape(shape)}`)
    .join(" and ");

function declareInput(
  trace: Trace,
  name: string,
  shape: Shape,
  dtype: DType,
): NodeId {
  if (!isShape(shape)) {
    return fail(trace, `input ${name}`, showShape(shape), WHOLE_EXTENTS);
  }
  const known = trace.known.get(`input ${name}`);
  const earlier = known === undefined ? undefined : trace.nodes[known];
  if (
    earlier && (earlier.dtype !== dtype || !sameShape(earlier.shape, shape))
  ) {
    return fail(
      trace,
      `input ${name}`,
      `${dtype} ${showShape(shape)}`,
      `${earlier.dtype} ${showShape(earlier.shape)} as declared before`,
    );
  }
  return write(
    trace,
    { op: "input", attributes: { name }, inputs: [], shape, dtype },
    `input ${name}`,
  );
}

function declareConstant(
  trace: Trace,
  given: ConstantValues,
  shape: Shape,
): NodeId {
  const known = trace.constants.get(given);
  if (
    known !== undefined && sameShape(trace.nodes[known]?.shape ?? [], shape)
  ) return known;
  const isComputed = typeof given === "function";
  const values = isComputed ? trace.hasValues ? given() : [] : given;
  const isLeftOut = isComputed && !trace.hasValues;
  if (sizeOf(shape) !== values.length && !isLeftOut) {
    return fail(
      trace,
      "constant",
      `${values.length} numbers`,
      `shape ${showShape(shape)}`,
    );
  }
  const node: Node = {
    op: "constant",
    attributes: { values },
    inputs: [],
    shape,
    dtype: "float32",
  };
  const id = trace.nodes.push(node) - 1;
  trace.constants.set(given, id);
  return id;
}

function builderOn(trace: Trace): GraphBuilder {
  const shape = (id: NodeId): Shape => trace.nodes[id]?.shape ?? [];
  const apply: GraphBuilder["apply"] = (op, attributes, inputs) =>
    applyOp(trace, op, attributes, inputs);
  return {
    input: (name, extents, dtype = "float32") =>
      declareInput(trace, name, extents, dtype),
    constant: (values, extents) => declareConstant(trace, values, extents),
    apply,
    shape,
    node: (id) => trace.nodes[id],
    fault: (path, found, wanted) => fail(trace, path, found, wanted),
    add: (a, b) => apply("add", {}, [a, b]),
    subtract: (a, b) => apply("subtract", {}, [a, b]),
    multiply: (a, b) => apply("multiply", {}, [a, b]),
    scale: (x, factor) => factor === 1 ? x : apply("scale", { factor }, [x]),
    matmul: (a, b, { transposeA = false, transposeB = false } = {}) =>
      apply("matmul", { transposeA, transposeB }, [a, b]),
    reshape: (x, to) => reshapeOnce(apply, trace.nodes, x, to),
    transpose: (x, permutation) =>
      permutation.every((axis, i) => axis === i)
        ? x
        : apply("transpose", { permutation }, [x]),
    slice: (x, axis, start, size) =>
      start === 0 && size === shape(x)[axis]
        ? x
        : apply("slice", { axis, start, size }, [x]),
    pad: (x, axis, before, after) =>
      before === 0 && after === 0
        ? x
        : apply("pad", { axis, before, after }, [x]),
    concat: ([first = POISON, ...rest], axis) =>
      rest.length === 0 ? first : apply("concat", { axis }, [first, ...rest]),
    broadcastTo: (x, to) =>
      sameShape(shape(x), to) ? x : apply("broadcastTo", { shape: to }, [x]),
    sumTo: (x, to) =>
      sameShape(shape(x), to) ? x : apply("sumTo", { shape: to }, [x]),
  };
}

/** A reshape of a reshape is one reshape; one that changes nothing is none. */
function reshapeOnce(
  apply: GraphBuilder["apply"],
  nodes: readonly Node[],
  x: NodeId,
  to: Shape,
): NodeId {
  const node = nodes[x];
  if (node === undefined || sameShape(node.shape, to)) return x;
  const [source = x] = node.op === "reshape" ? node.inputs : [];
  return sameShape(nodes[source]?.shape ?? [], to)
    ? source
    : apply("reshape", { shape: to }, [source]);
}

/** Writes nodes and names the results. */
export type Build = (g: GraphBuilder) => Readonly<Record<string, NodeId>>;

/**
 * Runs `build` once and gives the graph that it wrote, without the nodes that no
 * output needs.
 *
 * @param build Writes nodes through the builder and names its results.
 * @returns The graph, or every node whose inputs did not fit.
 *
 * @example The gradient of a sum of squares
 * ```ts
 * import { gradients, interpretGraph, traceGraph } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const graph = traceGraph((g) => {
 *   const x = g.input("x", [2]);
 *   const loss = g.sumTo(g.multiply(x, x), []);
 *   const [dx = -1] = gradients(g, loss, [x]);
 *   return { loss, dx };
 * });
 *
 * if (graph._tag === "Left") throw new Error("does not fit");
 * const { loss, dx } = interpretGraph(graph.right, { x: Float64Array.of(1, 3) });
 * deepStrictEqual(loss, Float64Array.of(10));
 * deepStrictEqual(dx, Float64Array.of(2, 6));
 * ```
 */
export function traceGraph(build: Build): Result<Faults, Graph> {
  return traced(build, true);
}

/**
 * As {@link traceGraph}, for what only asks for shapes, costs and lifetimes: constants
 * that would have to be computed have no numbers. Such a graph cannot be run.
 */
export function traceShapes(build: Build): Result<Faults, Graph> {
  return traced(build, false);
}

function traced(build: Build, hasValues: boolean): Result<Faults, Graph> {
  const trace: Trace = {
    hasValues,
    nodes: [],
    faults: [],
    known: new Map(),
    constants: new Map(),
  };
  const outputs = build(builderOn(trace));
  for (const [name, id] of Object.entries(outputs)) {
    if (trace.nodes[id] === undefined && trace.faults.length === 0) {
      fail(trace, `output ${name}`, `node ${id}`, "a node of this graph");
    }
  }
  const [first, ...rest] = trace.faults;
  return first === undefined
    ? right(prune({ nodes: trace.nodes, outputs }))
    : left([first, ...rest]);
}
