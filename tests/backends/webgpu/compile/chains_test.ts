/** Work that follows a kernel on the same numbers, and moves that are done where numbers are read. */
import { deepStrictEqual, ok } from "node:assert/strict";
import type { GraphBuilder, NodeId } from "../../../../core/mod.ts";
import {
  assertMeaning,
  type Build,
  callNames,
  deviceTest,
  graphOf,
  listOf,
  meaningTest,
} from "./compiled.ts";

/** Registers a test of meaning and of the number of calls. */
function callsTest(
  name: string,
  calls: number,
  build: Build,
): void {
  deviceTest(name, async (backend) => {
    const graph = graphOf(build);
    const names = callNames(listOf(graph));
    ok(names.length === calls, `${names.length} calls: ${names.join("; ")}`);
    await assertMeaning(backend, graph);
  });
}

const product = (g: GraphBuilder, m = 6, n = 8): NodeId =>
  g.matmul(g.input("a", [m, 5]), g.input("b", [5, n]));

const gelu = (g: GraphBuilder, x: NodeId): NodeId => g.apply("gelu", {}, [x]);

for (const n of [8, 7]) {
  callsTest(
    `a bias, GELU and residual follow a product of ${n} columns`,
    1,
    (g) => {
      const x = g.add(product(g, 6, n), g.input("bias", [n]));
      return { y: g.add(gelu(g, x), g.input("residual", [6, n])) };
    },
  );

  callsTest(`what is before GELU is stored beside it, ${n} columns`, 1, (g) => {
    const x = g.add(product(g, 6, n), g.input("bias", [n]));
    return { x, y: gelu(g, x) };
  });

  callsTest(
    `a product, its double and its square are outputs, ${n} columns`,
    1,
    (g) => {
      const x = product(g, 6, n);
      const double = g.scale(x, 2);
      return { x, double, square: g.apply("square", {}, [double]) };
    },
  );

  callsTest(
    `a transposed product of ${n} columns is written transposed`,
    1,
    (g) => {
      return { y: g.transpose(g.scale(product(g, 6, n), 3), [1, 0]) };
    },
  );

  callsTest(`heads of a product of ${n} columns go to their places`, 1, (g) => {
    const y = g.reshape(product(g, 12, 2 * n), [3, 4, 2, n]);
    return { y: g.transpose(y, [0, 2, 1, 3]) };
  });
}

callsTest("a residual with several users", 2, (g) => {
  const x = g.add(product(g, 8, 8), g.input("residual", [8, 8]));
  return { y: g.matmul(x, x), z: g.add(x, x), x };
});

meaningTest("the output in the middle of a chain has another shape", (g) => {
  const x = g.add(product(g), g.input("bias", [8]));
  const middle = g.reshape(x, [2, 3, 8]);
  return { middle, y: gelu(g, g.scale(middle, 2)) };
});

meaningTest("two outputs of one root, and one of another shape", (g) => {
  const x = gelu(g, product(g));
  return { one: x, two: x, three: g.reshape(x, [48]) };
});

meaningTest("a chain after a transposed product", (g) => {
  const x = g.transpose(product(g), [1, 0]);
  const y = g.add(g.scale(x, 2), g.input("column", [8, 1]));
  return { y, z: gelu(g, y) };
});

meaningTest("a product that is read as it is and transposed", (g) => {
  const x = product(g);
  const turned = g.transpose(x, [1, 0]);
  return { turned, sum: g.sumTo(g.matmul(x, turned), [6, 1]) };
});

meaningTest("outputs that are inputs, constants and reshapes of them", (g) => {
  const x = g.input("x", [4, 6]);
  const c = g.constant([1, 2, 3, 4, 5, 6], [6]);
  const same = g.constant([2, 2, 2, 2], [2, 2]);
  return {
    ...{ x, again: x, flat: g.reshape(x, [24]) },
    ...{ c, square: g.reshape(c, [2, 3]), same, one: g.constant([7], []) },
  };
});

meaningTest("whole numbers are moved", (g) => {
  const [i, j] = [g.input("i", [3, 4], "int32"), g.input("j", [3, 2], "int32")];
  return {
    i,
    turned: g.transpose(i, [1, 0]),
    joined: g.concat([j, i, j], 1),
    part: g.pad(g.slice(i, 1, 1, 2), 0, 1, 2),
    flat: g.reshape(i, [12]),
    rows: g.broadcastTo(i, [2, 3, 4]),
  };
});

const moved = (g: GraphBuilder): Readonly<Record<string, NodeId>> => {
  const x = g.input("x", [3, 8, 4]);
  const y = g.input("y", [3, 4, 4]);
  const i = g.input("i", [3, 6], "int32");
  return {
    transposed: g.transpose(x, [0, 2, 1]),
    sliced: g.slice(x, 1, 3, 4),
    padded: g.pad(y, 1, 1, 2),
    joined: g.concat([y, x, y], 1),
    beside: g.concat([x, g.slice(x, 2, 1, 2), x], 2),
    gathered: g.apply("gatherRows", {}, [x, i]),
    of: g.slice(g.concat([g.pad(y, 2, 4, 0), g.pad(x, 2, 0, 4)], 1), 2, 2, 5),
  };
};

/** What reads moved numbers. */
const READERS: Readonly<
  Record<string, (g: GraphBuilder, x: NodeId) => NodeId>
> = {
  "a sum of rows": (g, x) => g.sumTo(x, [1, 1, g.shape(x)[2]!]),
  "a sum of columns": (g, x) => g.sumTo(x, [3, g.shape(x)[1]!, 1]),
  "a soft-max": (g, x) => g.apply("softmax", {}, [x]),
  "a layer normalisation": (g, x) => {
    const width = g.shape(x)[2]!;
    return g.apply("layerNorm", { epsilon: 1e-3 }, [
      x,
      g.input(`gain${width}`, [width]),
      g.input(`bias${width}`, [width]),
    ]);
  },
  "a product": (g, x) => g.matmul(x, x, { transposeB: true }),
  "a product with the residual": (g, x) => {
    const [, rows, width] = g.shape(x) as [number, number, number];
    const w = g.input(`w${rows}`, [3, rows, rows]);
    return g.add(
      g.matmul(w, g.input(`v${rows}x${width}`, [3, rows, width])),
      x,
    );
  },
  "a map": (g, x) => g.multiply(x, g.scale(x, 0.5)),
};

for (const [name, read] of Object.entries(READERS)) {
  meaningTest(`moves are read by ${name}`, (g) => {
    return Object.fromEntries(
      Object.entries(moved(g)).map(([move, x]) => [move, read(g, x)]),
    );
  });
}

meaningTest("rows that are permuted, and their gradient", (g) => {
  const [x, dy] = [g.input("x", [2, 4, 3]), g.input("dy", [2, 4, 3])];
  const [i, j] = [g.input("i", [2, 4], "int32"), g.input("j", [2, 4], "int32")];
  return {
    y: gelu(g, g.apply("permuteRows", {}, [x, i, j])),
    dx: g.apply("permuteRows", {}, [g.scale(dy, 2), j, i]),
  };
}, { given: { i: [2, 0, 3, 1, 0, 1, 2, 3], j: [1, 3, 0, 2, 0, 1, 2, 3] } });

meaningTest("expressions of many tensors are computed in parts", (g) => {
  const all = Array.from({ length: 24 }, (_, i) => g.input(`x${i}`, [5, 12]));
  const y = all.reduce((sum, x, i) =>
    i % 2 === 0 ? g.add(sum, x) : g.multiply(sum, g.scale(x, 0.5))
  );
  const wide = all.slice(0, 9).map((x) => g.multiply(x, x));
  const z = wide.reduce((sum, x) => g.add(sum, x));
  const gradient = g.apply("softmaxGrad", {}, [y, z]);
  return { gradient, product: g.matmul(y, z, { transposeB: true }) };
}, { tolerance: 2e-5 });

meaningTest("sums of sums of few terms", (g) => {
  const x = g.input("x", [2, 12, 10, 8]);
  const once = g.sumTo(g.apply("square", {}, [x]), [2, 12, 10, 1]);
  const twice = g.sumTo(gelu(g, once), [2, 12, 1, 1]);
  return { y: g.sumTo(g.multiply(twice, twice), [2, 1, 1, 1]) };
}, { tolerance: 1e-5 });

Deno.test("sums of sums of few terms stay short texts", () => {
  const list = listOf(graphOf((g) => {
    const x = g.input("x", [2, 16, 16, 16]);
    const once = g.sumTo(g.apply("square", {}, [x]), [2, 16, 16, 1]);
    const twice = g.sumTo(g.apply("gelu", {}, [once]), [2, 16, 1, 1]);
    return { y: g.sumTo(g.multiply(twice, twice), [2, 1, 1, 1]) };
  }));
  const longest = Math.max(...list.calls.map(({ code }) => code.length));
  ok(longest < 50_000, `${longest} characters`);
});

Deno.test("equal graphs give equal kernels", () => {
  const build: Build = (g) => moved(g);
  const codes = () => listOf(graphOf(build)).calls.map(({ code }) => code);
  deepStrictEqual(codes(), codes());
});
