/** Host kernels that pick rows by index. */
import { type Signature, sizeOf } from "../../../core/mod.ts";
import type { Fill, HostKernels } from "./host_kernel.ts";

/** Extents of a pick between `[B, rowsOfX, …]` and `[B, picks, …]`. */
const extentsOf = (
  [x, index]: readonly Signature[],
): readonly [rows: number, picks: number, width: number] => [
  x?.shape[1] ?? 0,
  index?.shape[1] ?? 0,
  sizeOf(x?.shape.slice(2) ?? []),
];

const gather = (_: unknown, signatures: readonly Signature[]): Fill => {
  const [rows, picks, width] = extentsOf(signatures);
  return (out, [x = out, index = out]) => {
    for (let pick = 0; pick < index.length; pick++) {
      const sample = Math.floor(pick / picks);
      const from = (sample * rows + index[pick]!) * width;
      const to = pick * width;
      for (let i = 0; i < width; i++) out[to + i] = x[from + i]!;
    }
  };
};

/** Host kernels that pick rows by index. */
export const rowKernels: HostKernels<
  "gatherRows" | "scatterRows" | "permuteRows"
> = {
  gatherRows: gather,
  permuteRows: gather,
  scatterRows: ({ attributes: { rows } }, signatures) => {
    const [, picks, width] = extentsOf(signatures);
    return (out, [y = out, index = out]) => {
      out.fill(0);
      for (let pick = 0; pick < index.length; pick++) {
        const sample = Math.floor(pick / picks);
        const to = (sample * rows + index[pick]!) * width;
        const from = pick * width;
        for (let i = 0; i < width; i++) {
          out[to + i] = out[to + i]! + y[from + i]!;
        }
      }
    };
  },
};
