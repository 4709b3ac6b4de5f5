/** The form of products in 8-bit integers that is exact on this processor. */
import { left, type Result, right, traceGraph } from "../../core/mod.ts";
import type { BackendError, DeviceInfo } from "../backend.ts";
import { type Int8Form, int8Matrix } from "./fuse/int8_matrix.ts";
import { lowerGraph } from "./lower/lower_graph.ts";
import { encodeModel } from "./file/onnx_model.ts";
import type { OrtRuntime } from "./runtime/ort_runtime.ts";

/** The fastest first. */
const FORMS: readonly Int8Form[] = ["signed", "unsigned"];

/** Sizes that no tile divides: a row alone, for which there are kernels of their own, and many. */
const SIZES = [[1, 131, 67], [37, 1031, 83]] as const;

/** Least and largest whole number of the rows, so that a unit of their bytes is 1. */
const RANGES = [[0, 255], [-255, 0], [-128, 127]] as const;

/** Courses of a sum: all products large, of one sign or of both; pairs in every place. */
const COURSES: readonly ((k: number, i: number) => number)[] = [
  () => 1,
  () => 0,
  (k) => k % 2,
  (k) => (k >> 1) % 2,
  (k) => (k >> 2) % 2,
  (k, i) => (k * 37 + i * 61) % 101 / 100,
];

/** Whole numbers from `least` to `largest` in rows of one course each; every row has both ends. */
function courses(
  rows: number,
  width: number,
  [least, largest]: readonly [number, number],
): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(new ArrayBuffer(4 * rows * width));
  for (let i = 0; i < rows; i++) {
    const course = COURSES[i % COURSES.length]!;
    for (let k = 0; k < width; k++) {
      const part = k < 2 ? k : course(k, i);
      numbers[i * width + k] = Math.round(least + part * (largest - least));
    }
  }
  return numbers;
}

/** Rows, matrix and their product. */
interface Product {
  readonly size: readonly [rows: number, inner: number, columns: number];
  readonly a: Float32Array<ArrayBuffer>;
  readonly w: Float32Array;
}

/** The largest difference between what was found and the products in whole numbers. */
function worstDifference({ size, a, w }: Product, found: Float32Array): number {
  const [M, K, N] = size;
  let worst = 0;
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += a[m * K + k]! * w[n * K + k]!;
      const difference = Math.abs(found[m * N + n]! - Math.fround(sum));
      // Not `difference > worst`, which NaN would pass.
      if (!(difference <= worst)) worst = difference;
    }
  }
  return worst;
}

/** The product that the library computes. */
async function computed(
  runtime: OrtRuntime,
  threads: number,
  form: Int8Form,
  { size: [M, K, N], a, w }: Product,
): Promise<Float32Array> {
  const graph = traceGraph((g) => ({
    y: g.matmul(g.input("a", [M, K]), g.input("w", [N, K]), {
      transposeB: true,
    }),
  }));
  if (graph._tag === "Left") throw new Error("the test does not fit");
  const weights = new Map([["w", int8Matrix(w, N, K, form)]]);
  const { model } = lowerGraph("fused", graph.right, weights);
  const session = await runtime.open(encodeModel(model), {
    threads,
    inputs: model.inputs.map(({ name }) => name),
    outputs: model.outputs.map(({ name }) => name),
  });
  const y = new Float32Array(new ArrayBuffer(4 * M * N));
  const tensors = [runtime.bind(a, [M, K]), runtime.bind(y, [M, N])];
  try {
    await session.run(tensors.slice(0, 1), tensors.slice(1));
  } finally {
    tensors.forEach(runtime.unbind);
    session.release();
  }
  return y;
}

/** Products whose pairs of neighbours leave 16 bits, by both ends. */
const products = (): readonly Product[] =>
  SIZES.flatMap((size) =>
    RANGES.map((range): Product => ({
      size,
      a: courses(size[0], size[1], range),
      w: courses(size[2], size[1], [-127, 127]),
    }))
  );

/**
 * The fastest form of products in 8-bit integers that is exact here, on numbers whose
 * products saturate wherever an engine adds two of them in 16 bits.
 *
 * @throws With ONNX Runtime's message.
 */
export async function exactInt8Form(
  runtime: OrtRuntime,
  threads: number,
  device: DeviceInfo,
): Promise<Result<BackendError, Int8Form>> {
  let error = 0;
  for (const form of FORMS) {
    error = 0;
    for (const product of products()) {
      const found = await computed(runtime, threads, form, product);
      const worst = worstDifference(product, found);
      if (!(worst <= error)) error = worst;
    }
    if (error === 0) return right(form);
  }
  return left({
    _tag: "WrongNumbers",
    device: device.name,
    what: "a product in 8-bit integers",
    error,
    tolerance: 0,
  });
}
