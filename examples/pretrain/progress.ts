/**
 * What a run says on the terminal while it goes on.
 *
 * @module
 */
import { SingleBar } from "cli-progress";
import { type FreezePlan, type Phase, phaseFlops } from "../../core/mod.ts";
import type { StepReport } from "../../train/mod.ts";

/** Writes to the terminal; a bar at the bottom, lines above it. */
export interface Progress {
  /** Prints a line above the bar. */
  say(line: string): void;
  /** Shows a step. */
  step(report: StepReport): void;
  /** Takes the bar away. */
  end(): void;
}

const FORMAT =
  "{bar} {value}/{total} · loss {loss} · rate {rate} · {speed} images/s · stages {stages} · {left} left";

/** A time as a person says it. */
export function showSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.round(seconds);
  const [hours, minutes] = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
  ];
  return hours > 0
    ? `${hours} h ${minutes} min`
    : minutes > 0
    ? `${minutes} min ${whole % 60} s`
    : `${whole} s`;
}

/** Mean of the last values. */
class Recent {
  readonly #values: number[] = [];
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  add(value: number): number {
    this.#values.push(value);
    if (this.#values.length > this.#size) this.#values.shift();
    return this.#values.reduce((a, b) => a + b, 0) / this.#values.length;
  }
}

/** Seconds that the steps still to come will take, at the speed of now and the costs of the plan. */
function secondsLeft(
  plan: FreezePlan,
  report: StepReport,
  secondsPerStep: number,
): number {
  const cost = plan.phases.map((phase) => phaseFlops(plan)(phase).total);
  const present = cost[report.phase] ?? NaN;
  return plan.phases.reduce((sum, { index, from, to }) => {
    const steps = Math.max(0, to - Math.max(from, report.step + 1));
    return sum + steps * secondsPerStep * (cost[index] ?? NaN) / present;
  }, 0);
}

/**
 * Shows a run.
 *
 * @param plan Its plan.
 * @param stream Where it is written.
 * @param first Step at which the run starts.
 */
export function progressOn(
  plan: FreezePlan,
  stream: NodeJS.WriteStream,
  first: number,
): Progress {
  const bar = new SingleBar({
    format: FORMAT,
    stream,
    barsize: 24,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    clearOnComplete: true,
    noTTYOutput: true,
    notTTYSchedule: 10_000,
    fps: 8,
  });
  const [loss, seconds] = [new Recent(20), new Recent(20)];
  const unknown = { loss: "–", rate: "–", speed: "–", stages: "–", left: "?" };
  let payload = unknown;
  let shown = first;
  const start = (): void => bar.start(plan.totalSteps, shown, payload);
  start();
  return {
    say(line) {
      bar.stop();
      stream.write(`${line}\n`);
      start();
    },
    step(report) {
      const perStep = seconds.add(report.milliseconds.total / 1000);
      shown = report.step + 1;
      payload = {
        loss: loss.add(report.loss).toFixed(4),
        rate: (report.rates.findLast((rate) => rate > 0) ?? 0).toExponential(1),
        speed: (report.images / perStep).toFixed(0),
        stages: report.liveStages.map((stage) => stage + 1).join(","),
        left: showSeconds(secondsLeft(plan, report, perStep)),
      };
      bar.update(shown, payload);
    },
    end: () => bar.stop(),
  };
}

/** Names of the layers that freeze when a phase begins. */
function newlyFrozen(plan: FreezePlan, phase: Phase): string {
  const before = plan.phases[phase.index - 1]?.frozenLayers ?? 0;
  return plan.layers.slice(before, phase.frozenLayers).map(({ name }) => name)
    .join(", ");
}

/** Stages that end when a phase begins, as a clause. */
function newlyPruned(plan: FreezePlan, phase: Phase): string {
  const before = plan.phases[phase.index - 1]?.liveStages ?? [];
  const gone = before.filter((stage) => !phase.liveStages.includes(stage));
  return gone.length === 0
    ? ""
    : `, stage ${gone.map((stage) => stage + 1).join(", ")} ends`;
}

/**
 * Says what froze and what a step costs now.
 *
 * @param plan The plan.
 * @param phase The phase that began.
 * @param milliseconds Time of a step in it.
 * @param unfrozen Time of a step when nothing was frozen, if it was measured.
 */
export function freezeMessage(
  plan: FreezePlan,
  phase: Phase,
  milliseconds: number,
  unfrozen: number | null,
): string {
  const predicted = phaseFlops(plan)(phase).total /
    phaseFlops(plan)(plan.phases[0]).total;
  const measured = unfrozen === null
    ? ""
    : `${(100 * milliseconds / unfrozen).toFixed(0)} % of the first phase, `;
  return `step ${phase.from}: ${newlyFrozen(plan, phase)} freezes${
    newlyPruned(plan, phase)
  }; a step takes ${milliseconds.toFixed(0)} ms now (${measured}predicted ${
    (100 * predicted).toFixed(0)
  } %)`;
}
