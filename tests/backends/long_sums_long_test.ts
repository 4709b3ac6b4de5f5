import { deepStrictEqual } from "node:assert/strict";
import type { Backend } from "../../backends/mod.ts";
import {
  type GraphBuilder,
  type NodeId,
  type Shape,
  sizeOf,
  traceGraph,
} from "../../core/mod.ts";
import { right } from "../right.ts";
import { onDevices } from "../train/devices.ts";
import { value } from "./contract.ts";

const onWebGpu = (name: string, run: (backend: Backend) => Promise<void>) =>
  onDevices(["webgpu", "webgpu-ops"], name, run);

/** One number of a graph whose inputs are ones. */
async function computed(
  backend: Backend,
  shapes: Readonly<Record<string, Shape>>,
  build: (g: GraphBuilder, inputs: readonly NodeId[]) => NodeId,
): Promise<readonly number[]> {
  const graph = right(traceGraph((g) => ({
    y: build(g, Object.entries(shapes).map(([name, x]) => g.input(name, x))),
  })));
  const before = backend.liveTensors();
  const program = value(await backend.compile(graph));
  const inputs = new Map(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      backend.upload({ shape, data: new Float32Array(sizeOf(shape)).fill(1) }),
    ]),
  );
  const outputs = value(await program.run(inputs));
  const found = [...await outputs.get("y")!.read()];
  [...inputs.values(), ...outputs.values()].forEach((x) => x.dispose());
  program.dispose();
  deepStrictEqual(backend.liveTensors(), before);
  return found;
}

for (const K of [2 ** 19, 2 ** 20 - 8, 1_200_000]) {
  await onWebGpu(`a product that sums ${K} terms is exact`, async (backend) => {
    for (const transposeA of [true, false]) {
      for (const transposeB of [true, false]) {
        const found = await computed(
          backend,
          {
            a: transposeA ? [K, 2] : [2, K],
            b: transposeB ? [3, K] : [K, 3],
          },
          (g, [a = -1, b = -1]) => g.matmul(a, b, { transposeA, transposeB }),
        );
        deepStrictEqual(found, Array(6).fill(K));
      }
    }
  });
}

await onWebGpu(
  "a long product sums each term once, in its place",
  async (backend) => {
    const K = 2 ** 19 + 7;
    const graph = right(traceGraph((g) => ({
      y: g.matmul(g.input("a", [K, 2]), g.input("b", [K, 1]), {
        transposeA: true,
      }),
    })));
    const program = value(await backend.compile(graph));
    const a = Float32Array.from({ length: 2 * K }, (_, i) => i % 5 - 1);
    const b = Float32Array.from({ length: K }, (_, i) => i % 3);
    const inputs = new Map([
      ["a", backend.upload({ shape: [K, 2], data: a })],
      ["b", backend.upload({ shape: [K, 1], data: b })],
    ]);
    const outputs = value(await program.run(inputs));
    const wanted = [0, 1].map((m) =>
      b.reduce((sum, v, k) => sum + v * a[2 * k + m]!, 0)
    );
    deepStrictEqual([...await outputs.get("y")!.read()], wanted);
    [...inputs.values(), ...outputs.values()].forEach((x) => x.dispose());
    program.dispose();
  },
);

for (const [images, side] of [[1, 300], [40, 96]] as const) {
  await onWebGpu(
    `the gradient of a kernel over ${images} images of ${side} pixels is exact`,
    async (backend) => {
      const shape = [images, 1, side, side];
      const attributes = { stride: 1, padding: 0, kernel: [1, 1] } as const;
      const found = await computed(
        backend,
        { dy: shape, x: shape },
        (g, inputs) => g.apply("conv2dWeightGrad", attributes, inputs),
      );
      deepStrictEqual(found, [images * side * side]);
    },
  );
}

/** More turns than one loop has on software adapters. */
const MANY = 70_000;

await onDevices(
  ["webgpu"],
  "sums of more terms than a loop has turns are exact: of numbers, rows and columns, and over channels",
  async (backend) => {
    const K = 2_359_296;
    deepStrictEqual(
      await computed(
        backend,
        { a: [1, K], b: [K, 1] },
        (g, [a = -1, b = -1]) => g.matmul(a, b),
      ),
      [K],
    );
    for (const [from, to] of [[[K], []], [[K, 2], [2]], [[2, K], [2, 1]]]) {
      deepStrictEqual(
        await computed(backend, { x: from! }, (g, [x = -1]) => g.sumTo(x, to!)),
        Array(sizeOf(to!)).fill(K),
      );
    }
    const channels = { stride: 1, padding: 0 };
    deepStrictEqual(
      await computed(
        backend,
        { x: [1, MANY, 1, 1], w: [2, MANY, 1, 1] },
        (g, inputs) => g.apply("conv2d", channels, inputs),
      ),
      [MANY, MANY],
    );
    const image = [1, 1] as const;
    deepStrictEqual(
      await computed(
        backend,
        { dy: [1, MANY, 1, 1], w: [MANY, 2, 1, 1] },
        (g, inputs) =>
          g.apply("conv2dInputGrad", { ...channels, image }, inputs),
      ),
      [MANY, MANY],
    );
  },
);
