/**
 * The tuner: measures kernels of the matrix products that a graph needs, for a few
 * seconds, and remembers which are fastest.
 */
import type { MatmulChoice } from "../compile/compilation.ts";
import type { OpenDevice } from "../device/open_device.ts";
import type { Runtime } from "../runtime/runtime.ts";
import {
  type KnownChoices,
  knownChoices,
  type Unknown,
} from "./known_choices.ts";
import { fastest } from "./measure.ts";
import { candidatesOf, type Choice } from "./product.ts";
import { timerOn } from "./timer.ts";
import {
  adapterName,
  type TuningMemory,
  tuningMemory,
  type TuningStore,
} from "./tuning_memory.ts";

/** Options of the tuner. */
export interface TuningOptions {
  /** Where choices are kept from one start to the next; `null` or left out for nowhere. */
  readonly store?: TuningStore | null;
  /**
   * Milliseconds for the products of one graph, 15,000 by default. The rest keep the
   * kernels of least estimated time for good, so that a later start computes the same
   * bits. With 0 nothing is measured, and only what is remembered is used.
   */
  readonly budget?: number;
  /** Tiles that are tried for each product, the best by estimate; 3 by default. */
  readonly tiles?: number;
  /** Multiply-adds that make a product worth a measurement, 2²¹ by default. */
  readonly leastWork?: number;
  /** Also measures on software, which is only good for tests. */
  readonly onSoftware?: boolean;
  /** Called with a line about what was measured, or why something is not used or kept. */
  readonly say?: (line: string) => void;
  /** Called before each measurement, with words such as `tuning product 3 of 14`. */
  readonly progress?: (words: string) => void;
}

/** Chooses kernels by measurement. */
export interface Tuner {
  /**
   * Compiles with the choices that are known, and once more when there are more of them.
   *
   * @param compile A compilation with a choice.
   */
  tuned<A>(compile: (choose: MatmulChoice) => A): Promise<A>;
}

/** Milliseconds for the products of a graph where the options do not say. */
const BUDGET = 15_000;

/** What measurements came to. */
interface Tuned {
  /** Choices for all products. */
  readonly found: ReadonlyMap<string, Choice>;
  /** How many of them were measured. */
  readonly measured: number;
  readonly milliseconds: number;
}

/** Measures products until the time is over; the first is finished in any case, the rest keep their defaults. */
async function measured(
  { device, limits }: OpenDevice,
  { watch }: Runtime,
  unknown: readonly Unknown[],
  { budget = BUDGET, tiles = 3, progress = () => {} }: TuningOptions,
): Promise<Tuned> {
  const found = new Map<string, Choice>();
  const start = performance.now();
  const passed = () => performance.now() - start;
  const timer = timerOn(device, watch);
  const bench = { runtime: { device, watch }, limits, timer };
  let measured = 0;
  try {
    for (const [i, { name, product }] of unknown.entries()) {
      const isOver = () => i > 0 && passed() >= budget;
      if (watch.failure() !== null) break;
      const candidates = candidatesOf(limits, product, tiles);
      let choice: Choice | null = null;
      if (!isOver()) {
        progress(`tuning product ${i + 1} of ${unknown.length}`);
        choice = await fastest(bench, product, candidates, isOver);
      }
      if (choice !== null) measured++;
      found.set(name, choice ?? candidates[0]!);
    }
  } catch (thrown) {
    // A device that is lost says so itself where it is next used.
    if (watch.failure() === null) throw thrown;
  } finally {
    timer.dispose();
  }
  return { found, measured, milliseconds: passed() };
}

/** What was measured, in a line. */
function describe(
  { measured, milliseconds }: Tuned,
  wanted: number,
  { store = null }: TuningOptions,
  refusal: string | null,
): string {
  const all = `${wanted} matrix product${wanted === 1 ? "" : "s"}`;
  const count = measured === wanted ? all : `${measured} of ${all}`;
  const seconds = (milliseconds / 1000).toFixed(1);
  const place = store === null
    ? ""
    : refusal !== null
    ? ` (not kept: ${refusal})`
    : store.place === undefined
    ? " (kept)"
    : ` (kept in ${store.place})`;
  return `tuned ${count} in ${seconds} s${place}`;
}

/** A tuner with what it remembers. */
function tunerWith(
  memory: TuningMemory,
  opened: OpenDevice,
  runtime: Runtime,
  options: TuningOptions,
): Tuner {
  const { budget = BUDGET, leastWork = 2 ** 21, say = () => {} } = options;
  const known = async (): Promise<KnownChoices> =>
    knownChoices(opened.limits, await memory.known(), leastWork);
  let last: Promise<unknown> = Promise.resolve();
  /** Measures one after the other: two at a time would measure each other. */
  const inTurn = <A>(work: () => Promise<A>): Promise<A> => {
    const next = last.then(work, work);
    last = next.catch(() => {});
    return next;
  };
  return {
    tuned: (compile) =>
      inTurn(async () => {
        const first = await known();
        const compiled = compile(first.choose);
        const unknown = first.unknown();
        if (unknown.length === 0 || budget <= 0) return compiled;
        const tuned = await measured(opened, runtime, unknown, options);
        if (tuned.found.size === 0) return compiled;
        const refusal = await memory.keep(tuned.found);
        say(describe(tuned, unknown.length, options, refusal));
        return compile((await known()).choose);
      }),
  };
}

/**
 * A tuner of a device.
 *
 * @returns The tuner; `null` for software, unless the options ask for it.
 */
export function tunerOn(
  opened: OpenDevice,
  runtime: Runtime,
  options: TuningOptions,
): Tuner | null {
  const { store = null, onSoftware = false, say = () => {} } = options;
  if (!opened.info.isGpu && !onSoftware) return null;
  const memory = tuningMemory(store, adapterName(opened.adapter), say);
  return tunerWith(memory, opened, runtime, options);
}
