/**
 * Looking through repetition.
 *
 * @module
 */
import type { GraphBuilder } from "./builder.ts";
import type { NodeId } from "./node.ts";

/**
 * What a node repeats, if it does nothing else. Element-wise ops broadcast by
 * themselves, so beside a tensor of full shape the repetition need not be written.
 *
 * @param g Where the node is written.
 * @param id The node.
 * @returns The tensor before `broadcastTo`, or the node itself.
 */
export function unrepeated(g: GraphBuilder, id: NodeId): NodeId {
  const node = g.node(id);
  return node?.op === "broadcastTo" ? node.inputs[0] ?? id : id;
}
