/** Views read the numbers that their ops name. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  type GraphBuilder,
  interpretGraph,
  type NodeId,
  type Shape,
  sizeOf,
} from "../../../../core/mod.ts";
import {
  broadcast,
  hasFours,
  reshaped,
  sliced,
  transposed,
} from "../../../../backends/webgpu/compile/operands/views.ts";
import { planesSum } from "../../../../backends/webgpu/compile/operands/planes.ts";
import { block, names } from "../../../../backends/webgpu/wgsl/block.ts";
import { kernelWriter } from "../../../../backends/webgpu/wgsl/kernel_writer.ts";
import type { Operand } from "../../../../backends/webgpu/wgsl/operand.ts";
import {
  flatOf,
  indicesOf,
  type Position,
} from "../../../../backends/webgpu/wgsl/position.ts";
import { graphOf } from "./compiled.ts";
import { after, evaluated, type Known } from "./integer_text.ts";

/** An operand whose numbers are their own positions. */
const counted = (shape: Shape): Operand => ({
  shape,
  vector: hasFours(shape),
  open: () => ({
    at: (_, position) => flatOf(shape, position),
    at4: (_, position) => `four(${flatOf(shape, position)})`,
  }),
});

/** A view, and the node that it is. */
interface Step {
  readonly view: (x: Operand) => Operand;
  readonly node: (g: GraphBuilder, x: NodeId) => NodeId;
}

/** Draws of a step. */
type Draw = readonly [number, number, number];

const divisors = (size: number): readonly number[] =>
  Array.from({ length: size }, (_, i) => i + 1).filter((d) => size % d === 0);

function stepOf(shape: Shape, kind: number, [a, b, c]: Draw): Step {
  const rank = shape.length;
  const axis = a % rank;
  switch (kind) {
    case 0: {
      const size = sizeOf(shape);
      const first = divisors(size)[a % divisors(size).length]!;
      const rest = divisors(size / first);
      const second = rest[b % rest.length]!;
      const to = c % 4 === 0
        ? [first, 1, size / first]
        : [first, second, size / first / second];
      return {
        view: (x) => reshaped(x, to),
        node: (g, x) => g.reshape(x, to),
      };
    }
    case 1: {
      const axes = shape.map((_, i) => i);
      const turned = [...axes.slice(axis), ...axes.slice(0, axis)];
      const permutation = b % 2 === 0 ? turned : turned.toReversed();
      return {
        view: (x) => transposed(x, permutation),
        node: (g, x) => g.transpose(x, permutation),
      };
    }
    case 2: {
      const start = b % shape[axis]!;
      const size = 1 + c % (shape[axis]! - start);
      return {
        view: (x) => sliced(x, axis, start, size),
        node: (g, x) => g.slice(x, axis, start, size),
      };
    }
    default: {
      const to = [
        ...b % 2 === 0 ? [2] : [],
        ...shape.map((extent) => extent === 1 ? 1 + c % 4 : extent),
      ];
      return {
        view: (x) => broadcast(x, to),
        node: (g, x) => g.broadcastTo(x, to),
      };
    }
  }
}

const extent = fc.constantFrom(1, 1, 2, 3, 4, 6, 8);

const views = fc.tuple(
  fc.array(extent, { minLength: 1, maxLength: 4 }),
  fc.array(
    fc.tuple(
      fc.nat({ max: 3 }),
      fc.tuple(fc.nat({ max: 99 }), fc.nat({ max: 99 }), fc.nat({ max: 99 })),
    ),
    { minLength: 1, maxLength: 4 },
  ),
);

/** A row of views on a tensor of its own positions, and the positions that it reads. */
function made(
  shape: Shape,
  draws: readonly (readonly [number, Draw])[],
): readonly [Operand, Float64Array] {
  let view = counted(shape);
  const graph = graphOf((g) => {
    const y = draws.reduce<NodeId>((x, [kind, draw]) => {
      const step = stepOf(view.shape, kind, draw);
      view = step.view(view);
      return step.node(g, x);
    }, g.input("x", shape));
    return { y };
  });
  const x = Float64Array.from({ length: sizeOf(shape) }, (_, i) => i);
  return [view, interpretGraph(graph, { x })["y"]!];
}

/** Numbers that an expression of one or four gives. */
function numbersOf(text: string, known: Known): readonly number[] {
  const four = /^four\((.*)\)$/.exec(text)?.[1];
  if (four !== undefined) {
    const first = evaluated(four, known);
    strictEqual(first % 4, 0, text);
    return [0, 1, 2, 3].map((lane) => first + lane);
  }
  const lanes = /^vec4<f32>\((.*)\)$/.exec(text)?.[1]?.split(", ") ?? [text];
  const numbers = lanes.map((lane) => evaluated(lane, known));
  return numbers.length === 1 && text.startsWith("vec4")
    ? Array(4).fill(numbers[0])
    : numbers;
}

/** What a view reads at a position, by ones and, where it can, by fours. */
function readsAt(
  view: Operand,
  position: Position,
  known: Known,
  isFour: boolean,
): readonly (readonly number[])[] {
  const source = view.open(kernelWriter([]));
  return (isFour ? ["at", "at4"] as const : ["at"] as const).map((how) => {
    const statements = block(names());
    const text = source[how](statements, position);
    return numbersOf(text, after(statements.text(), known));
  });
}

const SETTINGS = { numRuns: 300 };

Deno.test("views read the numbers of their ops, whatever form a position has", () => {
  fc.assert(
    fc.property(views, ([shape, draws]) => {
      const [view, wanted] = made(shape, draws);
      const fours = hasFours(view.shape);
      const axes = view.shape.map((_, axis) => `i${axis}`);
      for (let flat = 0; flat < wanted.length; flat++) {
        const indices = indicesOf(view.shape, { flat: "p" })
          .map((text) => evaluated(text, new Map([["p", flat]])));
        const known = new Map([
          ["p", flat],
          ...axes.map((name, axis) => [name, indices[axis]!] as const),
        ]);
        const isFour = fours && flat % 4 === 0;
        const lanes = Array.from(wanted.slice(flat, flat + 4));
        for (
          const position of [
            { flat: "p" },
            { flat: `${flat}` },
            { at: axes },
            { at: indices.map(String) },
          ]
        ) {
          const reads = readsAt(view, position, known, isFour);
          deepStrictEqual(reads[0], [wanted[flat]]);
          if (isFour) deepStrictEqual(reads[1], lanes);
        }
      }
    }),
    SETTINGS,
  );
});

Deno.test("a view that says it reads by fours has a last axis of fours", () => {
  fc.assert(
    fc.property(views, ([shape, draws]) => {
      const [view] = made(shape, draws);
      ok(!view.vector || hasFours(view.shape));
    }),
    SETTINGS,
  );
});

Deno.test("planes are added up at their own positions", () => {
  const value = {
    ...{ shape: [3, 10], dtype: "float32", storage: "f32" } as const,
    place: { _tag: "Scratch" } as const,
  };
  const statements = block(names());
  const source = planesSum([value], 0, [2, 5]).open(kernelWriter([value]));
  const sum = source.at(statements, { at: ["1", "k"] });
  const text = statements.text();
  ok(/^\w+$/.test(sum), sum);
  const places = [...text.matchAll(/t0\[(.*)\];/g)].map(([, at]) => at!);
  const known = after(
    text.split("\n").filter((line) => !/t0|\+ v\d+ \+/.test(line)).join("\n"),
    new Map([["k", 3]]),
  );
  deepStrictEqual(places.map((at) => evaluated(at, known)), [8, 18, 28]);
});
