/** What freezing saves over a whole run: by measured steps of its phases, and by the cost model. */
import type { FreezePlan } from "../../../core/mod.ts";
import { runPlan } from "../../saving/run_plan.ts";
import { type StepMs, wholeRunSaving } from "../../saving/whole_run.ts";
import { stepFlops } from "../../step/step_spec.ts";
import { benchedRun, type CardModel, randomBatches } from "./benched_run.ts";
import { type Engines, enginesHere } from "./engines.ts";
import { eachCase, type Facts, type Part, short } from "../part.ts";
import { timeSteps } from "./timed_steps.ts";

/**
 * Values at all whole numbers from 0 to `last`, on straight lines between those that are known.
 *
 * @param known At least that at 0; beyond the last known one its value goes on.
 */
export function betweenKnown(known: StepMs, last: number): StepMs {
  const at = [...known.keys()].toSorted((a, b) => a - b);
  const valueAt = (x: number): number => {
    const before = at.findLast((other) => other <= x) ?? at[0]!;
    const behind = at.find((other) => other >= x) ?? at.at(-1)!;
    const [low, high] = [known.get(before)!, known.get(behind)!];
    return before === behind
      ? low
      : low + (high - low) * (x - before) / (behind - before);
  };
  return new Map(
    Array.from({ length: last + 1 }, (_, x) => [x, valueAt(x)]),
  );
}

/** Savings of the papers' run with measured and with predicted steps. */
export function savingsOf(
  model: CardModel,
  batchSize: number,
  measured: StepMs,
): Facts {
  const { config, plan } = benchedRun(model, batchSize, 0);
  const flops = new Map(
    plan.phases.map((phase) =>
      [phase.frozenLayers, stepFlops(plan, phase, batchSize)] as const
    ),
  );
  const last = Math.max(...flops.keys());
  const saved = (run: FreezePlan, times: StepMs): number =>
    short(wholeRunSaving(run, betweenKnown(times, last)));
  const ofRun = (warmup: "perLayer" | "shared"): Facts => {
    const run = runPlan(config, warmup);
    return { measured: saved(run, measured), predicted: saved(run, flops) };
  };
  return { perLayer: ofRun("perLayer"), shared: ofRun("shared") };
}

/** Steps with each of some numbers of frozen layers, and what they come to over a run. */
async function measurePhases(
  engines: Engines,
  { model, batchSize, phases }: {
    readonly model: CardModel;
    readonly batchSize: number;
    readonly phases: readonly number[];
  },
  limits: { readonly seconds: number; readonly steps: number },
  isTimeUp: () => boolean,
): Promise<Facts> {
  const engine = await engines.of({ device: "webgpu" });
  const { model: sizes } = benchedRun(model, batchSize, 0);
  const batches = randomBatches(sizes, batchSize, 2);
  const times = new Map<number, number>();
  for (const frozen of phases) {
    if (times.size > 0 && isTimeUp()) break;
    const run = benchedRun(model, batchSize, frozen);
    const { ms } = await timeSteps(engine, run, batches, limits);
    times.set(frozen, ms);
  }
  return {
    ms: Object.fromEntries(times),
    // One phase alone says nothing of what the others take.
    ...times.size > 1 ? savingsOf(model, batchSize, times) : {},
  };
}

/** Ends first, then halves: an end before time leaves the least behind. */
const HALVED = [0, 12, 6, 9, 3, 11, 1, 10, 8, 7, 5, 4, 2] as const;

const CASES = [
  { model: "nano", batchSize: 64, phases: [0, 6, 3, 1, 5, 2, 4] },
  { model: "vit-s", batchSize: 64, phases: HALVED },
  { model: "vit-b", batchSize: 64, phases: HALVED },
] as const;

const TINY_CASES = [{ model: "tiny", batchSize: 2, phases: [0, 2] }] as const;

/** Time saved over a whole run. */
export const SAVING: Part = {
  name: "saving",
  about: "time saved over a run, by measured steps and by the cost model",
  share: 10,
  measure: async (context) => {
    const { isTiny, secondsLeft, note } = context;
    const engines = enginesHere();
    const cases = isTiny ? TINY_CASES : CASES;
    // What a case does not use is left to the next ones.
    const ends = cases.map((_, i) =>
      secondsLeft() * (1 - (i + 1) / cases.length)
    );
    await eachCase(
      context,
      cases.map((one, i) => ({ ...one, until: ends[i]! })),
      0,
      ({ until, ...one }) =>
        measurePhases(
          engines,
          one,
          { seconds: 1.5, steps: isTiny ? 3 : 100 },
          () => secondsLeft() < until + 2,
        ),
      (runs) => note({ runs }),
    );
  },
};
