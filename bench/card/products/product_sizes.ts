/** The matrix products of a step. */
import type { KernelLimits } from "../../../backends/webgpu/wgsl/lowering.ts";
import { compileGraph } from "../../../backends/webgpu/compile/compile_graph.ts";
import type { MatmulSizes } from "../../../backends/webgpu/kernels/matmul/matmul_variants.ts";
import type { GraphToCompile } from "../../../train/engine/programs.ts";

/** Products of equal sizes. */
export interface StepProduct {
  /** Their sizes. */
  readonly sizes: MatmulSizes;
  /** How many of them a step has. */
  readonly count: number;
  /** Operations of one. */
  readonly operations: number;
}

/** Operations of a product. */
const operationsOf = ({ batch, m, n, k }: MatmulSizes): number =>
  2 * batch * m * n * k;

/** Sizes in a word, for example `NT 3200×2304×768`. */
export const describeSizes = (
  { batch, m, n, k, transposeA, transposeB }: MatmulSizes,
): string =>
  `${transposeA ? "T" : "N"}${transposeB ? "T" : "N"} ${
    batch === 1 ? "" : `${batch} of `
  }${m}×${n}×${k}`;

/** The products of a compiled step, those with most operations first. */
export function productsOf(
  { graph, replaces = {}, guard }: GraphToCompile,
  limits: KernelLimits,
): readonly StepProduct[] {
  const found = new Map<string, StepProduct>();
  compileGraph(graph, {
    ...{ limits, replaces },
    ...guard === undefined ? {} : { guard },
    choose: (sizes) => {
      const key = describeSizes(sizes);
      const count = 1 + (found.get(key)?.count ?? 0);
      const operations = operationsOf(sizes);
      found.set(key, { sizes, count, operations });
      return undefined;
    },
  });
  return [...found.values()].toSorted((a, b) =>
    b.count * b.operations - a.count * a.operations
  );
}
