/**
 * Matrix products on the WebGPU backend.
 *
 * @module
 */
import { env, getKernel, type KernelFunc } from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { Signature } from "../../../core/mod.ts";
import { stridesOf } from "../../../core/graph/shape.ts";
import { productExtents } from "../host/matmul.ts";
import type { Kernel, Launch, StoredTensor } from "../device.ts";
import { stridedShader } from "./element_shaders.ts";
import { launchShader } from "./shader.ts";

/** Sums from this length on are split by the library among invocations that meet in atomics. */
const SPLIT_FROM = 2000;

/** The library's number of its program with small tiles. */
const SMALL_TILES = 2;

const FLAG = "WEBGPU_MATMUL_PROGRAM_TYPE";

/** The library's product; its operands may be transposed. */
function libraryMatmul(backend: WebGPUBackend): Kernel<"matmul"> {
  const kernel = getKernel("BatchMatMul", "webgpu").kernelFunc as KernelFunc;
  return (node, signatures) => {
    const { batch, k } = productExtents(node, signatures);
    const maySplit = batch === 1 && k >= SPLIT_FROM;
    const attrs = { ...node.attributes };
    return ([a, b]) => {
      const before = env().getNumber(FLAG);
      if (maySplit) env().set(FLAG, SMALL_TILES);
      const inputs = { a: a!, b: b! };
      const out = kernel({ inputs, attrs, backend }) as StoredTensor;
      if (maySplit) env().set(FLAG, before);
      return out;
    };
  };
}

/** Every matrix of a tensor transposed. */
function transposition(
  backend: WebGPUBackend,
  { shape, dtype }: Signature,
): readonly [Signature, Launch] {
  const axes = shape.map((_, axis) => axis);
  const swapped = [...axes.slice(0, -2), ...axes.slice(-2).reverse()];
  const strides = stridesOf(shape);
  const result = { shape: swapped.map((axis) => shape[axis] ?? 1), dtype };
  const shader = stridedShader(
    result.shape,
    swapped.map((axis) => strides[axis] ?? 0),
  );
  return [result, launchShader(backend, shader, result)];
}

/**
 * Matrix products by the library's tiled programs.
 *
 * A real graphics processor takes transposed operands as they are. On a software
 * adapter a transposed second operand halves the speed, so it is laid out anew.
 *
 * The library's program that splits long sums adds in whatever order invocations
 * finish; since the same seed must give the same numbers, small tiles take its
 * place.
 */
export function webGpuMatmul(
  backend: WebGPUBackend,
  isGpu: boolean,
): Kernel<"matmul"> {
  const multiply = libraryMatmul(backend);
  if (isGpu) return multiply;
  return (node, signatures) => {
    const [a, b] = signatures;
    if (!node.attributes.transposeB || a === undefined || b === undefined) {
      return multiply(node, signatures);
    }
    const [straight, transpose] = transposition(backend, b);
    const attributes = { ...node.attributes, transposeB: false };
    const launch = multiply({ ...node, attributes }, [a, straight]);
    return ([x, y]) => {
      const copy = transpose([y!]);
      const out = launch([x!, copy]);
      backend.disposeData(copy.dataId);
      return out;
    };
  };
}
