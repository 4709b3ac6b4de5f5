/** Host kernels that move numbers. */
import { type Shape, sizeOf } from "../../../core/mod.ts";
import { stridesOf } from "../../../core/graph/shape.ts";
import type { Numbers } from "../device.ts";
import type { Fill, HostKernels } from "./host_kernel.ts";
import {
  broadcastStrides,
  forEachRow,
  innerLoop,
  type LoopNest,
  loopNest,
  transposeMatrix,
} from "./strided.ts";

/** From this length on the engine's own copy is faster, although it needs a view. */
const LONG_ROW = 128;

function copyRow(
  out: Numbers,
  to: number,
  x: Numbers,
  from: number,
  count: number,
): void {
  if (count >= LONG_ROW) out.set(x.subarray(from, from + count), to);
  else for (let i = 0; i < count; i++) out[to + i] = x[from + i]!;
}

/** Copies a tensor that is read in strides. */
function stridedCopy(nest: LoopNest): Fill {
  const [count, step = 0] = innerLoop(nest);
  return (out, [x = out]) =>
    forEachRow(nest, (to, from) => {
      if (step === 0) out.fill(x[from]!, to, to + count);
      else if (step === 1) copyRow(out, to, x, from, count);
      else {
        for (let i = 0; i < count; i++) out[to + i] = x[from + i * step]!;
      }
    });
}

/** Swaps the two innermost loops of a copy, the matrices `[rows, columns]`. */
const swapsMatrices = (
  { extents, strides: [strides = []] }: LoopNest,
): boolean => {
  const [columns = 0, rows = 0] = extents.slice(-2);
  return (extents.length === 2 ||
    (extents.length === 3 && strides[0] === rows * columns)) &&
    strides.at(-2) === 1 && strides.at(-1) === columns;
};

function permutedCopy(nest: LoopNest): Fill {
  if (!swapsMatrices(nest)) return stridedCopy(nest);
  const [columns = 0, rows = 0] = nest.extents.slice(-2);
  return (out, [x = out]) => {
    for (let start = 0; start < out.length; start += rows * columns) {
      transposeMatrix(out, x, start, rows, columns);
    }
  };
}

/** Extent of the blocks that an axis and all behind it make. */
const blockOf = (shape: Shape | undefined, axis: number): number =>
  sizeOf(shape?.slice(axis) ?? []);

/** Copies `count` blocks of `size` numbers between tensors whose blocks have other distances. */
function copyBlocks(
  out: Numbers,
  x: Numbers,
  [toStart, toStep]: readonly [number, number],
  [fromStart, fromStep]: readonly [number, number],
  size: number,
  count: number,
): void {
  for (let i = 0, to = toStart, from = fromStart; i < count; i++) {
    copyRow(out, to, x, from, size);
    to += toStep;
    from += fromStep;
  }
}

/** Host kernels that move numbers. */
export const layoutKernels: HostKernels<
  "transpose" | "slice" | "pad" | "concat" | "broadcastTo" | "sumTo"
> = {
  transpose: ({ attributes: { permutation }, shape }, [x]) => {
    const strides = stridesOf(x?.shape ?? []);
    return permutedCopy(
      loopNest(shape, [permutation.map((axis) => strides[axis] ?? 0)]),
    );
  },
  slice: ({ attributes: { axis, start }, shape }, [x]) => {
    const [size, from] = [blockOf(shape, axis), blockOf(x?.shape, axis)];
    const offset = start * blockOf(shape, axis + 1);
    return (out, [source = out]) =>
      copyBlocks(
        out,
        source,
        [0, size],
        [offset, from],
        size,
        out.length / size,
      );
  },
  pad: ({ attributes: { axis, before }, shape }, [x]) => {
    const [to, size] = [blockOf(shape, axis), blockOf(x?.shape, axis)];
    const offset = before * blockOf(shape, axis + 1);
    return (out, [source = out]) => {
      out.fill(0);
      copyBlocks(out, source, [offset, to], [0, size], size, out.length / to);
    };
  },
  concat: ({ attributes: { axis }, shape }, inputs) => {
    const to = blockOf(shape, axis);
    const sizes = inputs.map((x) => blockOf(x.shape, axis));
    return (out, sources) => {
      let offset = 0;
      sources.forEach((x, i) => {
        const size = sizes[i] ?? 0;
        copyBlocks(out, x, [offset, to], [0, size], size, out.length / to);
        offset += size;
      });
    };
  },
  broadcastTo: ({ shape }, [x]) =>
    stridedCopy(loopNest(shape, [broadcastStrides(x?.shape ?? [], shape)])),
  sumTo: ({ shape }, [x]) => {
    const from = x?.shape ?? [];
    return stridedSum(loopNest(from, [broadcastStrides(shape, from)]));
  },
};

/** Sum of a row. */
function sumOf(x: Numbers, from: number, count: number): number {
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += x[i]!;
  return sum;
}

/** Adds a row number by number. */
function accumulate(
  sums: Float64Array,
  to: number,
  x: Numbers,
  from: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) sums[to + i] = sums[to + i]! + x[from + i]!;
}

/** Sums in float64, so that long sums lose nothing. */
function stridedSum(nest: LoopNest): Fill {
  const [count, step = 0] = innerLoop(nest);
  return (out, [x = out]) => {
    const sums = new Float64Array(out.length);
    forEachRow(nest, (from, to) => {
      if (step === 0) sums[to] = sums[to]! + sumOf(x, from, count);
      else accumulate(sums, to, x, from, count);
    });
    out.set(sums);
  };
}
