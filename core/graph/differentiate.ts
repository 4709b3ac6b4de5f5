/** Reverse-mode differentiation of graphs. */
import { type GraphBuilder, stripBroadcast } from "./builder.ts";
import type { NodeId } from "./node.ts";
import { definitionOf } from "./ops.ts";

/** Name of the output that holds the gradient of a parameter. */
export function gradientName(parameter: string): string {
  return `gradient/${parameter}`;
}

/**
 * Writes the gradients of a scalar into the graph that computes it.
 *
 * Only nodes between `wanted` and the scalar are visited: what a frozen prefix
 * computes is no function of any trainable parameter, so no gradient ever
 * enters it.
 *
 * @param g Builder that holds the forward computation.
 * @param scalar Node of shape `[]` to differentiate.
 * @param wanted Nodes to differentiate by.
 * @param constants Nodes that count as constants, whatever they are computed from.
 * @returns For each wanted node its gradient, of the same shape; zeros where the scalar does not depend on it.
 */
export function gradients(
  g: GraphBuilder,
  scalar: NodeId,
  wanted: readonly NodeId[],
  constants: readonly NodeId[] = [],
): readonly NodeId[] {
  const active = dependents(g, scalar, wanted, new Set(constants));
  const parts = new Map<NodeId, NodeId[]>([[scalar, [g.constant([1], [])]]]);
  const total = (id: NodeId): NodeId | null => sumOf(g, parts.get(id) ?? []);
  for (let id = scalar; id >= 0; id--) {
    const node = g.node(id);
    const cotangent = active.has(id) && node !== undefined ? total(id) : null;
    if (cotangent === null || node === undefined) continue;
    parts.set(id, [cotangent]);
    definitionOf(node.op).vjp(g, node, cotangent, id).forEach((part, i) => {
      const input = node.inputs[i];
      if (input === undefined || part === null || !active.has(input)) return;
      parts.set(input, [...parts.get(input) ?? [], part()]);
    });
  }
  return wanted.map((id) => total(id) ?? zerosLike(g, id));
}

/** Nodes up to `last` whose value depends on one of `wanted`, not only through constants. */
function dependents(
  g: GraphBuilder,
  last: NodeId,
  wanted: readonly NodeId[],
  constants: ReadonlySet<NodeId>,
): ReadonlySet<NodeId> {
  const active = new Set<NodeId>(wanted);
  for (let id = 0; id <= last; id++) {
    if (constants.has(id)) continue;
    if (g.node(id)?.inputs.some((input) => active.has(input))) active.add(id);
  }
  return active;
}

const zerosLike = (g: GraphBuilder, id: NodeId): NodeId =>
  g.broadcastTo(g.constant([0], []), g.shape(id));

/** Sum of contributions; parts that lie side by side are joined instead of added. */
function sumOf(g: GraphBuilder, parts: readonly NodeId[]): NodeId | null {
  const [first, ...rest] = parts;
  if (first === undefined) return null;
  return joined(g, parts) ??
    rest.reduce((sum, part) => added(g, sum, part), first);
}

/** The sum of two tensors of one shape, of which one at most may be left broadcast. */
function added(g: GraphBuilder, a: NodeId, b: NodeId): NodeId {
  const inner = stripBroadcast(g, b);
  return inner === b ? g.add(stripBroadcast(g, a), b) : g.add(a, inner);
}

/** A padded part and where it starts. */
interface Placed {
  readonly inner: NodeId;
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

function placed(g: GraphBuilder, id: NodeId): Placed | null {
  const node = g.node(id);
  const [inner] = node?.inputs ?? [];
  if (node?.op !== "pad" || inner === undefined) return null;
  const { axis, before } = node.attributes;
  return {
    inner,
    axis,
    start: before,
    end: before + (g.shape(inner)[axis] ?? 0),
  };
}

/**
 * The sum of zero-padded parts that tile one axis is their concatenation: so the
 * gradient of a tensor cut into slices is written without adding zeros.
 */
function joined(g: GraphBuilder, parts: readonly NodeId[]): NodeId | null {
  const pieces = parts.map((part) => placed(g, part));
  if (pieces.length < 2 || !pieces.every((piece) => piece !== null)) {
    return null;
  }
  const sorted = pieces.toSorted((a, b) => a.start - b.start);
  const [{ axis }] = sorted as [Placed, ...Placed[]];
  const extent = g.shape(parts[0] ?? -1)[axis];
  const tiles = sorted.every((piece, i) =>
    piece.axis === axis && piece.start === (sorted[i - 1]?.end ?? 0)
  );
  return tiles && sorted.at(-1)?.end === extent
    ? g.concat(sorted.map(({ inner }) => inner), axis)
    : null;
}
