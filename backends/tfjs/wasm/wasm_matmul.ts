/** Matrix products on the WASM backend. */
import type { BackendWasm } from "npm:@tensorflow/tfjs-backend-wasm@4.22.0";
import type { Shape } from "../../../core/mod.ts";
import type { HostMemory } from "../host/host_kernel.ts";
import {
  type ProductExtents,
  productExtents,
  transposeMatrices,
} from "../host/matmul.ts";
import type { Kernel, StoredTensor } from "../device.ts";
import { addressOf } from "./wasm_memory.ts";

/** Members of Emscripten's modules that the library's types leave out. */
interface WithCwrap {
  readonly cwrap: (
    name: string,
    result: null,
    parameters: readonly ("number" | "array")[],
  ) => (...given: (number | Uint8Array)[]) => void;
}

/** Multiplies two matrices that lie straight at two addresses into a third. */
type MultiplyMatrices = (a: number, b: number, c: number) => void;

/** Ids for pieces of tensors, beyond those that the backend gives. */
const [PIECE_A, PIECE_B, PIECE_C] = [2 ** 30, 2 ** 30 + 1, 2 ** 30 + 2];

const FLOAT_BYTES = 4;

const extentsBytes = (shape: Shape): Uint8Array =>
  new Uint8Array(Int32Array.from(shape).buffer);

/**
 * The backend's product of two matrices, by their addresses.
 *
 * Only the product of two single straight matrices reaches XNNPACK (46 GFLOP/s);
 * a batch or a transposed operand runs in a scalar loop (3 GFLOP/s). Naming each
 * matrix of a batch as a tensor of its own brings 20 GFLOP/s even for 65×16×65.
 */
export function matrixProduct(
  { wasm }: BackendWasm,
  { m, k, n }: ProductExtents,
): MultiplyMatrices {
  const { cwrap } = wasm as unknown as WithCwrap;
  const multiply = cwrap("BatchMatMul", null, [
    "number",
    "array",
    "number",
    "number",
    "array",
    "number",
    "number",
    "number",
    "number",
  ]);
  const [extentsA, extentsB] = [
    extentsBytes([1, m, k]),
    extentsBytes([1, k, n]),
  ];
  const { registerTensor, disposeData } = wasm.tfjs;
  return (a, b, c) => {
    registerTensor(PIECE_A, m * k, a);
    registerTensor(PIECE_B, k * n, b);
    registerTensor(PIECE_C, m * n, c);
    multiply(PIECE_A, extentsA, 3, PIECE_B, extentsB, 3, 0, 0, PIECE_C);
    disposeData(PIECE_A);
    disposeData(PIECE_B);
    disposeData(PIECE_C);
  };
}

/** Matrix products by XNNPACK; a transposed operand is copied into order first. */
function xnnpackMatmul(
  backend: BackendWasm,
  memory: HostMemory,
): Kernel<"matmul"> {
  const laidStraight = (x: StoredTensor, extents: Shape): StoredTensor => {
    const copy = memory.allocate({ shape: x.shape, dtype: "float32" });
    transposeMatrices(memory.view(copy), memory.view(x), extents);
    return copy;
  };
  return (node, signatures) => {
    const { transposeA, transposeB } = node.attributes;
    const extents = productExtents(node, signatures);
    const { batch, m, k, n } = extents;
    const multiply = matrixProduct(backend, extents);
    return ([x, y]) => {
      const a = transposeA ? laidStraight(x!, [k, m]) : x!;
      const b = transposeB ? laidStraight(y!, [n, k]) : y!;
      const c = memory.allocate(node);
      const [startA, startB, startC] = [a, b, c].map((t) =>
        addressOf(backend, t)
      ) as [number, number, number];
      for (let i = 0; i < batch; i++) {
        multiply(
          startA + i * m * k * FLOAT_BYTES,
          startB + i * k * n * FLOAT_BYTES,
          startC + i * m * n * FLOAT_BYTES,
        );
      }
      if (transposeA) backend.disposeData(a.dataId);
      if (transposeB) backend.disposeData(b.dataId);
      return c;
    };
  };
}

/** `aᵀ·b` as `(bᵀ·a)ᵀ`. */
const swapped = (
  backend: BackendWasm,
  memory: HostMemory,
  multiply: Kernel<"matmul">,
): Kernel<"matmul"> =>
(node, [a = node, b = node]) => {
  const [rows = 1, columns = 1] = node.shape;
  const launch = multiply({ ...node, shape: [columns, rows] }, [b, a]);
  return ([x, y]) => {
    const product = launch([y!, x!]);
    const out = memory.allocate(node);
    transposeMatrices(memory.view(out), memory.view(product), [columns, rows]);
    backend.disposeData(product.dataId);
    return out;
  };
};

/**
 * Matrix products in the way that is fastest for their extents.
 *
 * XNNPACK repacks its second operand on every call, in a slow scalar loop; of a
 * long product `aᵀ·b`, the gradient of a weight, that should be the smaller one.
 */
export function wasmMatmul(
  backend: BackendWasm,
  memory: HostMemory,
): Kernel<"matmul"> {
  const onXnnpack = xnnpackMatmul(backend, memory);
  const onSwapped = swapped(backend, memory, onXnnpack);
  return (node, signatures) => {
    const { m, n } = productExtents(node, signatures);
    const { transposeA, transposeB } = node.attributes;
    const isWeightGradient = node.shape.length === 2 && transposeA &&
      !transposeB;
    return isWeightGradient && n > m
      ? onSwapped(node, signatures)
      : onXnnpack(node, signatures);
  };
}
