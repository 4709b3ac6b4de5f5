/** Results that take the place of inputs. */
import { ok } from "node:assert/strict";
import {
  CLIP_INPUT,
  inputSignatures,
  type OptimizerConfig,
  updateGraph,
} from "../../../../core/mod.ts";
import { right } from "../../../right.ts";
import { filled } from "../../op_cases.ts";
import { assertMeaning, deviceTest, listOf, meaningTest } from "./compiled.ts";

meaningTest("a sum of an input and a product takes the input's place", (g) => {
  const [x, a, w] = [
    g.input("x", [6, 8]),
    g.input("a", [6, 5]),
    g.input("w", [5, 8]),
  ];
  return { x: g.add(x, g.matmul(a, w)) };
}, { replaces: { x: "x" } });

meaningTest("a product takes the place of one of its matrices", (g) => {
  const [x, w] = [g.input("x", [6, 8]), g.input("w", [8, 8])];
  return { x: g.matmul(x, w) };
}, { replaces: { x: "x" } });

for (const op of ["softmax", "logSoftmax", "l2Normalize"] as const) {
  meaningTest(`${op} takes the place of its input`, (g) => {
    return { x: g.apply(op, {}, [g.input("x", [5, 12])]) };
  }, { replaces: { x: "x" } });
}

meaningTest("a transposed matrix takes its own place", (g) => {
  const x = g.input("x", [5, 5]);
  return { x: g.transpose(x, [1, 0]) };
}, { replaces: { x: "x" } });

meaningTest("rows in another order take their own place", (g) => {
  const [x, i] = [g.input("x", [2, 4, 3]), g.input("i", [2, 4], "int32")];
  return { x: g.apply("gatherRows", {}, [x, i]) };
}, { replaces: { x: "x" } });

meaningTest(
  "a product takes an input's place while the input is an output",
  (g) => {
    const x = g.input("x", [4, 4]);
    return { old: x, x: g.matmul(g.input("a", [4, 3]), g.input("b", [3, 4])) };
  },
  { replaces: { x: "x" } },
);

meaningTest("two tensors change places", (g) => {
  return { a: g.input("b", [9]), b: g.input("a", [9]) };
}, { replaces: { a: "a", b: "b" } });

meaningTest("two tensors change places, scaled", (g) => {
  const [a, b] = [g.input("a", [9]), g.input("b", [9])];
  return { a: g.scale(b, 2), b: g.scale(a, 3) };
}, { replaces: { a: "a", b: "b" } });

meaningTest("an input that another update still reads", (g) => {
  const [a, b, c] = [g.input("a", [7]), g.input("b", [7]), g.input("c", [7])];
  return { a: g.add(a, c), b: g.subtract(b, a), c: g.multiply(b, c) };
}, { replaces: { a: "a", b: "b", c: "c" } });

meaningTest("a count goes up beside what is scaled by it", (g) => {
  const [p, s] = [g.input("p", [300]), g.input("s", [])];
  const next = g.add(s, g.constant([1], []));
  return { p: g.multiply(p, next), s: next };
}, { replaces: { p: "p", s: "s" } });

meaningTest("tensors of one number", (g) => {
  const [a, b, c] = [g.input("a", [1]), g.input("b", [1, 1]), g.input("c", [])];
  return {
    a: g.add(a, c),
    b: g.multiply(b, g.reshape(a, [1, 1])),
    c: g.scale(c, 0.5),
  };
}, { replaces: { a: "a", b: "b", c: "c" } });

meaningTest("a repeated row is added to a matrix in place", (g) => {
  const [x, row, column] = [
    g.input("x", [5, 6]),
    g.input("row", [6]),
    g.input("column", [5, 1]),
  ];
  return { x: g.multiply(g.add(x, row), column) };
}, { replaces: { x: "x" } });

meaningTest("a new tensor is read by a product", (g) => {
  const [p, d, x] = [
    g.input("p", [6, 4]),
    g.input("d", [6, 4]),
    g.input("x", [3, 6]),
  ];
  const next = g.subtract(p, g.scale(d, 0.1));
  return { p: next, y: g.matmul(x, next) };
}, { replaces: { p: "p" } });

meaningTest("a sum with many tensors in place", (g) => {
  const all = Array.from({ length: 14 }, (_, i) => g.input(`x${i}`, [33]));
  return { x0: all.reduce((sum, x) => g.add(sum, g.scale(x, 0.5))) };
}, { replaces: { x0: "x0" } });

meaningTest("a row of updates that use each other", (g) => {
  const all = Array.from({ length: 10 }, (_, i) => g.input(`x${i}`, [33]));
  const news = all.slice(1).reduce(
    (before, x) => [...before, g.add(g.scale(before.at(-1)!, 0.5), x)],
    [g.scale(all[0]!, 2)],
  );
  return Object.fromEntries(news.map((id, i) => [`x${i}`, id]));
}, {
  replaces: Object.fromEntries(
    Array.from({ length: 10 }, (_, i) => [`x${i}`, `x${i}`]),
  ),
});

meaningTest("one result takes the place of two inputs", (g) => {
  const [a, b] = [g.input("a", [3, 4]), g.input("b", [3, 4])];
  const y = g.add(a, b);
  const z = g.matmul(a, b, { transposeB: true });
  const w = g.input("w", [3, 3]);
  return { p: y, q: y, z, w: z, y, v: w };
}, { replaces: { p: "a", q: "b", w: "w" } });

meaningTest("a reshaped result takes an input's place", (g) => {
  const x = g.input("x", [3, 8]);
  const y = g.reshape(g.add(g.reshape(x, [4, 6]), g.input("b", [6])), [3, 8]);
  return { x: y };
}, { replaces: { x: "x" } });

meaningTest("whole numbers take a tensor's place", (g) => {
  const i = g.input("i", [4, 4], "int32");
  return { i: g.transpose(i, [1, 0]) };
}, { replaces: { i: "i" } });

const ADAMW: OptimizerConfig = {
  _tag: "AdamW",
  ...{ beta1: 0.9, beta2: 0.95, weightDecay: 0.05, epsilon: 1e-8 },
};

const SGD: OptimizerConfig = { _tag: "Sgd", momentum: 0.9, weightDecay: 0.01 };

for (const rule of [ADAMW, SGD]) {
  deviceTest(
    `${rule._tag} with clipping and running means in place`,
    async (backend) => {
      const rates = ["slow", "fast"];
      const parameters = [[7, 3], [16], [1], [130, 33]].map((shape, i) => ({
        ...{ name: `p${i}`, shape, decayed: i % 2 === 0 },
        ...{ rate: rates[i % 2]!, clip: CLIP_INPUT },
      }));
      const still = [{ name: "frozen", shape: [9] }];
      const graph = right(
        updateGraph(rule, parameters, { decay: 0.99, still }),
      );
      const names = Object.keys(graph.outputs);
      const replaces = Object.fromEntries(names.map((name) => [name, name]));
      const inputs = Object.entries(inputSignatures(graph));
      const given = Object.fromEntries(
        inputs.map(([name, { shape }], i) => [
          name,
          Array.from(filled(shape, i + 1).data, (x) => Math.abs(x) + 0.01),
        ]),
      );
      const { calls } = listOf(graph, { replaces });
      ok(calls.every(({ _tag }) => _tag === "GroupedKernel"));
      ok(calls.length <= 4, `${calls.length} calls`);
      await assertMeaning(backend, graph, { replaces, given });
    },
  );
}
