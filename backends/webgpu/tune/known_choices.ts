/** The choice of kernels that were found before, with a record of the products that have none. */
import type { MatmulChoice } from "../compile/compilation.ts";
import type { KernelLimits } from "../wgsl/lowering.ts";
import {
  type Choice,
  isPossible,
  isWorthy,
  nameOf,
  type Product,
  workOf,
} from "./product.ts";

/** A product without a choice. */
export interface Unknown {
  readonly name: string;
  readonly product: Product;
  /** Multiply-adds of all its uses in the graph. */
  readonly work: number;
}

/** Kernels of one compilation. */
export interface KnownChoices {
  /** The choice; nothing for products that have none. */
  readonly choose: MatmulChoice;
  /** Products that had none, most work first. */
  unknown(): readonly Unknown[];
}

/**
 * Chooses for a compilation.
 *
 * @param known Choices by the names of products; one that the device cannot do is passed over.
 * @param leastWork Multiply-adds that make a product worth a measurement.
 */
export function knownChoices(
  limits: KernelLimits,
  known: ReadonlyMap<string, Choice>,
  leastWork: number,
): KnownChoices {
  const unknown = new Map<string, Unknown>();
  return {
    choose: (sizes, targets) => {
      const byFours = targets.some(({ onlyVector }) => onlyVector ?? false);
      const product = { sizes, byFours };
      const name = nameOf(product);
      const choice = known.get(name);
      if (choice !== undefined && isPossible(limits, product, choice)) {
        return choice;
      }
      if (!isWorthy(product, leastWork)) return undefined;
      const work = workOf(product) + (unknown.get(name)?.work ?? 0);
      unknown.set(name, { name, product, work });
      return undefined;
    },
    unknown: () => [...unknown.values()].toSorted((a, b) => b.work - a.work),
  };
}
