/**
 * What every engine must keep of outputs that replace inputs.
 *
 * @module
 */
import {
  deepStrictEqual,
  fail,
  rejects,
  strictEqual,
} from "node:assert/strict";
import fc from "fast-check";
import {
  gradientName,
  type Graph,
  inputSignatures,
  interpretGraph,
  type OptimizerConfig,
  stateKinds,
  stateName,
  traceGraph,
  updateGraph,
} from "../../core/mod.ts";
import { CORRECTION_INPUTS } from "../../core/optim/update_graph.ts";
import type { Backend, DeviceTensors } from "../../backends/backend.ts";
import { optimizerConfig } from "../arbitraries.ts";
import { right } from "../right.ts";
import { elementwiseGraph } from "./elementwise_graph.ts";
import { type ContractTest, filled } from "./op_cases.ts";

type Numbers = Readonly<Record<string, Float32Array>>;

const uploaded = (
  backend: Backend,
  graph: Graph,
  numbers: Numbers,
): DeviceTensors =>
  new Map(
    Object.entries(inputSignatures(graph)).map(([name, { shape }]) => [
      name,
      backend.upload({ shape, data: numbers[name] ?? new Float32Array() }),
    ]),
  );

/** Runs a graph once, with outputs in the place of inputs, and reads them. */
async function outputsOf(
  backend: Backend,
  graph: Graph,
  replaces: Readonly<Record<string, string>>,
  numbers: Numbers,
): Promise<Numbers> {
  const program = await backend.compile(graph, { replaces });
  if (program._tag === "Left") throw new Error(program.left._tag);
  const inputs = uploaded(backend, graph, numbers);
  const outputs = await program.right.run(inputs);
  if (outputs._tag === "Left") throw new Error(outputs.left._tag);
  const read: Record<string, Float32Array> = {};
  for (const [name, x] of outputs.right) {
    read[name] = await x.read() as Float32Array;
  }
  [...inputs.values(), ...outputs.right.values()].forEach((x) => x.dispose());
  program.right.dispose();
  return read;
}

/** Compares with the reference interpreter; errors count by the largest number met on the way. */
async function assertLikeReference(
  backend: Backend,
  graph: Graph,
  replaces: Readonly<Record<string, string>>,
  numbers: Numbers,
): Promise<void> {
  const exact = Object.fromEntries(
    Object.entries(numbers).map(([name, x]) => [name, Float64Array.from(x)]),
  );
  const wanted = Object.entries(interpretGraph(graph, exact));
  const found = await outputsOf(backend, graph, replaces, numbers);
  const scale = wanted.flatMap(([, x]) => [...x])
    .reduce((top, v) => Math.max(top, Math.abs(v)), 1);
  for (const [name, values] of wanted) {
    strictEqual(found[name]?.length, values.length);
    values.forEach((v, i) => {
      const error = Math.abs(v - (found[name]?.[i] ?? NaN)) / scale;
      if (error <= 2e-6) return;
      fail(`${name}[${i}] of ${values.length} is off by ${error}`);
    });
  }
}

/** A step of an optimizer for parameters of some sizes, and numbers for it. */
function optimizerStep(
  rule: OptimizerConfig,
  sizes: readonly number[],
): readonly [Graph, Numbers] {
  const graph = right(updateGraph(
    rule,
    sizes.map((size, i) => ({
      name: `p${i}`,
      shape: [size],
      decayed: i % 2 === 0,
      rate: "rate",
    })),
  ));
  const numbers = Object.fromEntries(
    sizes.flatMap((size, i) => [
      [`p${i}`, filled([size], i + 1).data],
      [gradientName(`p${i}`), filled([size], i + 50).data],
      ...stateKinds(rule).map((kind, k) => [
        stateName(kind, `p${i}`),
        filled([size], 100 * (k + 1) + i).data.map(Math.abs),
      ]),
    ]),
  );
  const scalars = Object.fromEntries(
    CORRECTION_INPUTS.map((name) => [name, Float32Array.of(0.25)]),
  );
  return [graph, { ...numbers, ...scalars, rate: Float32Array.of(0.01) }];
}

const sameNames = (graph: Graph) =>
  Object.fromEntries(Object.keys(graph.outputs).map((name) => [name, name]));

/** `x ← 2·x + y`, beside a view of `x`. */
const doubling = () =>
  right(traceGraph((g) => {
    const [x, y] = [g.input("x", [5]), g.input("y", [5])];
    return { x: g.add(g.scale(x, 2), y) };
  }));

const ONES = new Float32Array(5).fill(1);

/** The promises. */
export const REPLACEMENT_TESTS: readonly ContractTest[] = [
  {
    name: "run() in place computes every element-wise graph, whatever its size",
    run: async (backend) =>
      await fc.assert(
        fc.asyncProperty(
          elementwiseGraph,
          ({ graph, replaces, numbers }) =>
            assertLikeReference(backend, graph, replaces, numbers),
        ),
        { numRuns: backend.device.name === "webgpu" ? 8 : 60 },
      ),
  },
  {
    name: "run() in place takes a step of every optimizer, whatever the sizes",
    run: async (backend) =>
      await fc.assert(
        fc.asyncProperty(
          optimizerConfig,
          fc.integer({ min: 0, max: 3 }),
          async (rule, tail) => {
            const sizes = [1 + tail, 16 + tail, 64 + tail];
            const [graph, numbers] = optimizerStep(rule, sizes);
            await assertLikeReference(
              backend,
              graph,
              sameNames(graph),
              numbers,
            );
          },
        ),
        { numRuns: backend.device.name === "webgpu" ? 4 : 30 },
      ),
  },
  {
    name: "run() disposes the inputs that it replaced, and no others",
    run: async (backend) => {
      const [tensors, bytes] = [backend.liveTensors(), backend.liveBytes()];
      const graph = doubling();
      const program = await backend.compile(graph, { replaces: { x: "x" } });
      if (program._tag === "Left") throw new Error(program.left._tag);
      const inputs = uploaded(backend, graph, { x: ONES, y: ONES });
      const full = [backend.liveTensors(), backend.liveBytes()];
      const outputs = await program.right.run(inputs);
      if (outputs._tag === "Left") throw new Error(outputs.left._tag);
      deepStrictEqual([backend.liveTensors(), backend.liveBytes()], full);
      await rejects(() => inputs.get("x")!.read(), /disposed/);
      deepStrictEqual(await inputs.get("y")!.read(), ONES);
      const again = await program.right.run(
        new Map([["x", outputs.right.get("x")!], ["y", inputs.get("y")!]]),
      );
      if (again._tag === "Left") throw new Error(again.left._tag);
      const seven = await again.right.get("x")!.read();
      deepStrictEqual(Array.from(seven), [7, 7, 7, 7, 7]);
      [inputs, again.right].forEach((all) => all.forEach((x) => x.dispose()));
      program.right.dispose();
      deepStrictEqual(
        [backend.liveTensors(), backend.liveBytes()],
        [tensors, bytes],
      );
    },
  },
  {
    name: "run() leaves the numbers alone that another tensor shares",
    run: async (backend) => {
      const views = right(traceGraph((g) => {
        const x = g.input("x", [5]);
        return { same: x, view: g.reshape(x, [5, 1]) };
      }));
      const sharing = await backend.compile(views);
      const program = await backend.compile(doubling(), {
        replaces: { x: "x" },
      });
      if (sharing._tag === "Left" || program._tag === "Left") {
        throw new Error("not compiled");
      }
      const x = backend.upload({ shape: [5], data: ONES });
      const shared = await sharing.right.run(new Map([["x", x]]));
      if (shared._tag === "Left") throw new Error(shared.left._tag);
      const outputs = await program.right.run(
        new Map([["x", x], ["y", shared.right.get("same")!]]),
      );
      if (outputs._tag === "Left") throw new Error(outputs.left._tag);
      deepStrictEqual(await shared.right.get("view")!.read(), ONES);
      deepStrictEqual(
        await outputs.right.get("x")!.read(),
        new Float32Array(5).fill(3),
      );
      [shared.right, outputs.right].forEach((all) =>
        all.forEach((y) => y.dispose())
      );
      [sharing.right, program.right].forEach((p) => p.dispose());
    },
  },
  {
    name: "run() that is refused replaces nothing",
    run: async (backend) => {
      const program = await backend.compile(doubling(), {
        replaces: { x: "x" },
      });
      if (program._tag === "Left") throw new Error(program.left._tag);
      const x = backend.upload({ shape: [5], data: ONES });
      const result = await program.right.run(new Map([["x", x]]));
      strictEqual(result._tag === "Left" && result.left._tag, "WrongInput");
      deepStrictEqual(await x.read(), ONES);
      x.dispose();
      program.right.dispose();
    },
  },
  {
    name: "compile() refuses an output that does not fit where it is to go",
    run: async (backend) => {
      const graph = right(traceGraph((g) => {
        const x = g.input("x", [4]);
        return { sum: g.sumTo(x, []), twice: g.scale(x, 2), half: x };
      }));
      for (
        const replaces of [
          { sum: "x" },
          { twice: "y" },
          { none: "x" },
          { twice: "x", half: "x" },
        ]
      ) {
        await rejects(
          async () => await backend.compile(graph, { replaces }),
          /Cannot replace input/,
        );
      }
    },
  },
];
