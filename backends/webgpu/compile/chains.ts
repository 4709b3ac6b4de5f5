/**
 * Work that follows a kernel on the same numbers, done before they are stored: biases,
 * residuals, activations, other places. A chain begins at the node that the kernel
 * computes and goes on as long as the next node treats every number alone and everything
 * else that it needs is there.
 */
import {
  type Node,
  type NodeId,
  type Shape,
  sizeOf,
} from "../../../core/mod.ts";
import { sameShape } from "../../../core/graph/shape.ts";
import type { Block } from "../wgsl/block.ts";
import type { KernelWriter, Lanes } from "../wgsl/kernel_writer.ts";
import { putBy, readBy } from "../wgsl/lanes.ts";
import type { Operand, Sink, Source, Target } from "../wgsl/operand.ts";
import type { Position } from "../wgsl/position.ts";
import type { Compilation } from "./compilation.ts";
import { formulaOf, isMap, type MapNode } from "./operands/formulas.ts";
import { isRereading, isTranspose } from "./outline.ts";
import {
  broadcast,
  hasFours,
  indicesIn,
  reshapedPosition,
  transposed,
} from "./operands/views.ts";

/** Nodes that one kernel computes one after the other; all treat each number alone but the first. */
export interface Chain {
  /** Their roots, at least one. */
  readonly roots: readonly NodeId[];
  /** Those that are stored, the last among them. */
  readonly stored: ReadonlySet<NodeId>;
}

/** Conditions of chains. */
export interface ChainRules {
  /** Nodes that must not be computed yet. */
  readonly isBarred: (root: NodeId) => boolean;
  /** Nodes that are needed besides what the graph says, so that they can be had from memory. */
  readonly isDemanded: (root: NodeId) => boolean;
}

/** True if a node can follow another one in its chain. */
function follows(
  compilation: Compilation,
  { isBarred }: ChainRules,
  before: NodeId,
  id: NodeId,
): boolean {
  const { outline, isDone, isReady } = compilation;
  const { node, root, users, outputs } = outline;
  if (isDone(id) || isBarred(id)) return false;
  const [from, to] = [node(before), node(id)];
  if (isTranspose(to)) {
    return users(before).length === 1 && outputs(before).length === 0;
  }
  if (!isMap(to) || sizeOf(from.shape) !== sizeOf(to.shape)) return false;
  return (to as Node).inputs.every((input) =>
    root(input) === before
      ? sameShape(node(input).shape, to.shape)
      : isReady(root(input))
  );
}

/**
 * Finds the chain of a node.
 *
 * @param free Buffers that the kernel may bind besides its own; of these, the chain takes one for what it stores.
 */
export function chainFrom(
  compilation: Compilation,
  rules: ChainRules,
  first: NodeId,
  free: number,
): Chain {
  const { outline, keeping } = compilation;
  const { node, inputs, users, outputs } = outline;
  const isShared = (id: NodeId, next: NodeId | undefined): boolean =>
    outputs(id).length > 0 || rules.isDemanded(id) ||
    users(id).some((user) => user !== next);
  const roots = [first];
  let others: ReadonlySet<NodeId> = new Set();
  let targets = 1;
  for (;;) {
    const last = roots.at(-1)!;
    const possible = users(last).filter((id) =>
      follows(compilation, rules, last, id)
    );
    const next = possible.find(keeping.isKept) ?? possible[0];
    if (next === undefined) break;
    const more = compilation.leaves(
      inputs(next).filter((input) => input !== last),
    );
    others = new Set([...others, ...more]);
    if (isShared(last, next)) targets++;
    if (others.size + targets > free) break;
    roots.push(next);
  }
  const isWanted = (id: NodeId, i: number): boolean =>
    (i === 0 && roots.length > 1 && isShared(id, roots[1])) ||
    (i > 0 && keeping.isKept(id)) ||
    users(id).some((user) => isRereading(node(user)) && user !== roots[i + 1]);
  const end = roots.findLastIndex(isWanted);
  const taken = end < 0 ? roots : roots.slice(0, end + 1);
  const stored = new Set(
    taken.filter((id, i) =>
      i === taken.length - 1 ||
      outputs(id).length > 0 ||
      users(id).some((user) => user !== taken[i + 1])
    ),
  );
  demand(compilation, rules, { roots: taken, stored });
  return { roots: taken, stored };
}

/** Buffers that a chain binds: what it stores, and what it reads. */
export function buffersOf(
  { outline: { inputs }, leaves }: Compilation,
  { roots, stored }: Chain,
): number {
  const others = roots.slice(1).flatMap((id, i) =>
    inputs(id).filter((input) => input !== roots[i])
  );
  return stored.size + leaves(others).size;
}

/** Stores what is demanded and cannot be had from what is stored behind it. */
function demand(
  { outline: { node } }: Compilation,
  { isDemanded }: ChainRules,
  { roots, stored }: { roots: readonly NodeId[]; stored: Set<NodeId> },
): void {
  roots.forEach((id, i) => {
    if (!isDemanded(id) || stored.has(id)) return;
    const end = roots.findIndex((later, j) => j > i && stored.has(later));
    const isMoved = roots.slice(i + 1, end + 1)
      .every((later) => isTranspose(node(later)));
    if (!isMoved) stored.add(id);
  });
}

/** Steps of a chain, opened in a kernel. */
interface OpenStep {
  readonly id: NodeId;
  readonly sink: Sink | undefined;
  /** Sources of the inputs; `null` stands for the number of the step before. */
  readonly sources: readonly (Source | null)[];
}

/** A chain with its operands and targets. */
interface Parts {
  readonly compilation: Compilation;
  readonly chain: Chain;
  /** Targets of what is stored. */
  readonly targets: ReadonlyMap<NodeId, Target>;
  /** Operands of each step that do not come from the step before. */
  readonly operands: readonly (readonly (Operand | null)[])[];
}

function opened(
  { chain, targets, operands }: Parts,
  writer: KernelWriter,
): readonly OpenStep[] {
  return chain.roots.map((id, i) => ({
    id,
    sources: operands[i]!.map((operand) => operand?.open(writer) ?? null),
    sink: targets.get(id)?.open(writer),
  }));
}

/** Where a number is in the shape of the present step. */
interface Place {
  readonly shape: Shape;
  readonly position: Position;
}

/** The place of a number after a step. */
function placeAfter(
  { compilation: { outline: { node } } }: Parts,
  block: Block,
  id: NodeId,
  { shape, position }: Place,
): Place {
  const here = node(id);
  if (!isTranspose(here)) {
    return {
      shape: here.shape,
      position: reshapedPosition(block, shape, here.shape, position),
    };
  }
  const from = node(here.inputs[0]!).shape;
  const indices = indicesIn(
    block,
    from,
    reshapedPosition(block, shape, from, position),
  );
  const { permutation } = here.attributes;
  const at = permutation.map((axis) => indices[axis] ?? "0");
  return { shape: here.shape, position: { at } };
}

/** Adds statements that take a number through the chain and store it where it is wanted. */
function follow(
  parts: Parts,
  steps: readonly OpenStep[],
  writer: KernelWriter,
  lanes: Lanes,
  block: Block,
  start: Place,
  first: string,
): string {
  const { node } = parts.compilation.outline;
  let [place, number] = [start, block.let(first)];
  steps.forEach(({ id, sources, sink }, i) => {
    place = i === 0
      ? {
        shape: node(id).shape,
        position: reshapedPosition(
          block,
          place.shape,
          node(id).shape,
          place.position,
        ),
      }
      : placeAfter(parts, block, id, place);
    const { position } = place;
    const here = node(id);
    if (i > 0 && !isTranspose(here)) {
      const numbers = sources.map((source) =>
        source === null
          ? number
          : block.let(readBy(source, lanes)(block, position))
      );
      number = block.let(formulaOf(writer, here as MapNode, numbers, lanes));
    }
    if (sink !== undefined) putBy(sink, lanes)(block, position, number);
  });
  return number;
}

/** The target of the kernel of a chain's first node, whose numbers have the given extents for it. */
function targetOf(parts: Parts, shape: Shape): Target {
  const { compilation: { outline: { node } }, chain, targets } = parts;
  const nodes = chain.roots.map(node);
  const keepsFours = nodes.every((here, i) =>
    hasFours(here.shape) && (i === 0 || !isTranspose(here) ||
      here.attributes.permutation.at(-1) === here.shape.length - 1)
  );
  const all = [...targets.values()];
  const vector = keepsFours && hasFours(shape) &&
    all.every((target) => target.vector);
  const [only] = all;
  return {
    shape,
    vector,
    onlyVector: vector && all.some((target) => target.onlyVector),
    label: nodes.length > 1
      ? ` + ${nodes.slice(1).map(({ op }) => op).join(" ")}`
      : "",
    ...nodes.length === 1 && only?.stored !== undefined
      ? { stored: only.stored }
      : {},
    stores: all.map(({ stored }) => stored!),
    ...nodes.some(isTranspose) ? {} : {
      last: { buffers: buffersOf(parts.compilation, chain) },
    },
    open: (writer) => {
      const steps = opened(parts, writer);
      const put = (lanes: Lanes): Sink["put"] => (block, position, value) =>
        follow(parts, steps, writer, lanes, block, { shape, position }, value);
      return { put: put(1), put4: put(4) };
    },
  };
}

/** The view of a root's numbers in what is stored behind it by moves alone. */
function viewsBehind(
  { outline: { node }, operand }: Compilation,
  { roots, stored }: Chain,
  i: number,
): (() => Operand) | undefined {
  const end = roots.findIndex((id, j) => j > i && stored.has(id));
  const moves = roots.slice(i + 1, end + 1).map(node);
  if (end < 0 || !moves.every(isTranspose)) return undefined;
  return () =>
    moves.reduceRight<Operand>((after, move) => {
      const { permutation } = move.attributes;
      const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
      return transposed(after, inverse);
    }, operand(roots[end]!));
}

/**
 * The target of a kernel that computes a chain. From now on its nodes count as computed:
 * operands of the kernel must have been taken before.
 *
 * @param shape Extents of the first node's numbers as the kernel sees them; by default the node's own.
 * @param valueFor Gives the value of a stored root.
 */
export function openChain(
  compilation: Compilation,
  chain: Chain,
  valueFor: (root: NodeId) => number,
  shape: Shape = compilation.outline.node(chain.roots[0]!).shape,
): Target {
  const { outline: { node, root }, operand } = compilation;
  const operands = chain.roots.map((id, i) => {
    const here = node(id);
    if (i === 0 || isTranspose(here)) return [];
    return here.inputs.map((input) =>
      root(input) === chain.roots[i - 1]
        ? null
        : broadcast(operand(input), here.shape)
    );
  });
  const targets = new Map(
    [...chain.stored].map((id) =>
      [id, compilation.hold(id, valueFor(id))] as const
    ),
  );
  chain.roots.forEach((id, i) => {
    if (chain.stored.has(id)) return;
    compilation.finish(id, viewsBehind(compilation, chain, i));
  });
  return targetOf({ compilation, chain, targets, operands }, shape);
}
