/**
 * A graph as an ONNX model.
 *
 * @module
 */
import type { Graph, NodeId, Signature } from "../../../core/mod.ts";
import { biasIntoGemm } from "../fuse/bias_into_gemm.ts";
import {
  type EngineGraph,
  type EngineNode,
  rewrite,
} from "../fuse/fused_graph.ts";
import { scaledOperands, scaledResult } from "../fuse/scale_into_product.ts";
import type { OnnxModel, ValueInfo } from "../proto/model.ts";
import { activationLowerings } from "./activation.ts";
import { elementwiseLowerings } from "./elementwise.ts";
import { hogLowerings } from "./hog.ts";
import { layoutLowerings } from "./layout.ts";
import type { CalledOp, Lowering, Lowerings } from "./lowering.ts";
import { matmulLowerings } from "./matmul.ts";
import { normalizationLowerings } from "./normalization.ts";
import { type OnnxWriter, onnxWriter, type Value } from "./onnx_writer.ts";
import { optimizerLowerings } from "./optimizer.ts";
import { rowLowerings } from "./rows.ts";

const LOWERINGS: Lowerings<CalledOp> = {
  ...activationLowerings,
  ...elementwiseLowerings,
  ...hogLowerings,
  ...layoutLowerings,
  ...matmulLowerings,
  ...normalizationLowerings,
  ...optimizerLowerings,
  ...rowLowerings,
};

const PEEPHOLES = [scaledOperands, scaledResult, biasIntoGemm];

/** Name of the model's input for an input of the graph. */
export const inputValue = (name: string): Value => `input/${name}`;
/** Name of the model's output for an output of the graph. */
export const outputValue = (name: string): Value => `output/${name}`;

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
      const lowering = LOWERINGS[node.op] as Lowering<CalledOp>;
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

const inputsOf = ({ nodes }: EngineGraph): readonly ValueInfo[] =>
  nodes.flatMap((node) =>
    node.op === "input"
      ? [valueInfo(inputValue(node.attributes.name), node)]
      : []
  );

/**
 * Writes a graph as an ONNX model of operator set 21 and ONNX Runtime's fused
 * product, with the same inputs and outputs under the names of `inputValue` and
 * `outputValue`.
 *
 * @param graph A graph without nodes that no output needs.
 */
export function lowerGraph(graph: Graph): OnnxModel {
  const fused = rewrite(graph, PEEPHOLES);
  const writer = onnxWriter();
  const values: Value[] = [];
  for (const node of fused.nodes) {
    values.push(lowerNode(writer, node, values, fused.nodes));
  }
  const outputs = Object.entries(fused.outputs).map(([name, id]) => {
    const value = outputValue(name);
    return { value, from: values[id] ?? "", node: nodeAt(fused, id) };
  });
  const { nodes, initializers } = writer.written();
  return {
    nodes: [
      ...nodes,
      ...outputs.map(({ value, from }) => ({
        op: "Identity",
        domain: "" as const,
        inputs: [from],
        outputs: [value],
        attributes: {},
      })),
    ],
    initializers,
    inputs: inputsOf(fused),
    outputs: outputs.map(({ value, node }) => valueInfo(value, node)),
  };
}

const nodeAt = ({ nodes }: EngineGraph, id: NodeId): EngineNode => nodes[id]!;
