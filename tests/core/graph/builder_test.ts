import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  type GraphBuilder,
  type NodeId,
  traceGraph,
} from "../../../core/mod.ts";
import { traceShapes } from "../../../core/graph/trace.ts";
import { faultsOf, right } from "../../right.ts";

/** Ops of the graph that `build` writes on one input `[2, 3]`. */
const opsOn = (
  build: (g: GraphBuilder, x: NodeId) => NodeId,
): readonly string[] =>
  right(traceGraph((g) => ({ y: build(g, g.input("x", [2, 3])) })))
    .nodes.map(({ op }) => op);

Deno.test("traceGraph() writes equal nodes once", () => {
  deepStrictEqual(
    opsOn((g, x) =>
      g.add(
        g.apply("gelu", {}, [g.scale(x, 2)]),
        g.apply("gelu", {}, [g.scale(x, 2)]),
      )
    ),
    ["input", "scale", "gelu", "add"],
  );
});

Deno.test("traceGraph() keeps nodes apart that differ in an attribute or in the order of inputs", () => {
  deepStrictEqual(
    opsOn((g, x) =>
      g.add(
        g.subtract(g.scale(x, 2), x),
        g.subtract(x, g.scale(x, 3)),
      )
    ),
    ["input", "scale", "subtract", "scale", "subtract", "add"],
  );
});

Deno.test("traceGraph() declares an input once, however often it is asked for", () => {
  deepStrictEqual(opsOn((g, x) => g.add(x, g.input("x", [2, 3]))), [
    "input",
    "add",
  ]);
});

Deno.test("traceGraph() writes a constant once for each array and shape", () => {
  const values = [1, 2, 3, 4, 5, 6];
  deepStrictEqual(
    opsOn((g, x) =>
      g.add(
        g.add(x, g.constant(values, [2, 3])),
        g.multiply(x, g.constant(values, [2, 3])),
      )
    ),
    ["input", "constant", "add", "multiply", "add"],
  );
});

Deno.test("traceGraph() drops nodes that no output needs", () => {
  deepStrictEqual(
    opsOn((g, x) => {
      g.apply("softmax", {}, [g.scale(x, 5)]);
      return g.scale(x, 2);
    }),
    ["input", "scale"],
  );
});

Deno.test("GraphBuilder writes nothing for an op that changes nothing", () => {
  const nothing: Readonly<
    Record<string, (g: GraphBuilder, x: NodeId) => NodeId>
  > = {
    scale: (g, x) => g.scale(x, 1),
    reshape: (g, x) => g.reshape(x, [2, 3]),
    transpose: (g, x) => g.transpose(x, [0, 1]),
    slice: (g, x) => g.slice(x, 1, 0, 3),
    pad: (g, x) => g.pad(x, 1, 0, 0),
    concat: (g, x) => g.concat([x], 0),
    broadcastTo: (g, x) => g.broadcastTo(x, [2, 3]),
    sumTo: (g, x) => g.sumTo(x, [2, 3]),
  };
  for (const [op, build] of Object.entries(nothing)) {
    deepStrictEqual(opsOn(build), ["input"], op);
  }
});

Deno.test("GraphBuilder makes one reshape of several, and none of a way back", () => {
  deepStrictEqual(
    opsOn((g, x) => g.reshape(g.reshape(g.reshape(x, [6]), [3, 2]), [1, 6])),
    ["input", "reshape"],
  );
  deepStrictEqual(opsOn((g, x) => g.reshape(g.reshape(x, [6]), [2, 3])), [
    "input",
  ]);
});

Deno.test("traceGraph() names every node that does not fit, and none that is built on it", () => {
  deepStrictEqual(
    faultsOf(traceGraph((g) => {
      const [x, y] = [g.input("x", [2, 3]), g.input("y", [4])];
      const wrong = g.add(x, y);
      const builtOnIt = g.apply("gelu", {}, [g.matmul(wrong, x)]);
      return { builtOnIt, alsoWrong: g.matmul(x, x) };
    })),
    [
      'node 2 (add): found "float32 [2, 3] and float32 [4]", wanted two float32 tensors whose shapes broadcast',
      'node 2 (matmul): found "float32 [2, 3] and float32 [2, 3]", wanted two float32 tensors [..., m, k] and [..., k, n] with equal leading axes',
    ],
  );
});

Deno.test("traceGraph() refuses two inputs of one name and different signatures", () => {
  deepStrictEqual(
    faultsOf(traceGraph((g) => ({
      y: g.add(g.input("x", [2]), g.input("x", [3])),
    }))),
    ['input x: found "float32 [3]", wanted float32 [2] as declared before'],
  );
  strictEqual(
    faultsOf(traceGraph((g) => {
      g.input("x", [2]);
      return { y: g.input("x", [2], "int32") };
    })).length,
    1,
  );
});

Deno.test("traceGraph() refuses extents that are no counts", () => {
  for (const extent of [14.5, -1, NaN, Infinity]) {
    deepStrictEqual(
      faultsOf(traceGraph((g) => ({ y: g.input("x", [extent]) }))),
      [
        `input x: found "[${extent}]", wanted extents that are whole numbers of at least 0`,
      ],
    );
  }
  deepStrictEqual(
    faultsOf(traceGraph((g) => ({
      y: g.reshape(g.input("x", [6]), [-2, -3]),
    }))),
    [
      'node 1 (reshape): found "[-2, -3]", wanted extents that are whole numbers of at least 0',
    ],
  );
});

Deno.test("traceGraph() refuses a constant with more or fewer numbers than its shape", () => {
  deepStrictEqual(
    faultsOf(traceGraph((g) => ({ y: g.constant([1, 2], [3]) }))),
    [
      'constant: found "2 numbers", wanted shape [3]',
    ],
  );
});

Deno.test("traceGraph() refuses an output that is no node", () => {
  deepStrictEqual(faultsOf(traceGraph(() => ({ y: 7 }))), [
    'output y: found "node 7", wanted a node of this graph',
  ]);
});

Deno.test("GraphBuilder gives an empty shape and no node for what could not be built", () => {
  traceGraph((g) => {
    const wrong = g.matmul(g.input("x", [2]), g.input("x", [2]));
    deepStrictEqual(g.shape(wrong), []);
    strictEqual(g.node(wrong), undefined);
    return {};
  });
});

Deno.test("traceGraph() refuses a node that does not exist where it is used, not where it comes out", () => {
  deepStrictEqual(
    faultsOf(traceGraph((g) => {
      const x = g.input("x", [2]);
      return { y: g.add(g.apply("gelu", {}, [g.add(x, -1)]), x) };
    })),
    ['node 1 (add): found "input -1", wanted nodes of this graph'],
  );
});

Deno.test("GraphBuilder.fault() makes the trace fail", () => {
  deepStrictEqual(
    faultsOf(traceGraph((g) => {
      g.fault("somewhere", 3, "4");
      return { y: g.input("x", [2]) };
    })),
    ["somewhere: found 3, wanted 4"],
  );
});

Deno.test("traceShapes() computes no constant that is given as a function, traceGraph() does", () => {
  const build = (values: () => readonly number[]) => (g: GraphBuilder) => ({
    y: g.add(g.input("x", [2]), g.constant(values, [2])),
  });
  const shapes = right(traceShapes(build(() => {
    throw new Error("computed");
  })));
  const graph = right(traceGraph(build(() => [3, 4])));
  deepStrictEqual(
    shapes.nodes.map(({ op, shape }) => [op, shape]),
    graph.nodes.map(({ op, shape }) => [op, shape]),
  );
  deepStrictEqual(
    graph.nodes.flatMap((node) =>
      node.op === "constant" ? node.attributes.values : []
    ),
    [3, 4],
  );
  deepStrictEqual(faultsOf(traceGraph(build(() => [3]))), [
    'constant: found "1 numbers", wanted shape [2]',
  ]);
});
