/** Targets of kernels whose results go through a chain before they are stored. */
import type { NodeId, Shape } from "../../../core/mod.ts";
import type { Block } from "../wgsl/block.ts";
import type { KernelWriter, Lanes } from "../wgsl/kernel_writer.ts";
import { putBy, readBy } from "../wgsl/lanes.ts";
import type { Operand, Sink, Source, Target } from "../wgsl/operand.ts";
import type { Position } from "../wgsl/position.ts";
import { buffersOf, type Chain } from "./chains.ts";
import type { Compilation } from "./compilation.ts";
import { formulaOf, type MapNode } from "./operands/formulas.ts";
import {
  broadcast,
  hasFours,
  indicesIn,
  reshapedPosition,
  transposed,
} from "./operands/views.ts";
import { isTranspose } from "./outline.ts";

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
