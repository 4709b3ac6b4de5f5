/**
 * What a run says on the terminal while it goes on.
 *
 * @module
 */
import type { FreezePlan } from "../../core/mod.ts";
import { secondsLeft, type StepReport } from "../../train/mod.ts";
import { barOn } from "../output/progress_bar.ts";

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

/** Mean of the last values that are finite. */
class Recent {
  readonly #values: number[] = [];
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  add(value: number): number {
    if (Number.isFinite(value)) this.#values.push(value);
    if (this.#values.length > this.#size) this.#values.shift();
    return this.#values.reduce((a, b) => a + b, 0) / this.#values.length;
  }
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
  const bar = barOn(stream, FORMAT);
  const timeLeft = secondsLeft(plan);
  const [loss, seconds] = [new Recent(20), new Recent(20)];
  const unknown = { loss: "–", rate: "–", speed: "–", stages: "–", left: "?" };
  let payload = unknown;
  let shown = first;
  let isOver = false;
  const start = (): void => bar.start(plan.totalSteps, shown, payload);
  start();
  return {
    say(line) {
      // In a file the lines of the bar stay; on a terminal it moves below the line.
      const moves = stream.isTTY && !isOver;
      if (moves) bar.stop();
      stream.write(`${line}\n`);
      if (moves) start();
    },
    step(report) {
      const perStep = seconds.add(report.milliseconds.total / 1000);
      shown = report.step + 1;
      payload = {
        loss: loss.add(report.loss).toFixed(4),
        rate: (report.rates.findLast((rate) => rate > 0) ?? 0).toExponential(1),
        speed: (report.images / perStep).toFixed(0),
        stages: report.liveStages.map((stage) => stage + 1).join(","),
        left: showSeconds(timeLeft(report.step + 1, perStep)),
      };
      bar.update(shown, payload);
    },
    end() {
      isOver = true;
      bar.stop();
    },
  };
}
