/** Bars of work under way. */
import { SingleBar } from "npm:cli-progress@3.12.0";
import type { Ranks } from "../../ranks/mod.ts";
import type { SharedWork } from "../../train/mod.ts";

/**
 * A bar at the bottom of a terminal; in a file, a line every ten seconds.
 *
 * @param format Its text, with names of values in braces.
 */
function barOn(stream: NodeJS.WriteStream, format: string): SingleBar {
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
  /** Shows how much is done, and the values that its text names. */
  update(done: number, values?: Readonly<Record<string, string>>): void;
  above(print: () => void): void;
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

/** Options of a bar. */
export interface BarOptions {
  /** Text of the bar, with names of values in braces. */
  readonly format: string;
  /** Amount of work. */
  readonly total: number;
  /** Part of it that was done before. */
  readonly done?: number;
  /** Values that the text names, as long as no others are known. */
  readonly values?: Readonly<Record<string, string>>;
  /** Milliseconds before it is shown at all. */
  readonly patience?: number;
}

/** Shows a piece of work at the bottom of a stream. */
export function workBar(
  stream: NodeJS.WriteStream,
  { format, total, done: first = 0, values: initial = {}, patience = 0 }:
    BarOptions,
): Bar {
  const bar = barOn(stream, format);
  const from = performance.now();
  let [shown, values] = [first, initial];
  const start = (): void => {
    if (shown < total) bar.start(total, shown, values);
  };
  if (patience === 0) start();
  return {
    update(done, known = values) {
      [shown, values] = [done, known];
      if (bar.isActive) return bar.update(done, known);
      if (performance.now() - from > patience) start();
    },
    above(print) {
      // In a file the lines of the bar stay; on a terminal it moves below.
      const moves = bar.isActive && stream.isTTY;
      if (moves) bar.stop();
      print();
      if (moves) start();
    },
    end: () => bar.stop(),
  };
}

/** Work that is done in so many milliseconds needs no bar. */
const PATIENCE = 1000;

/** Shows work on a stream, each piece with the time that is left; quick ones are not shown. */
export const barsOn = (stream: NodeJS.WriteStream): StartBar => (what, total) =>
  workBar(stream, {
    format: `{bar} {value}/{total} · ${what} · {eta_formatted} left`,
    total,
    patience: PATIENCE,
  });

/** Display and stop of work. */
export interface ShownWork {
  /** Shows a piece of it; nothing is shown by default. */
  readonly startBar?: StartBar | undefined;
  /** Stops it soon after it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** The processes that share it; `null`, the default, where there is one. */
  readonly ranks?: Ranks | null | undefined;
}

/** Does a piece of work under a bar. */
export async function underBar<A>(
  { startBar = NO_BAR, signal, ranks }: ShownWork,
  what: string,
  total: number,
  work: (options: SharedWork) => Promise<A>,
): Promise<A> {
  const bar = startBar(what, total);
  try {
    const onProgress = (done: number) => bar.update(done);
    return await work({ signal, ranks, onProgress });
  } finally {
    bar.end();
  }
}
