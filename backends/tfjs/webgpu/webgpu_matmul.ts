/**
 * Matrix products on the WebGPU backend.
 *
 * @module
 */
import { env, getKernel, type KernelFunc } from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { productExtents } from "../host/matmul.ts";
import type { Kernel, StoredTensor } from "../kernel.ts";

/** Sums from this length on are split by the library among invocations that meet in atomics. */
const SPLIT_FROM = 2000;

/** The library's number of its program with small tiles. */
const SMALL_TILES = 2;

const FLAG = "WEBGPU_MATMUL_PROGRAM_TYPE";

/**
 * Matrix products by the library's tiled programs, which take transposed
 * operands as they are. Its program that splits long sums adds in whatever order
 * invocations finish; since the same seed must give the same numbers, small tiles
 * take its place.
 */
export function webGpuMatmul(backend: WebGPUBackend): Kernel<"matmul"> {
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
