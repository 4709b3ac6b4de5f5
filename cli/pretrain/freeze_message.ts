/**
 * What a freeze did, in words.
 *
 * @module
 */
import { type FreezePlan, type Phase, phaseFlops } from "../../core/mod.ts";
import { type MetricsLine, phaseTimes } from "../../train/mod.ts";

/** Steps of a phase after which its cost is said. */
const SETTLED = 10;

/** Fewer steps than these are no measurement; the first of a phase compiles. */
const LEAST_STEPS = 4;

/** Step after which a phase is told of; the plan's first has nothing to tell. */
export function toldAfter({ index, from, to }: Phase): number | null {
  return index === 0 ? null : Math.min(from + SETTLED, to - 1);
}

/** Layers that freeze when a phase begins. */
function newlyFrozen(plan: FreezePlan, phase: Phase): string {
  const before = plan.phases[phase.index - 1]?.frozenLayers ?? 0;
  const names = plan.layers.slice(before, phase.frozenLayers)
    .map(({ name }) => name);
  return `${names.join(", ")} ${names.length > 1 ? "freeze" : "freezes"}`;
}

/** Stages that end when a phase begins, as a clause. */
function newlyPruned(plan: FreezePlan, phase: Phase): string {
  const before = plan.phases[phase.index - 1]?.liveStages ?? [];
  const gone = before.filter((stage) => !phase.liveStages.includes(stage))
    .map((stage) => stage + 1);
  return gone.length === 0
    ? ""
    : `, stage ${gone.join(", ")} ${gone.length > 1 ? "end" : "ends"}`;
}

/** Seconds of a step in a phase, if enough of them were measured. */
function secondsIn(
  plan: FreezePlan,
  { index }: Phase,
  steps: readonly MetricsLine[],
): number | null {
  const own = steps.filter(({ phase }) => phase === index);
  return own.length < LEAST_STEPS
    ? null
    : phaseTimes(plan, own)[0]?.secondsPerStep ?? null;
}

const percent = (part: number): string => `${(100 * part).toFixed(0)} %`;

/**
 * Says what froze and what a step costs now.
 *
 * @param plan The plan.
 * @param phase The phase that began.
 * @param steps Steps of the run so far.
 */
export function freezeMessage(
  plan: FreezePlan,
  phase: Phase,
  steps: readonly MetricsLine[],
): string {
  const flops = phaseFlops(plan);
  const predicted = percent(flops(phase) / flops(plan.phases[0]));
  const now = secondsIn(plan, phase, steps);
  const unfrozen = secondsIn(plan, plan.phases[0], steps);
  const event = `step ${phase.from}: ${newlyFrozen(plan, phase)}${
    newlyPruned(plan, phase)
  }`;
  if (now === null) {
    return `${event}; a step costs ${predicted} of the first ones by the plan`;
  }
  const measured = unfrozen === null
    ? ""
    : `${percent(now / unfrozen)} of the first phase, `;
  return `${event}; a step takes ${
    (1000 * now).toFixed(0)
  } ms now (${measured}predicted ${predicted})`;
}
