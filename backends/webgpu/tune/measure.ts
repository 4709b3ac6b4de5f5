/** Measurement of the candidates of one product on the device. */
import { binder, type Dispatch, type RegionOf } from "../runtime/dispatches.ts";
import { pipelineFailure } from "../runtime/launches.ts";
import { bytesOf } from "../runtime/memory/lifetimes.ts";
import { pipelinesOf } from "../runtime/pipelines.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { KernelLimits } from "../wgsl/lowering.ts";
import type { Choice, Product } from "./product.ts";
import { MOST_WORKS, type Timer, type Work } from "./timer.ts";
import { fillKernel, OPERANDS, type Trial, trialOf } from "./trial.ts";

/** Where measurements are made. */
export interface Bench {
  readonly runtime: Pick<Runtime, "device" | "watch">;
  readonly limits: KernelLimits;
  readonly timer: Timer;
}

/** Measurements of each candidate, of which the shortest counts. */
const ROUNDS = 3;

/** A candidate that at first takes so many times as long as the best is not measured further. */
const HOPELESS = 3;

/** Most repetitions of a work. */
const MOST_REPETITIONS = 1024;

/** Part of the default's time that another kernel must stay below to be taken. */
const WORTHWHILE = 0.97;

/** Buffers of the values of all trials; those with one number are never needed at one time. */
interface Memory {
  readonly regionOf: RegionOf;
  dispose(): void;
}

function memoryOf(device: GPUDevice, trials: readonly Trial[]): Memory {
  const sizes: number[] = [];
  for (const { values } of trials) {
    values.forEach((value, id) =>
      sizes[id] = Math.max(sizes[id] ?? 0, bytesOf(value))
    );
  }
  const regions = sizes.map((bytes) => ({
    buffer: device.createBuffer({ size: bytes, usage: GPUBufferUsage.STORAGE }),
    ...{ offset: 0, bytes },
  }));
  return {
    regionOf: (id) => regions[id]!,
    dispose: () => regions.forEach(({ buffer }) => buffer.destroy()),
  };
}

/** True if no value of a trial is larger than a buffer may be. */
const fits = ({ limits }: GPUDevice, { values }: Trial): boolean =>
  values.every((value) =>
    bytesOf(value) <=
      Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize)
  );

/** Repetitions that take a reliable time; `null` if the device refuses. */
async function repetitionsOf(timer: Timer, work: Work): Promise<number | null> {
  for (let repetitions = 1;;) {
    const times = await timer.time([work], repetitions);
    if (times === null) return null;
    const part = timer.reliable / Math.max(times[0]!, 1e-6);
    if (part <= 2 || repetitions >= MOST_REPETITIONS) return repetitions;
    const next = repetitions * Math.min(64, Math.ceil(part));
    repetitions = Math.min(MOST_REPETITIONS, next);
  }
}

/** Works with their shortest times, none if the device refuses. */
async function shortestTimes(
  timer: Timer,
  works: readonly Work[],
): Promise<ReadonlyMap<Work, number>> {
  const none = new Map<Work, number>();
  const first = await timer.time(works, 1);
  if (first === null) return none;
  const limit = HOPELESS * Math.max(Math.min(...first), timer.reliable / 100);
  const hopeful = works.filter((_, i) => i === 0 || first[i]! <= limit);
  const repetitions = await repetitionsOf(timer, works[0]!);
  if (repetitions === null) return none;
  const shortest = new Map(hopeful.map((work) => [work, Infinity]));
  for (let round = 0; round < ROUNDS; round++) {
    const times = await timer.time(hopeful, repetitions);
    if (times === null) return none;
    hopeful.forEach((work, i) =>
      shortest.set(work, Math.min(shortest.get(work)!, times[i]!))
    );
  }
  return shortest;
}

/** Compiled candidates, without those that do not compile; `null` when the time is over. */
async function compiled(
  { device, watch }: Bench["runtime"],
  trials: readonly Trial[],
  { regionOf }: Memory,
  isOver: () => boolean,
): Promise<readonly (Work | undefined)[] | null> {
  // Of their own: most will never be used again.
  const bind = binder(device, pipelinesOf(device));
  const works: (Work | undefined)[] = [];
  const boundOf = async (
    calls: Trial["calls"],
    region: RegionOf,
  ): Promise<Work | undefined> => {
    let bound: readonly Dispatch[] = [];
    const refusal = await watch.watch(() => {
      bound = calls.flatMap((call) => bind(call, region));
    });
    const broken = await pipelineFailure(bound.map(({ pipeline }) => pipeline));
    return refusal ?? broken ? undefined : bound;
  };
  for (const { values, calls } of trials) {
    if (isOver()) return null;
    const own: RegionOf = (id) => ({
      ...regionOf(id),
      bytes: bytesOf(values[id]!),
    });
    works.push(await boundOf(calls, own));
  }
  return works;
}

/** Fills the operands; false if the device refuses. */
async function filled(
  { runtime: { device, watch }, timer }: Bench,
  { values }: Trial,
  { regionOf }: Memory,
): Promise<boolean> {
  const bind = binder(device, pipelinesOf(device));
  let fills: readonly Dispatch[] = [];
  const refusal = await watch.watch(() => {
    fills = Array.from({ length: OPERANDS }, (_, id) => fillKernel(values, id))
      .flatMap((kernel) => bind(kernel, regionOf));
  });
  return refusal === null && await timer.time([fills], 1) !== null;
}

/**
 * The fastest kernel of a product.
 *
 * @param candidates The default first, which is kept unless another one is clearly faster.
 * @param isOver Asked before each compilation: true ends the measurement.
 * @returns The choice; `null` if there was no time, no memory, or the device refused.
 */
export async function fastest(
  bench: Bench,
  product: Product,
  candidates: readonly Choice[],
  isOver: () => boolean,
): Promise<Choice | null> {
  const { runtime, limits, timer } = bench;
  const { device, watch } = runtime;
  const tried = candidates.slice(0, MOST_WORKS)
    .map((choice) => ({ choice, trial: trialOf(limits, product, choice) }))
    .filter(({ trial }) => fits(device, trial));
  const trials = tried.map(({ trial }) => trial);
  if (trials.length === 0) return null;
  let memory: Memory | undefined;
  const refusal = await watch.watch(() => {
    memory = memoryOf(device, trials);
  });
  if (memory === undefined) return null;
  try {
    if (refusal !== null) return null;
    if (!await filled(bench, trials[0]!, memory)) return null;
    const works = await compiled(runtime, trials, memory, isOver);
    if (works === null) return null;
    const sound = works.filter((work) => work !== undefined);
    if (sound.length === 0) return null;
    const times = await shortestTimes(timer, sound);
    return winnerOf(tried.map(({ choice }, i) => {
      const work = works[i];
      // A clock that stands still has measured nothing.
      const milliseconds = work === undefined ? 0 : times.get(work) ?? 0;
      return {
        choice,
        milliseconds: milliseconds > 0 ? milliseconds : Infinity,
      };
    }));
  } finally {
    memory.dispose();
  }
}

/** The fastest; the default where nothing is clearly faster. */
function winnerOf(
  measured: readonly {
    readonly choice: Choice;
    readonly milliseconds: number;
  }[],
): Choice | null {
  const [usual] = measured;
  const best = measured.reduce((a, b) =>
    b.milliseconds < a.milliseconds ? b : a
  );
  if (!Number.isFinite(best.milliseconds)) return null;
  const isClear = best.milliseconds < WORTHWHILE * usual!.milliseconds;
  return isClear ? best.choice : usual!.choice;
}
