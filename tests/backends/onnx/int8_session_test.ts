import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import {
  describeBackendError,
  referenceBackend,
} from "../../../backends/mod.ts";
import { tfjsBackend } from "../../../backends/tfjs/tfjs_backend.ts";
import type { Backend } from "../../../backends/backend.ts";
import { traceGraph } from "../../../core/mod.ts";
import { right } from "../../right.ts";
import { value } from "../contract.ts";
import { filled } from "../op_cases.ts";
import { onOnnx } from "./open_onnx.ts";

/** Two products of the same rows, with matrices `w` and `v`. */
const graph = right(traceGraph((g) => {
  const a = g.input("a", [20, 64]);
  const [w, v] = [g.input("w", [48, 64]), g.input("v", [48, 64])];
  const transposeB = true;
  return {
    first: g.add(g.matmul(a, w, { transposeB }), g.input("c", [48])),
    second: g.matmul(a, v, { transposeB }),
  };
}));

const INPUTS = {
  a: filled([20, 64], 1),
  w: filled([48, 64], 2),
  v: filled([48, 64], 3),
  c: filled([48], 4),
};

/** Both products, twice, with some matrices in 8-bit integers. */
async function products(
  backend: Backend,
  int8: readonly string[],
): Promise<readonly Float32Array[]> {
  const program = value(await backend.compile(graph, { int8 }));
  const inputs = new Map(
    Object.entries(INPUTS).map(([name, x]) => [name, backend.upload(x)]),
  );
  const found: Float32Array[] = [];
  for (let run = 0; run < 2; run++) {
    const outputs = value(await program.run(inputs));
    for (const name of ["first", "second"]) {
      found.push(await outputs.get(name)!.read() as Float32Array);
    }
    outputs.forEach((x) => x.dispose());
  }
  inputs.forEach((x) => x.dispose());
  program.dispose();
  return found;
}

/** The largest difference, by the largest number. */
function difference(found: Float32Array, exact: Float32Array): number {
  const top = exact.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return exact.reduce(
    (worst, v, i) => Math.max(worst, Math.abs(v - found[i]!) / top),
    0,
  );
}

onOnnx(
  "run() rounds the products with the named matrices and no others",
  async (backend) => {
    const before = backend.liveTensors();
    const [first, second] = await products(backend, []);
    const rounded = await products(backend, ["w"]);
    const error = difference(rounded[0]!, first!);
    ok(error > 1e-5 && error < 0.02, `off by ${error}`);
    deepStrictEqual(rounded[1], second);
    deepStrictEqual(rounded.slice(2), rounded.slice(0, 2));
    strictEqual(backend.liveTensors(), before);
  },
);

/** Whole numbers that a byte holds, both ends of its range among them. */
const bytes = (length: number, least: number, largest: number) =>
  Float32Array.from(
    { length },
    (_, i) => [least, largest, largest, largest, least][(i * 7) % 31 % 5]!,
  );

onOnnx(
  "run() with rounded matrices is exact on whole numbers whose products leave 16 bits in pairs",
  async (backend) => {
    const [M, K, N] = [9, 254, 21];
    for (const [least, largest] of [[0, 255], [-255, 0]] as const) {
      const a = bytes(M * K, least, largest);
      const w = bytes(N * K, -127, 127);
      const wanted = Float32Array.from({ length: M * N }, (_, i) => {
        const [m, n] = [Math.floor(i / N), i % N];
        let sum = 0;
        for (let k = 0; k < K; k++) sum += a[m * K + k]! * w[n * K + k]!;
        return sum;
      });
      const whole = right(traceGraph((g) => ({
        y: g.matmul(g.input("a", [M, K]), g.input("w", [N, K]), {
          transposeB: true,
        }),
      })));
      const program = value(await backend.compile(whole, { int8: ["w"] }));
      const inputs = new Map([
        ["a", backend.upload({ shape: [M, K], data: a })],
        ["w", backend.upload({ shape: [N, K], data: w })],
      ]);
      const outputs = value(await program.run(inputs));
      deepStrictEqual(await outputs.get("y")!.read(), wanted);
      [...inputs.values(), ...outputs.values()].forEach((x) => x.dispose());
      program.dispose();
    }
  },
);

onOnnx(
  "compile() refuses sums of 8-bit products that leave 32 bits",
  async (backend) => {
    const long = right(traceGraph((g) => ({
      y: g.matmul(g.input("a", [1, 66_312]), g.input("w", [2, 66_312]), {
        transposeB: true,
      }),
    })));
    const result = await backend.compile(long, { int8: ["w"] });
    deepStrictEqual(
      result._tag === "Left" ? describeBackendError(result.left) : "Right",
      "Cannot use onnx: sums of 66312 products in 8-bit integers, with w, would leave 32 bits; at most 66311 fit",
    );
  },
);

onOnnx(
  "run() with rounded matrices refuses wrong inputs as ever",
  async (backend) => {
    const program = value(await backend.compile(graph, { int8: ["w"] }));
    const result = await program.run(new Map());
    strictEqual(result._tag === "Left" && result.left._tag, "WrongInput");
    program.dispose();
  },
);

onOnnx(
  "compile() takes only matrices of real numbers for rounding",
  async (backend) => {
    for (const name of ["c", "nothing"]) {
      await rejects(
        async () => await backend.compile(graph, { int8: [name] }),
        /Cannot take .* for a matrix/,
      );
    }
  },
);

Deno.test("compile() of an engine without such products refuses", async () => {
  for (const backend of [referenceBackend(), value(await tfjsBackend("cpu"))]) {
    const result = await backend.compile(graph, { int8: ["w"] });
    deepStrictEqual(result._tag === "Left" && result.left, {
      _tag: "BackendUnavailable",
      device: backend.device.name,
      reason: "it has no products in 8-bit integers, only onnx has",
    });
  }
});
