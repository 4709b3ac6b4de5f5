import { deepStrictEqual, match, ok } from "node:assert/strict";
import { type Backend, describeBackendError } from "../../../backends/mod.ts";
import { tfjsBackend } from "../../../backends/tfjs/tfjs_backend.ts";
import { weightGradShader } from "../../../backends/tfjs/webgpu/convolution_shaders.ts";
import { MOST_TURNS } from "../../../backends/tfjs/webgpu/shader.ts";
import {
  type GraphBuilder,
  type NodeId,
  type Shape,
  sizeOf,
  traceGraph,
} from "../../../core/mod.ts";
import { right } from "../../right.ts";
import { value } from "../contract.ts";

const opened = await tfjsBackend("webgpu-ops");

function onWebGpu(name: string, run: (backend: Backend) => Promise<void>) {
  if (opened._tag === "Right") {
    const backend = opened.right;
    return Deno.test(`webgpu: ${name}`, () => run(backend));
  }
  const reason = describeBackendError(opened.left);
  Deno.test({
    name: `webgpu: ${name} [skipped: ${reason}]`,
    ignore: true,
    fn: () => {},
  });
}

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
  onWebGpu(`a product that sums ${K} terms is exact`, async (backend) => {
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

onWebGpu(
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
  onWebGpu(
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

onWebGpu(
  "compile() on software refuses loops that it would cut off",
  async (backend) => {
    if (backend.device.isGpu) return;
    const [C, side] = [66_000, 1];
    const graph = right(traceGraph((g) => ({
      y: g.apply("conv2d", { stride: 1, padding: 0 }, [
        g.input("x", [1, C, side, side]),
        g.input("w", [1, C, 1, 1]),
      ]),
    })));
    const result = await backend.compile(graph);
    match(
      result._tag === "Left" ? describeBackendError(result.left) : "",
      /conv2d would take \d+ turns of a loop, and software adapters end loops after 65535/,
    );
  },
);

Deno.test("weightGradShader() shares rows among invocations that take few turns each", () => {
  for (const [batch, side] of [[1, 8], [128, 32], [2, 600], [1, 40_000]]) {
    const size = [side!, side!] as const;
    const { parts, shader: { turns = 0 } } = weightGradShader({
      batch: batch!,
      inputs: 3,
      outputs: 2,
      image: size,
      kernel: [3, 3],
      result: size,
      stride: 1,
      padding: 1,
    });
    ok(turns <= MOST_TURNS, `${turns}`);
    ok(turns * parts >= batch! * side! * side!);
    ok(batch! * side! > 100 || parts === 1);
  }
});
