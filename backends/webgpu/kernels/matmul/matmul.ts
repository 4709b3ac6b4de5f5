/** Products of matrices in batches: the choice of a kernel, and sums in parts. */
import type { Lowering } from "../../wgsl/lowering.ts";
import type { Operand, Target } from "../../wgsl/operand.ts";
import { tensorTarget } from "../../wgsl/tensor.ts";
import { plainKernel } from "./matmul_plain.ts";
import type { MatmulWork } from "./matmul_parts.ts";
import { tiledKernel } from "./matmul_tiled.ts";
import {
  defaultSplit,
  defaultVariant,
  type MatmulSizes,
  partsOf,
  type VariantName,
  VARIANTS,
} from "./matmul_variants.ts";

/** Choices for one product. */
export interface MatmulOptions {
  /** The tile; by default that of least estimated time. */
  readonly variant?: VariantName;
  /** Parts in which sums are added up, each by workgroups of its own; by default by estimate. */
  readonly split?: number;
  /** Shape `[m]`: also the sums of `op(a)` over `k`. Only for batch 1. */
  readonly rowSums?: Target;
}

/** Where parts of sums go: to the target, or to planes that are added up later. */
function planesOf(
  lowering: Lowering,
  target: Target,
  parts: number,
): { readonly stored: Target; readonly join: () => void } {
  if (parts === 1) return { stored: target, join: () => {} };
  const planes = lowering.scratch([parts, ...target.shape]);
  return {
    stored: tensorTarget(lowering.values, planes),
    join: () => lowering.addUp({ planes, count: parts, target }),
  };
}

/** Words for a kernel's name. */
function nameOf(
  { batch, m, n, k, transposeA, transposeB }: MatmulSizes,
  { rows, columns, depth }: { rows: number; columns: number; depth: number },
  parts: number,
  hasSums: boolean,
  { label }: Target,
): string {
  return [
    ...["matmul", `${transposeA ? "T" : "N"}${transposeB ? "T" : "N"}`],
    ...batch === 1 ? [] : [batch, "of"],
    ...[`${m}×${n}×${k}`, `${rows}×${columns}×${depth}`],
    ...parts === 1 ? [] : ["split", parts],
    ...hasSums ? ["with row sums"] : [],
  ].join(" ") + label;
}

/**
 * Adds the kernel of `op(a) · op(b)` for each of a batch.
 *
 * @param a Shape `[batch, m, k]`, or `[batch, k, m]` when it is transposed.
 * @param b Shape `[batch, k, n]`, or `[batch, n, k]` when it is transposed.
 * @param target Shape `[batch, m, n]`.
 */
export function matmulKernels(
  lowering: Lowering,
  sizes: MatmulSizes,
  a: Operand,
  b: Operand,
  target: Target,
  options: MatmulOptions = {},
): void {
  const { rowSums } = options;
  if (rowSums !== undefined && sizes.batch !== 1) {
    throw new Error("Row sums are of one product, not of a batch");
  }
  const { limits } = lowering;
  const targets = [target, ...rowSums === undefined ? [] : [rowSums]];
  const variant = options.variant ?? defaultVariant(limits, sizes, targets);
  const tile = VARIANTS[variant];
  const wished = options.split ?? defaultSplit(limits, sizes, variant);
  const { parts, turns } = partsOf(sizes, tile, wished);
  const results = planesOf(lowering, target, parts);
  const sums = rowSums && planesOf(lowering, rowSums, parts);
  const stored = { ...{ target: results.stored }, rowSums: sums?.stored };
  const work: MatmulWork = {
    ...{ sizes, tile, parts, turns, a, b, ...stored },
    name: nameOf(sizes, tile, parts, rowSums !== undefined, results.stored),
  };
  const writer = lowering.writer();
  lowering.call(
    variant === "plain" ? plainKernel(writer, work) : tiledKernel(writer, work),
  );
  results.join();
  sums?.join();
}
