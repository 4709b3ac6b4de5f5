/** Random graphs of moves, sums, products and normalisations, for comparisons with their meaning. */
import fc from "fast-check";
import {
  type Graph,
  type GraphBuilder,
  inputSignatures,
  type NodeId,
  type Shape,
  sizeOf,
  traceGraph,
} from "../../../../core/mod.ts";
import { broadcastsTo } from "../../../../core/graph/shape.ts";
import { right } from "../../../right.ts";

/** A graph, and where its outputs go. */
export interface RandomGraph {
  readonly graph: Graph;
  readonly replaces: Readonly<Record<string, string>>;
}

/** Gives whole numbers below a limit. */
type Draw = (limit: number) => number;

/** Draws that a list of numbers determines. */
function drawsOf(numbers: readonly number[]): Draw {
  let turn = 0;
  return (limit) => numbers[turn++ % numbers.length]! % Math.max(1, limit);
}

/** Nodes so far, and how to choose among them. */
interface Growing {
  readonly g: GraphBuilder;
  readonly draw: Draw;
  /** Nodes of real numbers. */
  readonly nodes: NodeId[];
  /** The newest node of a kind. */
  readonly find: (fits: (shape: Shape) => boolean) => NodeId | undefined;
}

/** One more node, or nothing where none fits. */
type Growth = (growing: Growing) => NodeId | undefined;

const pick = ({ draw, nodes }: Growing): NodeId =>
  nodes[nodes.length - 1 - draw(Math.min(6, nodes.length))]!;

const MOST = 400;

/** A map of a node and of one that can be repeated to its shape. */
const pairs = (name: "add" | "subtract" | "multiply"): Growth => (growing) => {
  const { g, find } = growing;
  const x = pick(growing);
  const y = find((shape) => broadcastsTo(shape, g.shape(x))) ?? x;
  return growing.draw(2) === 0 ? g[name](x, y) : g[name](y, x);
};

const transpose: Growth = (growing) => {
  const { g, draw } = growing;
  const x = pick(growing);
  const axes = g.shape(x).map((_, axis) => axis);
  const shift = draw(axes.length);
  const turned = [...axes.slice(shift), ...axes.slice(0, shift)];
  return g.transpose(x, draw(2) === 0 ? turned : turned.toReversed());
};

/** The same numbers in two or three axes. */
const reshape: Growth = (growing) => {
  const { g, draw } = growing;
  const x = pick(growing);
  const size = sizeOf(g.shape(x));
  const divisors = Array.from({ length: size }, (_, i) => i + 1)
    .filter((d) => size % d === 0);
  const first = divisors[draw(divisors.length)]!;
  const rest = divisors.filter((d) => (size / first) % d === 0);
  const second = rest[draw(rest.length)]!;
  return g.reshape(
    x,
    draw(3) === 0
      ? [first, size / first]
      : [first, second, size / first / second],
  );
};

const slice: Growth = (growing) => {
  const { g, draw } = growing;
  const x = pick(growing);
  const shape = g.shape(x);
  if (shape.length === 0) return undefined;
  const axis = draw(shape.length);
  const start = draw(shape[axis]!);
  return g.slice(x, axis, start, 1 + draw(shape[axis]! - start));
};

const pad: Growth = (growing) => {
  const { g, draw } = growing;
  const x = pick(growing);
  const { length } = g.shape(x);
  return length === 0 ? undefined : g.pad(x, draw(length), draw(3), draw(4));
};

const concat: Growth = (growing) => {
  const { g, draw, find } = growing;
  const x = pick(growing);
  const shape = g.shape(x);
  if (shape.length === 0) return undefined;
  const axis = draw(shape.length);
  const y = find((other) =>
    other.length === shape.length &&
    other.every((extent, i) => i === axis || extent === shape[i])
  );
  return g.concat([x, y ?? x, ...draw(3) === 0 ? [x] : []], axis);
};

const sumTo: Growth = (growing) => {
  const { g, draw } = growing;
  const x = pick(growing);
  const to = g.shape(x).map((extent) => draw(2) === 0 ? 1 : extent);
  return g.sumTo(x, draw(2) === 0 ? to : to.slice(to[0] === 1 ? 1 : 0));
};

/** A product with another node, or with itself. */
const matmul: Growth = (growing) => {
  const { g, draw, find } = growing;
  const a = find((shape) => shape.length >= 2) ?? -1;
  if (a < 0) return undefined;
  const shape = g.shape(a);
  const inner = shape.at(-1)!;
  const b = find((other) =>
    other.length === shape.length && other.at(-2) === inner &&
    other.slice(0, -2).every((extent, i) => extent === shape[i])
  );
  return b !== undefined && draw(3) > 0
    ? g.matmul(a, b)
    : draw(2) === 0
    ? g.matmul(a, a, { transposeB: true })
    : g.matmul(a, a, { transposeA: true });
};

const ofRows = (name: "softmax" | "logSoftmax"): Growth => (growing) => {
  const x = pick(growing);
  return growing.g.shape(x).length === 0
    ? undefined
    : growing.g.apply(name, {}, [x]);
};

const layerNorm: Growth = (growing) => {
  const { g, find } = growing;
  const x = pick(growing);
  const width = g.shape(x).at(-1);
  const gain = find((shape) => shape.length === 1 && shape[0] === width);
  return width === undefined || gain === undefined
    ? undefined
    : g.apply("layerNorm", { epsilon: 0.1 }, [x, gain, gain]);
};

const gather: Growth = ({ g, draw, find }) => {
  const x = find((shape) =>
    shape.length >= 2 && shape[0]! <= 6 && shape[1]! >= 2
  );
  if (x === undefined) return undefined;
  const [batch = 1] = g.shape(x);
  const index = g.input(`index${batch}`, [batch, 3], "int32");
  const rows = g.apply("gatherRows", {}, [x, index]);
  return draw(2) === 0
    ? rows
    : g.apply("scatterRows", { rows: 4 }, [rows, index]);
};

const GROWTHS: readonly Growth[] = [
  ...[pairs("add"), pairs("subtract"), pairs("multiply"), pairs("add")],
  ({ g, ...rest }) => g.scale(pick({ g, ...rest }), -0.7),
  ({ g, ...rest }) => g.apply("gelu", {}, [pick({ g, ...rest })]),
  ({ g, ...rest }) => g.apply("relu", {}, [pick({ g, ...rest })]),
  ...[transpose, reshape, slice, pad, concat, sumTo, matmul, matmul],
  ...[ofRows("softmax"), ofRows("logSoftmax"), layerNorm, gather],
  (growing) => {
    const x = pick(growing);
    return growing.g.broadcastTo(x, [2, ...growing.g.shape(x)]);
  },
];

/** Keeps numbers small, whatever products have made of them. */
function tamed(g: GraphBuilder, id: NodeId, longest: number): NodeId {
  return longest > 1 ? g.scale(id, 1 / longest) : id;
}

function grown(
  g: GraphBuilder,
  shapes: readonly Shape[],
  steps: readonly (readonly number[])[],
): readonly NodeId[] {
  const nodes = shapes.map((shape, i) => g.input(`x${i}`, shape));
  nodes.push(g.input("s", []), g.input("row", [shapes[0]!.at(-1)!]));
  const before = nodes.length;
  for (const step of steps) {
    const draw = drawsOf(step);
    const growth = GROWTHS[draw(GROWTHS.length)]!;
    const find: Growing["find"] = (fits) => {
      const all = nodes.filter((id) => fits(g.shape(id)));
      return all[all.length - 1 - draw(all.length)];
    };
    const id = growth({ g, draw, nodes, find });
    if (id === undefined || sizeOf(g.shape(id)) > MOST) continue;
    const node = g.node(id);
    const sums = node?.op === "matmul" || node?.op === "sumTo";
    const [input = id] = node?.inputs ?? [];
    const terms = node?.op === "matmul"
      ? Math.max(...g.shape(input).slice(-2))
      : sizeOf(g.shape(input)) / Math.max(1, sizeOf(g.shape(id)));
    nodes.push(sums ? tamed(g, id, Math.sqrt(terms)) : id);
  }
  return nodes.slice(before);
}

function graphOf(
  shapes: readonly Shape[],
  steps: readonly (readonly number[])[],
  chosen: readonly number[],
  isReplacing: boolean,
): RandomGraph {
  const graph = right(traceGraph((g) => {
    const made = grown(g, shapes, steps);
    const last = made.at(-1) ?? g.scale(g.input("x0", shapes[0]!), 2);
    const ids = [last, ...chosen.map((i) => made[i % made.length] ?? last)];
    return Object.fromEntries(ids.map((id, i) => [`y${i}`, id]));
  }));
  const replaces: Record<string, string> = {};
  const inputs = Object.entries(inputSignatures(graph));
  for (const [name, id] of Object.entries(graph.outputs)) {
    const { shape, dtype } = graph.nodes[id]!;
    const input = inputs.find(([input, to]) =>
      !Object.values(replaces).includes(input) && to.dtype === dtype &&
      to.shape.join() === shape.join()
    );
    if (isReplacing && input !== undefined) replaces[name] = input[0];
  }
  return { graph, replaces };
}

const extent = fc.constantFrom(1, 2, 3, 4, 5, 8);

const shape: fc.Arbitrary<Shape> = fc.array(extent, {
  minLength: 2,
  maxLength: 4,
}).filter((extents) => sizeOf(extents) <= 200);

/** Graphs of up to 14 ops. */
export const randomGraph: fc.Arbitrary<RandomGraph> = fc.tuple(
  fc.array(shape, { minLength: 1, maxLength: 3 }).map((shapes) => [
    ...shapes,
    shapes[0]!,
  ]),
  fc.array(fc.array(fc.nat({ max: 999 }), { minLength: 8, maxLength: 8 }), {
    minLength: 2,
    maxLength: 14,
  }),
  fc.array(fc.nat({ max: 13 }), { maxLength: 4 }),
  fc.boolean(),
).map(([shapes, steps, chosen, isReplacing]) =>
  graphOf(shapes, steps, chosen, isReplacing)
);
