/** The matrix products of a step: how fast each tile makes them, and how good the default is. */
import type { KernelLimits } from "../../../backends/webgpu/wgsl/lowering.ts";
import { benchedRun } from "../steps/benched_run.ts";
import { type GpuClock, openClock, timeOf } from "../machine/gpu_clock.ts";
import { openCard } from "../machine/open_card.ts";
import { type Facts, type Part, reasonOf, short } from "../part.ts";
import {
  choicesFor,
  type ProductChoice,
  type ProductMaker,
  productMaker,
} from "./product_kernels.ts";
import {
  describeSizes,
  productsOf,
  type StepProduct,
} from "./product_sizes.ts";
import { stepGraphOf } from "./step_graph.ts";

/** One measured choice. */
interface Tried extends ProductChoice {
  readonly ms?: number;
  readonly tflops?: number;
  readonly compileMs?: number;
  readonly error?: string;
}

/** What is known of a product. */
interface Measured extends StepProduct {
  readonly choices: readonly ProductChoice[];
  readonly tried: Tried[];
}

async function tryChoice(
  clock: GpuClock,
  maker: ProductMaker,
  { sizes, operations }: StepProduct,
  choice: ProductChoice,
): Promise<Tried> {
  try {
    const start = performance.now();
    const kernel = await maker.make(sizes, choice);
    const compileMs = short(performance.now() - start);
    const ms = await timeOf(clock, kernel.record, { most: 200 });
    const tflops = short(operations / ms / 1e9);
    return { ...choice, ms: short(ms), tflops, compileMs };
  } catch (thrown) {
    return { ...choice, error: reasonOf(thrown) };
  }
}

/** A row of the results; the default was tried first. */
function rowOf({ sizes, count, operations, tried }: Measured): Facts {
  const good = tried.filter(({ ms }) => ms !== undefined);
  const [best] = good.toSorted((a, b) => a.ms! - b.ms!);
  const [usual] = tried;
  return {
    product: describeSizes(sizes),
    ...{ sizes, count },
    gflop: short(operations / 1e9),
    best,
    default: usual,
    ...best === undefined || usual?.ms === undefined
      ? {}
      : { defaultSlower: short(usual.ms / best.ms!) },
    tried,
  };
}

/** Milliseconds of all products of a step, with the defaults and with the best. */
function totalOf(products: readonly Measured[]): Facts {
  const rows = products.map(rowOf);
  const sum = (key: "default" | "best"): number =>
    rows.reduce(
      (sum, row, i) =>
        sum + products[i]!.count * ((row[key] as Tried | undefined)?.ms ?? 0),
      0,
    );
  const gflop = products.filter(({ tried }) => tried.length > 0)
    .reduce((sum, { count, operations }) => sum + count * operations / 1e9, 0);
  const [usual, best] = [sum("default"), sum("best")];
  return {
    gflop: short(gflop),
    defaultMs: short(usual),
    bestMs: short(best),
    defaultTflops: short(gflop / usual),
    bestTflops: short(gflop / best),
  };
}

/** The products of a step with nothing frozen. */
async function stepProducts(
  limits: KernelLimits,
  isTiny: boolean,
): Promise<readonly Measured[]> {
  const run = isTiny ? benchedRun("tiny", 2, 0) : benchedRun("vit-b", 64, 0);
  const products = productsOf(await stepGraphOf(run), limits);
  return products.slice(0, isTiny ? 2 : undefined).map((product) => ({
    ...product,
    choices: choicesFor(limits, product.sizes).slice(0, isTiny ? 2 : undefined),
    tried: [],
  }));
}

/**
 * Each product of a step of ViT-B in each tile and split. First the default of every
 * product, then the best tiles by estimate, so that an end before time leaves the least
 * promising out.
 */
export const PRODUCTS: Part = {
  name: "products",
  about: "each matrix product of a ViT-B step in each tile and split",
  share: 16,
  measure: async ({ isTiny, secondsLeft, note }) => {
    const { device, limits } = await openCard();
    const clock = await openClock(device);
    const maker = productMaker(device, limits);
    const products = await stepProducts(limits, isTiny);
    const most = Math.max(...products.map(({ choices }) => choices.length));
    const tell = (): void =>
      note({
        clock: clock.kind,
        total: totalOf(products),
        products: products.map(rowOf),
      });
    for (let turn = 0; turn < most; turn++) {
      for (const product of products) {
        const choice = product.choices[turn];
        if (choice === undefined || secondsLeft() < 1) continue;
        product.tried.push(await tryChoice(clock, maker, product, choice));
      }
      tell();
    }
  },
};
