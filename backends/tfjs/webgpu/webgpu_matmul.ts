/** Matrix products on the WebGPU backend. */
import {
  env,
  getKernel,
  type KernelFunc,
} from "npm:@tensorflow/tfjs-core@4.22.0";
import type { WebGPUBackend } from "npm:@tensorflow/tfjs-backend-webgpu@4.22.0";
import type { NodeOf, Signature } from "../../../core/mod.ts";
import { stridesOf } from "../../../core/graph/shape.ts";
import { productExtents } from "../host/matmul.ts";
import type { Kernel, Launch, StoredTensor } from "../device.ts";
import { mapShader, stridedShader } from "./element_shaders.ts";
import { launchShader } from "./shader.ts";

/** Sums from this length on are split by the library among invocations that meet in atomics. */
const SPLIT_FROM = 2000;

/**
 * Longest sum of one launch. The library's programs take a turn of a loop for 16 terms or
 * more, and no more than `MOST_TURNS` are sure to be taken.
 */
const LONGEST_SUM = 2 ** 19;

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

/** A stretch of a tensor along one axis. */
function stretch(
  backend: WebGPUBackend,
  { shape, dtype }: Signature,
  axis: number,
  [start, extent]: readonly [number, number],
): readonly [Signature, Launch] {
  const part = { shape: shape.with(axis, extent), dtype };
  const strides = stridesOf(shape);
  const offset = start * (strides.at(axis) ?? 0);
  const shader = stridedShader(part.shape, strides, offset);
  return [part, launchShader(backend, shader, part)];
}

/** A product over a stretch of the sum; nothing of the operands' parts stays behind. */
function partialProduct(
  backend: WebGPUBackend,
  multiply: Kernel<"matmul">,
  node: NodeOf<"matmul">,
  [a, b]: readonly [Signature, Signature],
  range: readonly [start: number, extent: number],
): Launch {
  const { transposeA, transposeB } = node.attributes;
  const [left, takeLeft] = stretch(backend, a, transposeA ? -2 : -1, range);
  const [right, takeRight] = stretch(backend, b, transposeB ? -1 : -2, range);
  const launch = multiply(node, [left, right]);
  return ([x, y]) => {
    const parts = [takeLeft([x!]), takeRight([y!])];
    const out = launch(parts);
    parts.forEach(({ dataId }) => backend.disposeData(dataId));
    return out;
  };
}

/** Products whose sums are too long for one launch, as sums of several. */
function inParts(
  backend: WebGPUBackend,
  multiply: Kernel<"matmul">,
): Kernel<"matmul"> {
  return (node, signatures) => {
    const { k } = productExtents(node, signatures);
    const [a, b] = signatures;
    if (k <= LONGEST_SUM || a === undefined || b === undefined) {
      return multiply(node, signatures);
    }
    const launches = Array.from(
      { length: Math.ceil(k / LONGEST_SUM) },
      (_, part): Launch => {
        const start = part * LONGEST_SUM;
        const range = [start, Math.min(LONGEST_SUM, k - start)] as const;
        return partialProduct(backend, multiply, node, [a, b], range);
      },
    );
    const { shape } = node;
    const add = launchShader(
      backend,
      mapShader("add v0 + v1", shape, [shape, shape], "v0 + v1"),
      node,
    );
    return (inputs) =>
      launches.map((launch) => () => launch(inputs)).reduce(
        (before, next) => () => {
          const terms = [before(), next()];
          const sum = add(terms);
          terms.forEach(({ dataId }) => backend.disposeData(dataId));
          return sum;
        },
      )();
  };
}

/**
 * Matrix products by the library's tiled programs.
 *
 * A real graphics processor takes transposed operands as they are. On a software
 * adapter a transposed second operand halves the speed, so it is copied into order.
 *
 * The library's program that splits long sums adds in whatever order invocations
 * finish; since the same seed must give the same numbers, small tiles take its
 * place. Sums that are longer than what adapters are sure to take in one loop are sums of
 * several products.
 */
export function webGpuMatmul(
  backend: WebGPUBackend,
  isGpu: boolean,
): Kernel<"matmul"> {
  const multiply = libraryMatmul(backend);
  if (isGpu) return inParts(backend, multiply);
  return inParts(backend, (node, signatures) => {
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
  });
}
