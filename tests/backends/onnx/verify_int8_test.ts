import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import protobuf from "protobufjs";
import type { Int8Form } from "../../../backends/onnx/fuse/int8_matrix.ts";
import { exactInt8Form } from "../../../backends/onnx/verify_int8.ts";
import type {
  BoundTensor,
  Numbers,
  OrtRuntime,
} from "../../../backends/onnx/runtime/ort_runtime.ts";
import { startPackageRuntime } from "../../../backends/onnx/runtime/package_runtime.ts";
import { startRuntime } from "../../../backends/onnx/runtime/start_runtime.ts";
import type { Shape } from "../../../core/mod.ts";
import { opened } from "./open_onnx.ts";

/** What of an ONNX model its constants are in. */
const MODEL = protobuf.parse(`
  syntax = "proto3";
  message ModelProto { GraphProto graph = 7; }
  message GraphProto { repeated TensorProto initializer = 5; }
  message TensorProto { repeated int64 dims = 1; int32 data_type = 2; bytes raw_data = 9; }
`).root.lookupType("ModelProto");

/** The matrix of 8-bit integers in a model: ONNX's type 3 has a sign, 2 has none. */
function matrixIn(model: Uint8Array) {
  const { graph } = MODEL.toObject(MODEL.decode(model)) as {
    graph: {
      initializer: readonly { dataType: number; rawData: Uint8Array }[];
    };
  };
  const bytes = graph.initializer.filter(({ dataType }) => dataType <= 3)
    .filter(({ dataType }) => dataType >= 2);
  const [matrix, zero] = bytes.toSorted((a, b) =>
    b.rawData.length - a.rawData.length
  );
  const form: Int8Form = matrix!.dataType === 3 ? "signed" : "unsigned";
  const values = form === "signed"
    ? new Int8Array(matrix!.rawData)
    : matrix!.rawData;
  return { form, values, zero: zero?.rawData[0] ?? 0 };
}

const DEVICE = { name: "onnx", description: "", isGpu: false };

/** How a processor adds two products. */
type AddPair = (first: number, second: number) => number;

const exactly: AddPair = (first, second) => first + second;
/** In 16 bits, as `vpmaddubsw` does. */
const saturating: AddPair = (first, second) =>
  Math.max(-32768, Math.min(32767, first + second));

/**
 * A library on a processor that adds products of each form's pairs in its own way: it
 * rounds rows to bytes and multiplies them with the matrix that the model holds.
 */
function processor(adding: Readonly<Record<Int8Form, AddPair>>): OrtRuntime {
  const bound = new Map<BoundTensor, { numbers: Numbers; shape: Shape }>();
  return {
    version: "of no package",
    isParallel: false,
    bind: (numbers, shape) => {
      const tensor = {};
      bound.set(tensor, { numbers, shape });
      return tensor;
    },
    unbind: (tensor) => void bound.delete(tensor),
    open: (model) => {
      const { values, zero, form } = matrixIn(model);
      const add = adding[form];
      return Promise.resolve({
        release: () => {},
        run: ([x = {}], [y = {}]) => {
          const { numbers: a, shape: [M = 0, K = 0] } = bound.get(x)!;
          const { numbers: out, shape: [, N = 0] } = bound.get(y)!;
          const least = [...a].reduce((low, v) => Math.min(low, v), 0);
          for (let m = 0; m < M; m++) {
            for (let n = 0; n < N; n++) {
              let [sum, rowSum, zeros] = [0, 0, 0];
              for (let k = 0; k < K; k += 2) {
                const q = [0, 1].map((i) =>
                  k + i < K ? a[m * K + k + i]! - least : 0
                );
                const w = [0, 1].map((i) =>
                  k + i < K ? values[(k + i) * N + n]! : 0
                );
                sum += add(q[0]! * w[0]!, q[1]! * w[1]!);
                rowSum += q[0]! + q[1]!;
                zeros += w[0]! + w[1]! - (k + 1 < K ? 2 : 1) * zero;
              }
              out[m * N + n] = sum - zero * rowSum + least * zeros;
            }
          }
          return Promise.resolve();
        },
      });
    },
  };
}

const formOn = async (runtime: OrtRuntime) => {
  const form = await exactInt8Form(runtime, 1, DEVICE);
  return form._tag === "Right" ? form.right : form.left;
};

Deno.test("exactInt8Form() prefers signed matrices where their products are exact", async () => {
  const runtime = processor({ signed: exactly, unsigned: exactly });
  strictEqual(await formOn(runtime), "signed");
});

Deno.test("exactInt8Form() takes unsigned matrices where pairs of signed ones saturate 16 bits", async () => {
  const runtime = processor({ signed: saturating, unsigned: exactly });
  strictEqual(await formOn(runtime), "unsigned");
});

Deno.test("exactInt8Form() sees pairs that saturate at one end only", async () => {
  const ends: readonly AddPair[] = [
    (first, second) => Math.min(32767, first + second),
    (first, second) => Math.max(-32768, first + second),
  ];
  for (const signed of ends) {
    const runtime = processor({ signed, unsigned: exactly });
    strictEqual(await formOn(runtime), "unsigned");
  }
});

Deno.test("exactInt8Form() refuses where no form is exact, and NaN", async () => {
  for (const wrong of [saturating, () => NaN]) {
    const found = await formOn(processor({ signed: wrong, unsigned: wrong }));
    ok(typeof found === "object" && found._tag === "WrongNumbers");
    deepStrictEqual([found.device, found.tolerance], ["onnx", 0]);
    ok(!(found.error < 1));
  }
});

Deno.test({
  name: "exactInt8Form() is the same through the C interface and the binding",
  ignore: opened._tag === "Left",
  fn: async () => {
    const { runtime } = await startRuntime();
    const native = await formOn(runtime);
    ok(native === "signed" || native === "unsigned", JSON.stringify(native));
    strictEqual(await formOn(await startPackageRuntime()), native);
  },
});
