/** Output of a run on the terminal. */
import type { FreezePlan, Phase } from "../../core/mod.ts";
import {
  type MetricsLine,
  phaseTimes,
  secondsLeft,
  type StepReport,
} from "../../train/mod.ts";
import { workBar } from "../output/progress_bar.ts";
import { duration, percent, UNKNOWN } from "../output/words.ts";

/** Writes to the terminal; a bar at the bottom, lines above it. */
export interface Progress {
  /** Prints a line above the bar. */
  say(line: string): void;
  step(report: StepReport): void;
  end(): void;
}

/** Text of the bar; only a training with several stages names them. */
const formatOf = ({ stages }: FreezePlan<unknown>): string =>
  [
    "{bar} {value}/{total}",
    "loss {loss}",
    "rate {rate}",
    "{speed} images/s",
    ...stages.length > 1 ? ["stages {stages}"] : [],
    "{left} left",
  ].join(" · ");

/** Steps over which loss and speed are averaged. */
const RECENT = 20;

function recentMean(): (value: number) => number {
  const values: number[] = [];
  return (value) => {
    if (Number.isFinite(value)) values.push(value);
    if (values.length > RECENT) values.shift();
    return values.reduce((a, b) => a + b, 0) / values.length;
  };
}

/** A plan, and what a step costs in each of its phases, in any unit. */
export interface CostedPlan {
  readonly plan: FreezePlan<unknown>;
  readonly costOf: (phase: Phase) => number;
}

/**
 * Shows a run.
 *
 * @param first Step at which it starts.
 * @param print Prints a line; by default where the bar is.
 */
export function progressOn(
  { plan, costOf }: CostedPlan,
  stream: NodeJS.WriteStream,
  first: number,
  print: (line: string) => void = (line) => void stream.write(`${line}\n`),
): Progress {
  const unknown = { loss: UNKNOWN, rate: UNKNOWN, speed: UNKNOWN };
  const bar = workBar(stream, {
    format: formatOf(plan),
    total: plan.totalSteps,
    done: first,
    values: { ...unknown, stages: UNKNOWN, left: "?" },
  });
  const timeLeft = secondsLeft(plan, costOf);
  const [loss, seconds] = [recentMean(), recentMean()];
  return {
    say: (line) => bar.above(() => print(line)),
    step(report) {
      const perStep = seconds(report.milliseconds.total / 1000);
      const done = report.step + 1;
      bar.update(done, {
        loss: loss(report.loss).toFixed(4),
        rate: (report.rates.findLast((rate) => rate > 0) ?? 0).toExponential(1),
        speed: (report.images / perStep).toFixed(0),
        stages: report.liveStages.map((stage) => stage + 1).join(","),
        left: duration(timeLeft(done, perStep)),
      });
    },
    end: bar.end,
  };
}

/** Steps of a phase after which its cost is reported. */
const SETTLED = 10;

/** Fewer steps than these are no measurement; the first of a phase compiles. */
const LEAST_STEPS = 4;

/** Step after which a phase is reported; nothing froze before the plan's first. */
export function reportedAfter({ index, from, to }: Phase): number | null {
  return index === 0 ? null : Math.min(from + SETTLED, to - 1);
}

function newlyFrozen(plan: FreezePlan<unknown>, phase: Phase): string {
  const before = plan.phases[phase.index - 1]?.frozenLayers ?? 0;
  const names = plan.layers.slice(before, phase.frozenLayers)
    .map(({ name }) => name);
  return `${names.join(", ")} ${names.length > 1 ? "freeze" : "freezes"}`;
}

/** Stages that end when a phase begins, as a clause. */
function newlyPruned(plan: FreezePlan<unknown>, phase: Phase): string {
  const before = plan.phases[phase.index - 1]?.liveStages ?? [];
  const gone = before.filter((stage) => !phase.liveStages.includes(stage))
    .map((stage) => stage + 1);
  return gone.length === 0
    ? ""
    : `, stage ${gone.join(", ")} ${gone.length > 1 ? "end" : "ends"}`;
}

/** Seconds of a step in a phase, if enough of them were measured. */
function secondsIn(
  plan: FreezePlan<unknown>,
  { index }: Phase,
  steps: readonly MetricsLine[],
): number | null {
  const own = steps.filter(({ phase }) => phase === index);
  return own.length < LEAST_STEPS
    ? null
    : phaseTimes(plan, own)[0]?.secondsPerStep ?? null;
}

/** Reports the frozen layers and the cost of a step. */
export function freezeMessage(
  { plan, costOf }: CostedPlan,
  phase: Phase,
  steps: readonly MetricsLine[],
): string {
  const predicted = percent(costOf(phase) / costOf(plan.phases[0]), 0);
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
    : `${percent(now / unfrozen, 0)} of the first phase, `;
  return `${event}; a step takes ${
    (1000 * now).toFixed(0)
  } ms now (${measured}predicted ${predicted})`;
}
