/**
 * What every engine must keep, as one list of tests.
 *
 * @module
 */
import {
  deepStrictEqual,
  fail,
  ok,
  rejects,
  strictEqual,
} from "node:assert/strict";
import fc from "fast-check";
import {
  gradients,
  type Graph,
  type GraphBuilder,
  interpretGraph,
  type NodeId,
  type OpName,
  traceGraph,
} from "../../core/mod.ts";
import {
  type Backend,
  type DeviceTensors,
  dtypeOf,
  type HostTensor,
  type Program,
} from "../../backends/backend.ts";
import { CLIPPING_TESTS } from "./clipping_contract.ts";
import { LARS_TESTS } from "./lars_contract.ts";
import {
  type ContractTest,
  filled,
  OP_CASES,
  type OpCase,
  type OpUse,
} from "./op_cases.ts";
import { REPLACEMENT_TESTS } from "./replacement_contract.ts";

type Given = Readonly<Record<string, HostTensor>>;

/** The value of a result that must be a success. */
export function value<A>(
  result:
    | { readonly _tag: "Left"; readonly left: unknown }
    | { readonly _tag: "Right"; readonly right: A },
): A {
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left));
  return result.right;
}

const graphOf = (
  build: (g: GraphBuilder) => Readonly<Record<string, NodeId>>,
): Graph => value(traceGraph(build));

const uploaded = (backend: Backend, given: Given): DeviceTensors =>
  new Map(
    Object.entries(given).map(([name, x]) => [name, backend.upload(x)]),
  );

/** The same value each time, made when it is first wanted. */
function memoized<A>(make: () => A): () => A {
  let made: A | undefined;
  return () => made ??= make();
}

const disposeAll = (tensors: DeviceTensors): void =>
  tensors.forEach((x) => x.dispose());

/** Runs a graph once and reads every output. */
async function outputsOf(
  backend: Backend,
  graph: Graph,
  given: Given,
): Promise<Readonly<Record<string, ArrayLike<number>>>> {
  const program = value(await backend.compile(graph));
  const inputs = uploaded(backend, given);
  const outputs = value(await program.run(inputs));
  const read: Record<string, ArrayLike<number>> = {};
  for (const [name, x] of outputs) read[name] = await x.read();
  [inputs, outputs].forEach(disposeAll);
  program.dispose();
  return read;
}

const expectedOf = (graph: Graph, given: Given) =>
  interpretGraph(
    graph,
    Object.fromEntries(
      Object.entries(given).map(([name, x]) => [
        name,
        Float64Array.from(x.data),
      ]),
    ),
  );

function assertClose(
  name: string,
  found: ArrayLike<number>,
  wanted: Float64Array,
  tolerance: number,
): void {
  strictEqual(found.length, wanted.length, `${name} has another size`);
  const scale = wanted.reduce((top, v) => Math.max(top, Math.abs(v)), 1);
  wanted.forEach((v, i) => {
    const error = Math.abs(v - (found[i] ?? NaN)) / scale;
    if (error <= tolerance) return;
    fail(`${name}[${i}] is ${found[i]}, not ${v}: off by ${error}`);
  });
}

async function assertLikeReference(
  backend: Backend,
  graph: Graph,
  given: Given,
  tolerance: number,
  expected = expectedOf(graph, given),
): Promise<void> {
  const found = await outputsOf(backend, graph, given);
  for (const [name, wanted] of Object.entries(expected)) {
    assertClose(name, found[name] ?? [], wanted, tolerance);
  }
}

/** The graph of one use of an op. */
const graphOfUse = <Name extends OpName>(op: Name, use: OpUse<Name>): Graph =>
  graphOf((g) => ({
    y: g.apply(
      op,
      use.attributes,
      use.inputs.map(({ shape, data }, i) =>
        g.input(`x${i}`, shape, dtypeOf(data))
      ),
    ),
  }));

/**
 * Generated uses of an op on devices that take long for each, as shaders must be
 * compiled, or that differ from another device in the way to it only.
 */
const GENERATED: ReadonlyMap<string, number> = new Map([
  ["webgpu", 8],
  ["webgpu-ops", 8],
  ["onnx in plain operators", 8],
  ["onnx by its binding", 8],
]);

const opTest = (op: keyof typeof OP_CASES): ContractTest => ({
  name: `${op} computes what the reference interpreter computes`,
  run: async (backend) => {
    const { uses, examples, tolerance } = OP_CASES[op] as OpCase<typeof op>;
    const before = backend.liveTensors();
    await fc.assert(
      fc.asyncProperty(uses, async (use) => {
        const given = Object.fromEntries(
          use.inputs.map((x, i) => [`x${i}`, x]),
        );
        const graph = graphOfUse(op, use);
        const most = use.tolerance ?? tolerance;
        await assertLikeReference(backend, graph, given, most);
      }),
      {
        numRuns: examples.length + (GENERATED.get(backend.device.name) ?? 40),
        examples: examples.map((use) => [use]),
      },
    );
    strictEqual(backend.liveTensors(), before);
  },
});

/** More numbers, and more rows, than a dispatch of a graphics card has groups. */
const large = memoized(() => {
  const graph = graphOf((g) => ({
    scaled: g.scale(g.input("x", [4_300_000]), 0.5),
    rows: g.apply("softmax", {}, [g.input("y", [66_000, 48])]),
  }));
  const given = { x: filled([4_300_000], 1), y: filled([66_000, 48], 2) };
  return { graph, given, expected: expectedOf(graph, given) };
});

/** A layer with its gradients: what training is made of. */
const layer = (): Graph =>
  graphOf((g) => {
    const x = g.input("x", [2, 5, 12]);
    const [gain, bias] = [g.input("gain", [12]), g.input("bias", [12])];
    const [weight, offset] = [
      g.input("weight", [8, 12]),
      g.input("offset", [8]),
    ];
    const normed = g.apply("layerNorm", { epsilon: 1e-6 }, [x, gain, bias]);
    const rows = g.reshape(normed, [10, 12]);
    const hidden = g.add(g.matmul(rows, weight, { transposeB: true }), offset);
    const active = g.reshape(g.apply("gelu", {}, [hidden]), [2, 5, 8]);
    const scores = g.apply("softmax", {}, [
      g.scale(g.matmul(active, active, { transposeB: true }), 0.1),
    ]);
    const mixed = g.matmul(scores, active);
    const scaled = g.multiply(mixed, g.constant([1, 2, 3, 4, 5, 6, 7, 8], [8]));
    const loss = g.sumTo(g.apply("square", {}, [scaled]), []);
    const names = [x, gain, bias, weight, offset];
    return {
      loss,
      mixed,
      ...Object.fromEntries(
        gradients(g, loss, names).map((id, i) => [`gradient${i}`, id]),
      ),
    };
  });

const LAYER_INPUTS: Given = {
  x: filled([2, 5, 12], 1),
  gain: filled([12], 2),
  bias: filled([12], 3),
  weight: filled([8, 12], 4),
  offset: filled([8], 5),
};

const compiled = async (backend: Backend, graph: Graph): Promise<Program> =>
  value(await backend.compile(graph));

const squares = (): Graph =>
  graphOf((g) => {
    const x = g.input("x", [2, 3]);
    return {
      same: x,
      again: x,
      view: g.reshape(x, [3, 2]),
      square: g.apply("square", {}, [x]),
      fixed: g.constant([7, 8], [2]),
    };
  });

/** What reads two tensors in the same order, in another one, by single numbers and by groups of four. */
const pairs = (): Graph =>
  graphOf((g) => {
    const [x, y] = [g.input("x", [8, 8]), g.input("y", [8, 8])];
    return {
      sum: g.add(x, y),
      turned: g.add(x, g.transpose(y, [1, 0])),
      moved: g.add(
        g.apply("slice", { axis: 1, start: 1, size: 4 }, [x]),
        g.apply("slice", { axis: 1, start: 4, size: 4 }, [y]),
      ),
      product: g.matmul(x, y),
      square: g.matmul(x, x, { transposeA: true }),
    };
  });

/** What the contract says beyond single ops. */
const GRAPH_TESTS: readonly ContractTest[] = [
  {
    name: "run() computes a layer and its gradients as the reference does",
    run: (backend) => assertLikeReference(backend, layer(), LAYER_INPUTS, 1e-5),
  },
  {
    name:
      "run() computes tensors of millions of numbers and rows by the ten thousand",
    run: async (backend) => {
      const { graph, given, expected } = large();
      await assertLikeReference(backend, graph, given, 1e-6, expected);
    },
  },
  {
    name: "run() leaves nothing on the device but its outputs",
    run: async (backend) => {
      const program = await compiled(backend, layer());
      const inputs = uploaded(backend, LAYER_INPUTS);
      const [tensors, bytes] = [backend.liveTensors(), backend.liveBytes()];
      for (let step = 0; step < 5; step++) {
        const outputs = value(await program.run(inputs));
        strictEqual(backend.liveTensors(), tensors + outputs.size);
        for (const x of outputs.values()) await x.read();
        disposeAll(outputs);
        deepStrictEqual(
          [backend.liveTensors(), backend.liveBytes()],
          [tensors, bytes],
        );
      }
      disposeAll(inputs);
      program.dispose();
    },
  },
  {
    name: "run() gives outputs that outlive inputs, program and each other",
    run: async (backend) => {
      const [tensors, bytes] = [backend.liveTensors(), backend.liveBytes()];
      const program = await compiled(backend, squares());
      const data = Float32Array.of(1, 2, 3, 4, 5, 6);
      const inputs = uploaded(backend, { x: { shape: [2, 3], data } });
      const outputs = value(await program.run(inputs));
      disposeAll(inputs);
      program.dispose();
      outputs.get("same")?.dispose();
      deepStrictEqual(await outputs.get("again")?.read(), data);
      deepStrictEqual(await outputs.get("view")?.read(), data);
      deepStrictEqual(outputs.get("view")?.shape, [3, 2]);
      deepStrictEqual(
        await outputs.get("fixed")?.read(),
        Float32Array.of(7, 8),
      );
      deepStrictEqual(
        await outputs.get("square")?.read(),
        data.map((v) => v * v),
      );
      disposeAll(outputs);
      disposeAll(outputs);
      deepStrictEqual(
        [backend.liveTensors(), backend.liveBytes()],
        [tensors, bytes],
      );
    },
  },
  {
    name: "run() takes outputs of one program as inputs of another",
    run: async (backend) => {
      const program = await compiled(backend, squares());
      const data = Float32Array.of(1, 2, 3, 4, 5, 6);
      const first = uploaded(backend, { x: { shape: [2, 3], data } });
      const second = value(await program.run(first));
      const third = value(
        await program.run(new Map([["x", second.get("square")!]])),
      );
      deepStrictEqual(
        await third.get("square")?.read(),
        data.map((v) => v ** 4),
      );
      [first, second, third].forEach(disposeAll);
      program.dispose();
    },
  },
  {
    name: "run() takes one output for several inputs",
    run: async (backend) => {
      const program = await compiled(backend, pairs());
      const source = await compiled(
        backend,
        graphOf((g) => ({ x: g.scale(g.input("x", [8, 8]), 1) })),
      );
      const x = filled([8, 8], 1);
      const inputs = uploaded(backend, { x });
      const passed = value(await source.run(inputs)).get("x")!;
      const both = new Map([["x", passed], ["y", passed]]);
      const outputs = value(await program.run(both));
      const expected = expectedOf(pairs(), { x, y: x });
      for (const [name, wanted] of Object.entries(expected)) {
        assertClose(name, await outputs.get(name)!.read(), wanted, 1e-6);
      }
      [inputs, both, outputs].forEach(disposeAll);
      [source, program].forEach((each) => each.dispose());
    },
  },
  {
    name:
      "run() refuses an input that is missing, misshapen, foreign or disposed",
    run: async (backend) => {
      const program = await compiled(backend, squares());
      const x = filled([2, 3], 1);
      const before = backend.liveTensors();
      const wrong = backend.upload(filled([3, 2]));
      const indices = backend.upload({
        shape: [2, 3],
        data: new Int32Array(6),
      });
      const disposed = backend.upload(x);
      disposed.dispose();
      const stranger = {
        ...x,
        dtype: "float32",
        read: () => Promise.resolve(new Float32Array(6)),
        dispose: () => {},
      } as const;
      const refusal = async (inputs: DeviceTensors) => {
        const result = await program.run(inputs);
        return result._tag === "Left" && result.left._tag === "WrongInput"
          ? [result.left.name, result.left.found, result.left.wanted]
          : result;
      };
      const wanted = "float32 [2, 3]";
      const lost = "a tensor of another engine or a disposed one";
      deepStrictEqual(await refusal(new Map()), ["x", "nothing", wanted]);
      for (
        const [tensor, found] of [
          [wrong, "float32 [3, 2]"],
          [indices, "int32 [2, 3]"],
          [stranger, lost],
          [disposed, lost],
        ] as const
      ) {
        deepStrictEqual(await refusal(new Map([["x", tensor]])), [
          "x",
          found,
          wanted,
        ]);
      }
      [wrong, indices].forEach((tensor) => tensor.dispose());
      strictEqual(backend.liveTensors(), before);
      program.dispose();
    },
  },
  {
    name: "compile() refuses sums over ranks",
    run: async (backend) => {
      const graph = graphOf((g) => ({
        y: g.apply("rankSum", {}, [g.input("x", [2])]),
      }));
      await rejects(
        async () => await backend.compile(graph),
        /node 1 \(rankSum\).*cutAtRankSums/,
      );
    },
  },
  {
    name: "run() after dispose() fails instead of computing",
    run: async (backend) => {
      const program = await compiled(backend, squares());
      program.dispose();
      const inputs = uploaded(backend, { x: filled([2, 3]) });
      const result = await program.run(inputs);
      strictEqual(
        result._tag === "Left" && result.left._tag,
        "ExecutionFailed",
      );
      disposeAll(inputs);
    },
  },
  {
    name: "upload() copies: neither side sees later changes of the other",
    run: async (backend) => {
      const data = Float32Array.of(1, 2);
      const x = backend.upload({ shape: [2], data });
      data.fill(9);
      const first = await x.read();
      first.fill(5);
      deepStrictEqual(Array.from(await x.read()), [1, 2]);
      x.dispose();
    },
  },
  {
    name: "upload() refuses more or fewer numbers than the shape has",
    run: (backend) => {
      let refused = false;
      try {
        backend.upload({ shape: [3], data: new Float32Array(2) });
      } catch (thrown) {
        refused = thrown instanceof RangeError;
      }
      ok(refused);
      return Promise.resolve();
    },
  },
];

/** The contract. */
export const CONTRACT: readonly ContractTest[] = [
  ...(Object.keys(OP_CASES) as (keyof typeof OP_CASES)[]).map(opTest),
  ...GRAPH_TESTS,
  ...REPLACEMENT_TESTS,
  ...CLIPPING_TESTS,
  ...LARS_TESTS,
];
