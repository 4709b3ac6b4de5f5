/** Runs that have effect under a condition. */
import { deepStrictEqual, ok } from "node:assert/strict";
import type {
  Backend,
  CompileOptions,
  Program,
} from "../../../../backends/backend.ts";
import {
  type Graph,
  interpretGraph,
  updateGraph,
} from "../../../../core/mod.ts";
import { right } from "../../../right.ts";
import {
  type Build,
  deviceTest,
  exactOf,
  graphOf,
  numbersFor,
  outputsOf,
} from "./compiled.ts";

type Numbers = Readonly<Record<string, readonly number[]>>;

const ALLOWANCE = "allowance";

/** Compiles with a guard. */
async function guarded(
  backend: Backend,
  graph: Graph,
  replaces: NonNullable<CompileOptions["replaces"]>,
  finite: readonly string[],
): Promise<Program> {
  const guard = { finite, allowance: ALLOWANCE };
  const compiled = await backend.compile(graph, { replaces, guard });
  if (compiled._tag === "Left") throw new Error(JSON.stringify(compiled.left));
  return compiled.right;
}

/** What a run gives, as lists. */
async function ran(
  backend: Backend,
  program: Program,
  given: Numbers,
  replaced: readonly string[],
): Promise<Numbers> {
  const [allowance = 0] = given[ALLOWANCE] ?? [];
  const numbers = {
    ...numbersFor(program.graph, { given }),
    [ALLOWANCE]: { shape: [], data: Float32Array.of(allowance) },
  };
  const all = [...replaced, ALLOWANCE];
  const found = await outputsOf(backend, program, numbers, all);
  return Object.fromEntries(
    Object.entries(found).map(([name, x]) => [name, Array.from(x)]),
  );
}

/** A step of a parameter and of a mean, and the sum that shows if it is finite. */
const STEP: Build = (g) => {
  const [p, d, mean] = [
    g.input("p", [2, 5]),
    g.input("d", [2, 5]),
    g.input("mean", [2, 5]),
  ];
  const next = g.subtract(p, g.multiply(d, g.input("rate", [])));
  return {
    p: next,
    mean: g.apply("mix", { weight: 0.75 }, [mean, next]),
    squares: g.sumTo(g.apply("square", {}, [d]), []),
  };
};

const P = Array.from({ length: 10 }, (_, i) => i - 4.5);
const MEAN = P.map((x) => x / 3 + 1e-3).map(Math.fround);
const D = P.map((x) => 2 - x);

const IN_PLACE = { p: "p", mean: "mean" };

const step = (backend: Backend, finite = ["squares"]) =>
  guarded(backend, graphOf(STEP), IN_PLACE, finite);

deviceTest("a run of finite numbers has effect", async (backend) => {
  const program = await step(backend);
  const given = { p: P, d: D, mean: MEAN, rate: [0.5], [ALLOWANCE]: [2] };
  const found = await ran(backend, program, given, ["p", "mean"]);
  deepStrictEqual(found["p"], P.map((x, i) => x - 0.5 * D[i]!));
  deepStrictEqual(found[ALLOWANCE], [2]);
  program.dispose();
});

for (const bad of [NaN, Infinity, -Infinity, 3e38]) {
  deviceTest(`a run with ${bad} has none, to the bit`, async (backend) => {
    const program = await step(backend);
    const d = D.map((x, i) => i === 7 ? bad : x);
    const given = { p: P, d, mean: MEAN, rate: [0.5], [ALLOWANCE]: [0] };
    const found = await ran(backend, program, given, ["p", "mean"]);
    deepStrictEqual(found["p"], P);
    deepStrictEqual(found["mean"], MEAN);
    deepStrictEqual(found[ALLOWANCE], [-1]);
    program.dispose();
  });
}

deviceTest(
  "numbers that are not finite stay where they are",
  async (backend) => {
    const program = await step(backend);
    const p = P.map((x, i) => i === 3 ? Infinity : i === 4 ? -0 : x);
    const d = D.map((x, i) => i === 0 ? NaN : x);
    const given = { p, d, mean: MEAN, rate: [0.5], [ALLOWANCE]: [1] };
    const found = await ran(backend, program, given, ["p", "mean"]);
    deepStrictEqual(found["p"], p);
    deepStrictEqual(found[ALLOWANCE], [0]);
    program.dispose();
  },
);

deviceTest(
  "two runs are passed over, the next ends all effect",
  async (backend) => {
    const program = await step(backend);
    let [p, allowance]: (readonly number[])[] = [P, [2]];
    const effects: boolean[] = [];
    for (const isBad of [false, true, true, false, true, false, true]) {
      const d = D.map((x, i) => isBad && i === 2 ? NaN : x);
      const given = {
        p: p!,
        d,
        mean: MEAN,
        rate: [0.5],
        [ALLOWANCE]: allowance!,
      };
      const found = await ran(backend, program, given, ["p", "mean"]);
      effects.push(found["p"]!.some((x, i) => x !== p![i]));
      [p, allowance] = [found["p"]!, found[ALLOWANCE]!];
    }
    deepStrictEqual(effects, [true, false, false, true, false, false, false]);
    deepStrictEqual(allowance, [-1]);
    program.dispose();
  },
);

deviceTest("what is replaced can be what has to be finite", async (backend) => {
  const program = await step(backend, ["p", "mean"]);
  const given = { p: P, d: D, mean: MEAN, rate: [Infinity], [ALLOWANCE]: [1] };
  const found = await ran(backend, program, given, ["p", "mean"]);
  deepStrictEqual(found["p"], P);
  deepStrictEqual(found[ALLOWANCE], [0]);
  const good = { ...given, rate: [0.5] };
  const next = await ran(backend, program, good, ["p", "mean"]);
  deepStrictEqual(next["p"], P.map((x, i) => x - 0.5 * D[i]!));
  deepStrictEqual(next[ALLOWANCE], [1]);
  program.dispose();
});

deviceTest(
  "a product, a swap and a transposed matrix keep a guard",
  async (backend) => {
    const build: Build = (g) => {
      const [a, b, c] = ["a", "b", "c"].map((name) =>
        g.input(name, [3, 3])
      ) as [
        number,
        number,
        number,
      ];
      const sum = g.sumTo(g.input("x", [70]), []);
      return { a: g.matmul(a, b), b: g.transpose(c, [1, 0]), c: b, sum };
    };
    const replaces = { a: "a", b: "b", c: "c" };
    const graph = graphOf(build);
    const program = await guarded(backend, graph, replaces, ["sum"]);
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const given = {
      a: numbers,
      b: numbers.map((x) => x * 2),
      c: numbers.map((x) => -x),
      x: Array.from({ length: 70 }, (_, i) => i),
      [ALLOWANCE]: [5],
    };
    const names = ["a", "b", "c"];
    const found = await ran(backend, program, given, names);
    const wanted = interpretGraph(graph, exactOf(numbersFor(graph, { given })));
    for (const name of names) {
      deepStrictEqual(found[name], Array.from(wanted[name]!), name);
    }
    const bad = { ...given, x: given.x.map((x) => x === 69 ? NaN : x) };
    const same = await ran(backend, program, bad, names);
    for (const name of ["a", "b", "c"] as const) {
      deepStrictEqual(same[name], given[name], name);
    }
    deepStrictEqual(same[ALLOWANCE], [4]);
    program.dispose();
  },
);

deviceTest("many numbers have to be finite, also the last", async (backend) => {
  const graph = graphOf((g) => ({
    p: g.scale(g.input("p", [4]), 2),
    x: g.scale(g.input("x", [1000]), 1),
    y: g.scale(g.input("y", [3, 7]), 3),
  }));
  const program = await guarded(backend, graph, { p: "p" }, ["x", "y"]);
  const y = Array.from({ length: 21 }, (_, i) => i === 20 ? NaN : i);
  const given = { p: [1, 2, 3, 4], y, [ALLOWANCE]: [0] };
  const found = await ran(backend, program, given, ["p"]);
  deepStrictEqual(found["p"], given.p);
  deepStrictEqual(found[ALLOWANCE], [-1]);
  program.dispose();
});

deviceTest(
  "a step of AdamW keeps a guard without conditions",
  async (backend) => {
    const rule = {
      _tag: "AdamW",
      ...{ beta1: 0.9, beta2: 0.95, weightDecay: 0.05, epsilon: 1e-8 },
    } as const;
    const parameter = { name: "w", shape: [5, 3], decayed: true, rate: "rate" };
    const graph = right(updateGraph(rule, [parameter]));
    const names = Object.keys(graph.outputs);
    const replaces = Object.fromEntries(names.map((name) => [name, name]));
    const program = await guarded(backend, graph, replaces, []);
    const given = Object.fromEntries(
      names.map((name, i) => [
        name,
        Array.from({ length: 15 }, (_, k) => Math.fround(1 + i + k / 7)),
      ]),
    );
    const still = { ...given, [ALLOWANCE]: [-1], rate: [0.1] };
    const found = await ran(backend, program, still, names);
    for (const name of names) deepStrictEqual(found[name], given[name], name);
    const allowed = { ...still, [ALLOWANCE]: [0] };
    const moved = await ran(backend, program, allowed, names);
    ok(moved["w"]!.every((x, i) => x !== given["w"]![i]));
    program.dispose();
  },
);
