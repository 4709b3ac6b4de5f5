/**
 * Bars of work under way.
 *
 * @module
 */
import { SingleBar } from "cli-progress";
import type { WorkOptions } from "../../train/mod.ts";

/**
 * A bar at the bottom of a terminal; in a file, a line every ten seconds.
 *
 * @param stream Where it is drawn.
 * @param format Its text, with names of values in braces.
 */
export function barOn(stream: NodeJS.WriteStream, format: string): SingleBar {
  return new SingleBar({
    format,
    stream,
    barsize: 24,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    clearOnComplete: true,
    noTTYOutput: true,
    notTTYSchedule: 10_000,
    fps: 8,
  });
}

/** A piece of work that is shown. */
export interface Bar {
  /** Shows how much is done. */
  update(done: number): void;
  /** Prints above the bar. */
  above(print: () => void): void;
  /** Takes the bar away. */
  end(): void;
}

/** Begins to show a piece of work of so much in all. */
export type StartBar = (what: string, total: number) => Bar;

/** Shows nothing. */
export const NO_BAR: StartBar = () => ({
  update() {},
  above: (print) => print(),
  end() {},
});

/** Work that is done in so many milliseconds needs no bar. */
const PATIENCE = 1000;

/** Shows work on a stream, each piece with the time that is left; quick ones are not shown. */
export function barsOn(stream: NodeJS.WriteStream): StartBar {
  return (what, total) => {
    const format = `{bar} {value}/{total} · ${what} · {eta_formatted} left`;
    const bar = barOn(stream, format);
    const from = performance.now();
    let shown = 0;
    return {
      update(done) {
        shown = done;
        if (bar.isActive) return bar.update(done);
        if (performance.now() - from > PATIENCE) bar.start(total, done);
      },
      above(print) {
        // In a file the lines of the bar stay; on a terminal it moves below.
        const moves = bar.isActive && stream.isTTY;
        if (moves) bar.stop();
        print();
        if (moves) bar.start(total, shown);
      },
      end: () => bar.stop(),
    };
  };
}

/** How work is shown and stopped. */
export interface ShownWork {
  /** Shows a piece of it; nothing is shown when left out. */
  readonly startBar?: StartBar | undefined;
  /** Stops it soon after it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does a piece of work under a bar.
 *
 * @param shown Where it is shown and what stops it.
 * @param what What is done, in words.
 * @param total How much there is to do.
 * @param work Does it.
 */
export async function underBar<A>(
  { startBar = NO_BAR, signal }: ShownWork,
  what: string,
  total: number,
  work: (options: WorkOptions) => Promise<A>,
): Promise<A> {
  const bar = startBar(what, total);
  try {
    return await work({ signal, onProgress: (done) => bar.update(done) });
  } finally {
    bar.end();
  }
}
