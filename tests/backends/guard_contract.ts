/**
 * What every engine that runs ahead must keep of guards.
 *
 * @module
 */
import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import type {
  Backend,
  DeviceTensor,
  DeviceTensors,
  Program,
} from "../../backends/backend.ts";
import { type Graph, traceGraph } from "../../core/mod.ts";
import { right } from "../right.ts";
import type { ContractTest } from "./op_cases.ts";

const GUARD = { finite: ["loss", "size"], allowance: "allowance" };

/** `x ← x + y`, with a loss `Σ y`, a size `y²` and a view of the new `x`. */
const adding = (): Graph =>
  right(traceGraph((g) => {
    const [x, y] = [g.input("x", [3]), g.input("y", [3])];
    const sum = g.add(x, y);
    return {
      x: sum,
      loss: g.sumTo(y, []),
      size: g.apply("square", {}, [y]),
      twice: g.scale(sum, 2),
    };
  }));

async function opened(backend: Backend): Promise<Program> {
  const program = await backend.compile(adding(), {
    replaces: { x: "x" },
    guard: GUARD,
    reported: ["loss", "size"],
  });
  if (program._tag === "Left") throw new Error(program.left._tag);
  return program.right;
}

const vector = (backend: Backend, ...numbers: readonly number[]) =>
  backend.upload({ shape: [numbers.length], data: Float32Array.from(numbers) });

const scalar = (backend: Backend, number: number) =>
  backend.upload({ shape: [], data: Float32Array.of(number) });

const at = (tensors: DeviceTensors, name: string): DeviceTensor => {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new Error(`there is no ${name}`);
  return tensor;
};

const numbersOf = async (
  tensors: DeviceTensors,
  name: string,
) => [...await at(tensors, name).read()];

function ran(outputs: Awaited<ReturnType<Program["run"]>>): DeviceTensors {
  if (outputs._tag === "Left") throw new Error(outputs.left._tag);
  return outputs.right;
}

/** What a run sent: everything but what it replaces is disposed at once. */
async function sent(
  backend: Backend,
  program: Program,
  state: DeviceTensors,
  y: readonly number[],
): Promise<DeviceTensors> {
  const batch = vector(backend, ...y);
  const outputs = await program.run(new Map([...state, ["y", batch]]));
  batch.dispose();
  return ran(outputs);
}

/** Sends a run for each `y`, and only then reads all of them in their order. */
async function sentAhead(
  backend: Backend,
  allowance: number,
  steps: readonly (readonly number[])[],
) {
  const program = await opened(backend);
  let state: DeviceTensors = new Map([
    ["x", vector(backend, 1, -0, 2.5)],
    ["allowance", scalar(backend, allowance)],
  ]);
  const runs: DeviceTensors[] = [];
  for (const y of steps) {
    const outputs = await sent(backend, program, state, y);
    runs.push(outputs);
    state = new Map(
      ["x", "allowance"].map((name) => [name, at(outputs, name)]),
    );
  }
  const losses: number[] = [];
  for (const outputs of runs) {
    losses.push(...await numbersOf(outputs, "loss"));
    for (const name of ["loss", "size", "twice"]) at(outputs, name).dispose();
  }
  const end = {
    x: await numbersOf(state, "x"),
    allowance: (await numbersOf(state, "allowance"))[0],
  };
  state.forEach((tensor) => tensor.dispose());
  program.dispose();
  return { losses, ...end };
}

/** What must come of it. */
function expected(allowance: number, steps: readonly (readonly number[])[]) {
  let [x, left]: [readonly number[], number] = [[1, -0, 2.5], allowance];
  const losses: number[] = [];
  for (const y of steps) {
    losses.push(y.reduce((sum, v) => sum + v, 0));
    const isFinite = y.every((v) => Number.isFinite(Math.fround(v * v)));
    if (!isFinite) left = Math.max(-1, left - 1);
    else if (left >= 0) x = x.map((v, i) => v + y[i]!);
  }
  return { losses, x, allowance: left };
}

/** Halves, of which every sum is exact, and some that are not finite or whose squares are not. */
const number = fc.integer({ min: -8, max: 8 }).map((n) => n / 2);
const good = fc.tuple(number, number, number);
const bad = fc.tuple(
  number,
  number,
  fc.constantFrom(NaN, Infinity, -Infinity, 2 ** 100),
);
const step = fc.oneof({ weight: 3, arbitrary: good }, bad);

/** The promises, for engines with `runsAhead`. */
export const GUARD_TESTS: readonly ContractTest[] = [
  {
    name:
      "run() under a guard passes over as many runs as are allowed, the next one ends all effect, and nobody has to wait",
    run: async (backend) => {
      const before = backend.liveTensors();
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: -1, max: 2 }),
          fc.array(step, { minLength: 1, maxLength: 8 }),
          async (allowance, steps) => {
            deepStrictEqual(
              await sentAhead(backend, allowance, steps),
              expected(allowance, steps),
            );
          },
        ),
        { numRuns: 20 },
      );
      strictEqual(backend.liveTensors(), before);
    },
  },
  {
    name:
      "run() under a guard asks for its allowance, replaces it, and refuses without touching anything",
    run: async (backend) => {
      const program = await opened(backend);
      const x = vector(backend, 1, 2, 3);
      const y = vector(backend, 1, 1, 1);
      const given = new Map([["x", x], ["y", y]]);
      const refused = await program.run(given);
      strictEqual(refused._tag === "Left" && refused.left._tag, "WrongInput");
      deepStrictEqual([...await x.read()], [1, 2, 3]);
      const allowance = scalar(backend, 4);
      const outputs = ran(
        await program.run(new Map([...given, ["allowance", allowance]])),
      );
      await rejects(() => allowance.read(), /disposed/);
      await rejects(() => x.read(), /disposed/);
      deepStrictEqual(await numbersOf(outputs, "allowance"), [4]);
      deepStrictEqual(await numbersOf(outputs, "x"), [2, 3, 4]);
      [y, ...outputs.values()].forEach((tensor) => tensor.dispose());
      program.dispose();
    },
  },
  {
    name: "compile() refuses a guard by outputs that there are not",
    run: async (backend) => {
      for (
        const guard of [
          { finite: ["none"], allowance: "allowance" },
          { finite: ["loss"], allowance: "x" },
          { finite: ["loss"], allowance: "loss" },
        ]
      ) {
        await rejects(
          async () =>
            await backend.compile(adding(), { replaces: { x: "x" }, guard }),
          RangeError,
        );
      }
    },
  },
];
