/**
 * Two workers that take turns, so that neither slows the other: the next step is of the one
 * that has computed for less time so far. Their clocks run as if each had the machine alone.
 */
import type { StepReport } from "@vitfreeze/vitfreeze/web";
import type { News, Order } from "./messages.ts";
import { type Choice, type Lane, LANES } from "./race.ts";

/** Milliseconds that a step computed; waiting for pictures and building programs are not in it. */
export const stepTime = ({ milliseconds }: StepReport): number =>
  milliseconds.gradient + milliseconds.update;

/** Listener to what lanes tell. */
export type Hear = (lane: Lane, news: News) => void;

/** A race that runs. */
export interface Turns {
  /** Ends it at once. */
  stop(): void;
}

/** A lane as far as its turn is concerned. */
interface Runner {
  readonly worker: Worker;
  seconds: number;
  isReady: boolean;
  isDone: boolean;
}

/** Starts both lanes. */
export function startTurns(
  choice: Choice,
  device: string,
  hear: Hear,
): Turns {
  const base = new URL(".", import.meta.url).href;
  const runners = new Map<Lane, Runner>(LANES.map((lane) => [lane, {
    worker: new Worker(new URL("./worker.js", base), { type: "module" }),
    ...{ seconds: 0, isReady: false, isDone: false },
  }]));
  const stop = () => runners.forEach(({ worker }) => worker.terminate());
  const say = ({ worker }: Runner, order: Order) => worker.postMessage(order);

  const goOn = (): void => {
    const [next] = [...runners.values()].filter(({ isDone }) => !isDone)
      .toSorted((a, b) => a.seconds - b.seconds);
    if (next === undefined) stop();
    else say(next, { _tag: "Step" });
  };

  const take = (lane: Lane, runner: Runner, news: News): void => {
    hear(lane, news);
    switch (news._tag) {
      case "Ready":
        runner.isReady = true;
        if ([...runners.values()].every(({ isReady }) => isReady)) goOn();
        break;
      case "Stepped":
        runner.seconds += stepTime(news.report);
        goOn();
        break;
      case "Done":
        runner.isDone = true;
        goOn();
        break;
      case "Failed":
        stop();
    }
  };

  for (const [lane, runner] of runners) {
    runner.worker.onmessage = ({ data }) => take(lane, runner, data as News);
    runner.worker.onerror = ({ message }) =>
      take(lane, runner, { _tag: "Failed", reason: message });
    say(runner, { _tag: "Start", lane, choice, device, base });
  }
  return { stop };
}
