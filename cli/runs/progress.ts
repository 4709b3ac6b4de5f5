/** Output of a run on the terminal. */
import type { FreezePlan, Phase } from "../../core/mod.ts";
import {
  type MetricsLine,
  phaseTimes,
  secondsLeft,
  type StepProgress,
  type StepReport,
} from "../../train/mod.ts";
import { workBar } from "../output/progress_bar.ts";
import { duration, percent } from "../output/words.ts";

/** Writes to the terminal; a bar at the bottom, lines above it. */
export interface Progress {
  /** Prints a line above the bar. */
  say(line: string): void;
  /** Shows how far a step has come. */
  within(progress: StepProgress): void;
  /** Shows what is done between two steps, for example `judging 200 of 1000 images`. */
  meanwhile(words: string): void;
  step(report: StepReport): void;
  end(): void;
}

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

/** What is known of the steps that were taken. */
interface Known {
  readonly facts: readonly string[];
  /** Seconds that are left. */
  readonly left: number;
}

/** What the reports of a run tell, on the average of the last ones. */
function knownSteps(
  { plan, costOf }: CostedPlan,
): (report: StepReport) => Known {
  const timeLeft = secondsLeft(plan, costOf);
  const [loss, seconds] = [recentMean(), recentMean()];
  const isStaged = plan.stages.length > 1;
  return (report) => {
    const { liveStages } = report;
    const perStep = seconds(report.milliseconds.total / 1000);
    const speed = report.images / perStep;
    const rate = report.rates.findLast((rate) => rate > 0) ?? 0;
    const deepest = isStaged ? ` of stage ${Math.max(...liveStages) + 1}` : "";
    const stages = liveStages.map((stage) => stage + 1).join(",");
    return {
      facts: [
        `loss ${loss(report.deepestLoss).toFixed(4)}${deepest}`,
        `rate ${rate.toExponential(1)}`,
        `${speed.toFixed(speed < 10 ? 1 : 0)} images/s`,
        ...isStaged ? [`stages ${stages}`] : [],
      ],
      left: timeLeft(report.step + 1, perStep),
    };
  };
}

/** What is done within a step. */
function withinWords(progress: StepProgress): string {
  if (progress._tag === "Compiling") return "compiling";
  const { done, all } = progress;
  return all === 1 ? "step under way" : `batch ${done + 1} of ${all}`;
}

/** Seconds without a report after which it is said what is done. */
const LONG = 2;

/**
 * Shows a run.
 *
 * @param first Step at which it starts.
 * @param print Prints a line; by default where the bar is.
 * @param now A clock, milliseconds.
 */
export function progressOn(
  costed: CostedPlan,
  stream: NodeJS.WriteStream,
  first: number,
  print: (line: string) => void = (line) => void stream.write(`${line}\n`),
  now: () => number = () => performance.now(),
): Progress {
  const { totalSteps } = costed.plan;
  const knownBy = knownSteps(costed);
  let known: Known | null = null;
  // The first step may keep timers from running: what is done stands there before.
  let [done, reportedAt, doing] = [first, now(), "preparing the first step"];
  const words = (_: number, isStill: boolean): string => {
    const seconds = (now() - reportedAt) / 1000;
    const isLong = doing !== "" && (known === null || seconds >= LONG);
    const left = known === null ? NaN : known.left - (isStill ? 0 : seconds);
    return [
      `${done}/${totalSteps}`,
      ...known?.facts ?? [],
      ...Number.isNaN(left) ? [] : [`${duration(Math.max(0, left))} left`],
      ...isLong
        ? [isStill || seconds < LONG ? doing : `${doing}, ${duration(seconds)}`]
        : [],
    ].join(" · ");
  };
  const bar = workBar(stream, { words, total: totalSteps, done: first });
  return {
    say: (line) => bar.above(() => print(line)),
    within(progress) {
      doing = withinWords(progress);
      // Steps that are sent ahead are not begun.
      const part = progress._tag === "Computing" && progress.step === done
        ? progress.done / progress.all
        : 0;
      bar.update(done + part);
    },
    meanwhile(words) {
      doing = words;
      bar.update(done);
    },
    step(report) {
      known = knownBy(report);
      [done, reportedAt, doing] = [report.step + 1, now(), ""];
      bar.update(done);
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

/** Names with their verb; nothing of none. */
const clause = (
  names: readonly string[],
  [ofOne, ofMany]: readonly [string, string],
): readonly string[] =>
  names.length === 0
    ? []
    : [`${names.join(", ")} ${names.length > 1 ? ofMany : ofOne}`];

/** What happens when a phase begins: layers freeze, stages end, or both. */
function beginningOf(plan: FreezePlan<unknown>, phase: Phase): string {
  const before = plan.phases[phase.index - 1];
  const frozen = plan.layers
    .slice(before?.frozenLayers ?? 0, phase.frozenLayers)
    .map(({ name }) => name);
  const gone = (before?.liveStages ?? [])
    .filter((stage) => !phase.liveStages.includes(stage))
    .map((stage, i) => i === 0 ? `stage ${stage + 1}` : String(stage + 1));
  return [
    ...clause(frozen, ["freezes", "freeze"]),
    ...clause(gone, ["ends", "end"]),
  ].join(", ");
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
  const event = `step ${phase.from}: ${beginningOf(plan, phase)}`;
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
