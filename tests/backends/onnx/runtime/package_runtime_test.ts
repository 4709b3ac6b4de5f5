import { deepStrictEqual, rejects } from "node:assert/strict";
import { lowerGraph } from "../../../../backends/onnx/lower/lower_graph.ts";
import { encodeModel } from "../../../../backends/onnx/file/onnx_model.ts";
import type {
  Numbers,
  OrtRuntime,
} from "../../../../backends/onnx/runtime/ort_runtime.ts";
import { startPackageRuntime } from "../../../../backends/onnx/runtime/package_runtime.ts";
import { startRuntime } from "../../../../backends/onnx/runtime/start_runtime.ts";
import { type Shape, sizeOf, traceGraph } from "../../../../core/mod.ts";
import { right } from "../../../right.ts";
import { filled } from "../../op_cases.ts";
import { opened } from "../open_onnx.ts";

/** Rows picked by index, then a layer on them. */
const GRAPH = right(traceGraph((g) => {
  const picked = g.apply("gatherRows", {}, [
    g.input("x", [2, 9, 12]),
    g.input("index", [2, 5], "int32"),
  ]);
  const rows = g.reshape(picked, [10, 12]);
  const hidden = g.matmul(rows, g.input("weight", [7, 12]), {
    transposeB: true,
  });
  return { hidden, active: g.apply("gelu", {}, [hidden]) };
}));

const INPUTS: readonly (readonly [Shape, ArrayLike<number>])[] = [
  [[2, 9, 12], filled([2, 9, 12], 1).data],
  [[2, 5], Int32Array.of(0, 8, 3, 3, 1, 7, 2, 0, 5, 8)],
  [[7, 12], filled([7, 12], 2).data],
];

/** A buffer of a kind. */
type Memory = (bytes: number) => ArrayBuffer | SharedArrayBuffer;

const KINDS: Readonly<Record<string, Memory>> = {
  "memory of their own": (bytes) => new ArrayBuffer(bytes),
  "shared memory": (bytes) => new SharedArrayBuffer(bytes),
};

/** Numbers in the middle of a buffer. */
function placed(memory: Memory, data: ArrayLike<number>): Numbers {
  const buffer = memory(4 * data.length + 24);
  const numbers = data instanceof Int32Array
    ? new Int32Array(buffer, 16, data.length)
    : new Float32Array(buffer, 16, data.length);
  numbers.set(data);
  return numbers;
}

/** What a runtime writes into outputs of a kind. */
async function resultsOf(runtime: OrtRuntime, memory: Memory) {
  const { model } = lowerGraph("fused", GRAPH);
  const session = await runtime.open(encodeModel(model), {
    threads: 1,
    inputs: model.inputs.map(({ name }) => name),
    outputs: model.outputs.map(({ name }) => name),
  });
  const given = INPUTS.map(([shape, data]) =>
    runtime.bind(placed(memory, data), shape)
  );
  const results = model.outputs.map((output) => {
    // A traced graph has numbers for extents, no symbols.
    const shape = output.shape as Shape;
    const numbers = placed(memory, new Float32Array(sizeOf(shape)));
    return { numbers, bound: runtime.bind(numbers, shape) };
  });
  await session.run(given, results.map(({ bound }) => bound));
  [...given, ...results.map(({ bound }) => bound)].forEach(runtime.unbind);
  session.release();
  return results.map(({ numbers }) => Array.from(numbers));
}

for (const [kind, memory] of Object.entries(KINDS)) {
  Deno.test({
    name:
      `startPackageRuntime() computes what the C interface computes on tensors in ${kind}, bit for bit`,
    ignore: opened._tag === "Left",
    fn: async () => {
      const { runtime } = await startRuntime();
      deepStrictEqual(
        await resultsOf(await startPackageRuntime(), memory),
        await resultsOf(runtime, memory),
      );
    },
  });
}

Deno.test({
  name:
    "startPackageRuntime() rejects what is no model with ONNX Runtime's message",
  ignore: opened._tag === "Left",
  fn: async () => {
    const runtime = await startPackageRuntime();
    await rejects(
      () =>
        runtime.open(Uint8Array.of(1, 2, 3), {
          threads: 1,
          inputs: [],
          outputs: [],
        }),
      /protobuf/i,
    );
  },
});
