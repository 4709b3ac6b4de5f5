/**
 * The steps of a program: one launch for each node, and what it makes superfluous.
 *
 * @module
 */
import {
  type Graph,
  lastUses,
  type Node,
  type NodeId,
  type Signature,
} from "../../core/mod.ts";
import type {
  ComputedOp,
  Device,
  Kernel,
  Launch,
  StoredTensor,
} from "./device.ts";
import type { TensorPool } from "./tensor_pool.ts";

/** How to compute one node and what is no longer needed then. */
export interface Step {
  /** The node. */
  readonly node: NodeId;
  /** What it computes from. */
  readonly inputs: readonly NodeId[];
  /** Computes it. */
  readonly launch: Launch;
  /** Nodes that no later step needs; sources belong to others and are not among them. */
  readonly releases: readonly NodeId[];
}

/** Tensors of one run by node. */
export type Values = (StoredTensor | undefined)[];

const isSource = (node: Node | undefined): boolean =>
  node?.op === "input" || node?.op === "constant";

/**
 * The same shape as small integers. An extent that comes from a division may be
 * stored as a float64; loops that count to it run at a third of the speed.
 */
const withPlainShape = <S extends Signature>(signature: S): S => ({
  ...signature,
  shape: signature.shape.map((extent) => extent | 0),
});

function launchOf(
  device: Device,
  pool: TensorPool,
  graph: Graph,
  node: Node,
): Launch {
  if (node.op === "reshape") return ([x]) => pool.share(x!, node);
  const kernel = device.kernels[node.op as ComputedOp] as Kernel<ComputedOp>;
  const launch = kernel(
    withPlainShape(node) as Parameters<typeof kernel>[0],
    node.inputs.map((id) => withPlainShape(graph.nodes[id]!)),
  );
  return (inputs) => pool.adopt(launch(inputs));
}

/** Prepares every node of a graph that computes something. */
export function stepsOf(
  device: Device,
  pool: TensorPool,
  graph: Graph,
): readonly Step[] {
  const releases = lastUses(graph);
  return graph.nodes.flatMap((node, id) =>
    isSource(node) ? [] : [{
      node: id,
      inputs: node.inputs,
      launch: launchOf(device, pool, graph, node),
      releases: (releases[id] ?? []).filter((used) =>
        !isSource(graph.nodes[used])
      ),
    }]
  );
}

/**
 * Launches all steps in order, one at each turn. Afterwards `values` holds what is
 * left: sources and whatever was never released.
 */
export function* launches(
  steps: readonly Step[],
  values: Values,
  pool: TensorPool,
): Generator<void> {
  for (const { node, inputs, launch, releases } of steps) {
    values[node] = launch(inputs.map((id) => values[id]!));
    for (const id of releases) {
      pool.release(values[id]!);
      values[id] = undefined;
    }
    yield;
  }
}
