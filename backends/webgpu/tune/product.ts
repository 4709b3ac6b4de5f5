/** Matrix products as a tuner sees them: their names, and the kernels that are worth a measurement. */
import {
  allowedVariants,
  defaultSplit,
  defaultVariant,
  type MatmulSizes,
  partsOf,
  splitCandidates,
  type VariantName,
  VARIANTS,
} from "../kernels/matmul/matmul_variants.ts";
import type { KernelLimits } from "../wgsl/lowering.ts";

/** A matrix product. */
export interface Product {
  readonly sizes: MatmulSizes;
  /** Results can only be written by fours, as pairs of bfloat16. */
  readonly byFours: boolean;
}

/** A kernel of a matrix product. */
export interface Choice {
  /** The tile. */
  readonly variant: VariantName;
  /** Parts in which sums are added up. */
  readonly split: number;
}

/** Form of the names of products. */
export const PRODUCT_NAME = /^\d{1,9} of (\d{1,9}×){2}\d{1,9} [NT]{2}( bf16)?$/;

/** Name of a product, equal for all that have the same kernels. */
export const nameOf = (
  { sizes: { batch, m, n, k, transposeA, transposeB }, byFours }: Product,
): string =>
  `${batch} of ${m}×${n}×${k} ${transposeA ? "T" : "N"}${
    transposeB ? "T" : "N"
  }${byFours ? " bf16" : ""}`;

/** Rows and columns of the results that make a product worth a measurement. */
const LEAST_EXTENT = 8;

/**
 * True if a product may take long enough to be worth a measurement.
 *
 * @param leastWork Multiply-adds that make it so.
 */
export const isWorthy = (product: Product, leastWork: number): boolean =>
  workOf(product) >= leastWork &&
  Math.min(product.sizes.m, product.sizes.n) >= LEAST_EXTENT;

/** Multiply-adds of a product. */
export const workOf = ({ sizes: { batch, m, n, k } }: Product): number =>
  batch * m * n * k;

const targetsOf = ({ byFours }: Product) => [{ onlyVector: byFours }];

/** The kernel that a product has without a tuner. */
export function defaultChoice(limits: KernelLimits, product: Product): Choice {
  const variant = defaultVariant(limits, product.sizes, targetsOf(product));
  const wished = defaultSplit(limits, product.sizes, variant);
  const { parts } = partsOf(product.sizes, VARIANTS[variant], wished);
  return { variant, split: parts };
}

/**
 * Kernels that are worth a measurement, the default first.
 *
 * @param most Tiles to try, the best by estimate.
 */
export function candidatesOf(
  limits: KernelLimits,
  product: Product,
  most: number,
): readonly Choice[] {
  const { sizes } = product;
  const all = [
    defaultChoice(limits, product),
    ...allowedVariants(limits, sizes, targetsOf(product)).slice(0, most)
      .flatMap((variant) =>
        splitCandidates(limits, sizes, variant).map((split) => ({
          variant,
          split: partsOf(sizes, VARIANTS[variant], split).parts,
        }))
      ),
  ];
  const byName = new Map(
    all.map((choice) => [`${choice.variant} ${choice.split}`, choice] as const),
  );
  return [...byName.values()];
}

/** True if a product can have a kernel, which a file may say of it. */
export function isPossible(
  limits: KernelLimits,
  { sizes, byFours }: Product,
  { variant, split }: Choice,
): boolean {
  const targets = targetsOf({ sizes, byFours });
  return allowedVariants(limits, sizes, targets).includes(variant) &&
    splitCandidates(limits, sizes, variant).includes(split);
}
