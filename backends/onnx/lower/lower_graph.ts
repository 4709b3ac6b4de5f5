/** A graph as an ONNX model. */
import type { Graph, NodeId, Signature } from "../../../core/mod.ts";
import {
  biasIntoGemm,
  int8Products,
  scaledOperands,
  scaledResult,
  squareIntoSum,
} from "../fuse/fusions.ts";
import {
  type EngineGraph,
  type EngineNode,
  rewrite,
} from "../fuse/fused_graph.ts";
import type { Int8Matrix } from "../fuse/int8_matrix.ts";
import type { OnnxModel, ValueInfo } from "../file/onnx_model.ts";
import { activationLowerings, elementwiseLowerings } from "./elementwise.ts";
import { convolutionLowerings } from "./convolution.ts";
import { hogLowerings } from "./hog.ts";
import { layoutLowerings } from "./layout.ts";
import {
  type CalledOp,
  type Dialect,
  type Lowering,
  type Lowerings,
  type OnnxWriter,
  onnxWriter,
  type Recorder,
  type Value,
} from "./onnx_writer.ts";
import { matmulLowerings } from "./matmul.ts";
import { normalizationLowerings } from "./normalization.ts";
import { rowLowerings } from "./rows.ts";

const LOWERINGS: Lowerings<CalledOp> = {
  ...activationLowerings,
  ...convolutionLowerings,
  ...elementwiseLowerings,
  ...hogLowerings,
  ...layoutLowerings,
  ...matmulLowerings,
  ...normalizationLowerings,
  ...rowLowerings,
};

const PEEPHOLES = [scaledOperands, scaledResult, biasIntoGemm, squareIntoSum];

/** A model, and which of its values are what the graph names. */
export interface Lowered {
  /** The model. */
  readonly model: OnnxModel;
  /** For each of the model's inputs, in order, the graph's name for it. */
  readonly inputs: readonly string[];
  /** For each of the model's outputs, in order, the graph's name for it. */
  readonly outputs: readonly string[];
}

const inputValue = (name: string): Value => `input/${name}`;

function lowerNode(
  w: OnnxWriter,
  node: EngineNode,
  values: readonly Value[],
  nodes: readonly EngineNode[],
): Value {
  switch (node.op) {
    case "input":
      return inputValue(node.attributes.name);
    case "constant":
      return w.floats(node.attributes.values, node.shape);
    default: {
      const lowering = LOWERINGS[node.op as CalledOp] as Lowering<CalledOp>;
      const operands = node.inputs.map((id) => values[id] ?? "");
      const signatures = node.inputs.map((id): Signature => nodes[id]!);
      return lowering(w, node as never, operands, signatures);
    }
  }
}

const valueInfo = (name: Value, { dtype, shape }: Signature): ValueInfo => ({
  name,
  type: dtype,
  shape,
});

const inputNames = ({ nodes }: EngineGraph): readonly string[] =>
  nodes.flatMap((node) => node.op === "input" ? [node.attributes.name] : []);

/** Values that may leave the model: results of calls, each under one name. */
function leaving(w: Recorder, values: readonly Value[]): readonly Value[] {
  const results = new Set(w.written().nodes.flatMap(({ outputs }) => outputs));
  return values.map((value, i) =>
    results.delete(value) ? value : w.copy(value, `output/${i}`)
  );
}

/**
 * Writes a graph as an ONNX model of operator set 21.
 *
 * @param graph A graph without nodes that no output needs.
 * @param weights Matrices that stand for inputs in products with rows; only for the
 * fused dialect.
 */
export function lowerGraph(
  dialect: Dialect,
  graph: Graph,
  weights: ReadonlyMap<string, Int8Matrix> = new Map(),
): Lowered {
  const fused = rewrite(graph, [...PEEPHOLES, int8Products(weights)]);
  const writer = onnxWriter(dialect);
  const values: Value[] = [];
  for (const node of fused.nodes) {
    values.push(lowerNode(writer, node, values, fused.nodes));
  }
  const signature = (id: NodeId): Signature => fused.nodes[id]!;
  const wanted = Object.values(fused.outputs);
  const outputs = leaving(writer, wanted.map((id) => values[id] ?? ""));
  return {
    model: {
      ...writer.written(),
      inputs: fused.nodes.flatMap((node) =>
        node.op === "input"
          ? [valueInfo(inputValue(node.attributes.name), node)]
          : []
      ),
      outputs: wanted.map((id, i) => valueInfo(outputs[i]!, signature(id))),
    },
    inputs: inputNames(fused),
    outputs: Object.keys(fused.outputs),
  };
}
