/** Work under way, as it is shown. */
import { SingleBar } from "npm:cli-progress@3.12.0";
import process from "node:process";
import type { Ranks } from "../../ranks/mod.ts";
import type { SharedWork } from "../../train/mod.ts";
import { progressLines } from "./progress_lines.ts";
import { duration } from "./words.ts";

/** A piece of work that is shown. */
export interface Bar {
  /** Shows how much is done; a part of a unit moves the bar. */
  update(done: number): void;
  /** Prints something above it. */
  above(print: () => void): void;
  end(): void;
}

/** Begins to show a piece of work of so much in all; `null` where that is not known. */
export type StartBar = (what: string, total: number | null) => Bar;

/** Shows nothing. */
export const NO_BAR: StartBar = () => ({
  update() {},
  above: (print) => print(),
  end() {},
});

/** Options of a bar. */
export interface BarOptions {
  /**
   * What is said of the work now.
   *
   * @param done How much is done.
   * @param isStill True where it is said once, in a line that stays: no time that passes.
   */
  readonly words: (done: number, isStill: boolean) => string;
  /** Amount of work; `null` where it is not known, then there is no bar before the words. */
  readonly total: number | null;
  /** Part of it that was done before. */
  readonly done?: number;
  /** Milliseconds before it is shown on a terminal at all. */
  readonly patience?: number;
}

/** Times a second that a bar is drawn anew if its words have changed. */
const FRAMES = 8;

/** Length of a bar. */
const CELLS = 24;

/** A bar of cli-progress, whose words are asked for with every frame. */
function barOn(
  stream: NodeJS.WriteStream,
  words: () => string,
  total: number | null,
): SingleBar {
  const [full, empty] = ["█", "░"];
  return new SingleBar({
    format: (_: unknown, { progress }: { readonly progress: number }) => {
      const cells = Math.round(progress * CELLS);
      const bar = full.repeat(cells) + empty.repeat(CELLS - cells);
      return total === null ? words() : `${bar} ${words()}`;
    },
    stream,
    clearOnComplete: true,
    fps: FRAMES,
  });
}

/** Work at the bottom of a terminal. */
function terminalBar(
  stream: NodeJS.WriteStream,
  { words, total, done: first = 0, patience = 0 }: BarOptions,
): Bar {
  let shown = first;
  const bar = barOn(stream, () => words(shown, false), total);
  const isOver = (): boolean => total !== null && shown >= total;
  const start = (): void => {
    if (!isOver() && !bar.isActive) bar.start(total ?? 1, shown);
  };
  const timer = patience === 0 ? undefined : setTimeout(start, patience);
  if (patience === 0) start();
  return {
    update(done) {
      shown = done;
      bar.update(done);
    },
    above(print) {
      const isActive = bar.isActive;
      if (isActive) bar.stop();
      print();
      if (isActive) start();
    },
    end() {
      clearTimeout(timer);
      bar.stop();
    },
  };
}

/** Work in a file: a line now and then, if there is news. */
function lineBar(
  stream: NodeJS.WriteStream,
  { words, done: first = 0 }: BarOptions,
): Bar {
  let shown = first;
  const lines = progressLines(
    () => words(shown, true),
    (line) => void stream.write(`${line}\n`),
    performance.now(),
  );
  const timer = setInterval(() => lines.tick(performance.now()), 1000);
  return {
    update(done) {
      shown = done;
      lines.tick(performance.now());
    },
    above: (print) => print(),
    end: () => clearInterval(timer),
  };
}

/** Shows a piece of work: at the bottom of a terminal, as lines elsewhere. */
export function workBar(
  stream: NodeJS.WriteStream,
  options: BarOptions,
): Bar {
  return stream.isTTY ? terminalBar(stream, options) : lineBar(stream, options);
}

/** Work that is done in so many milliseconds needs no bar. */
const PATIENCE = 1000;

/** Seconds after which a piece of work of unknown size says how long it takes. */
const LONG = 3;

/** What is said of a piece of work: how much is done, and the time that is left. */
export function workWords(
  what: string,
  total: number | null,
  now: () => number = () => performance.now(),
): BarOptions["words"] {
  const from = now();
  let [known, at] = [0, from];
  return (done, isStill) => {
    if (done !== known) [known, at] = [done, now()];
    if (total === null) {
      const seconds = (now() - from) / 1000;
      return isStill || seconds < LONG
        ? `${what} …`
        : `${what} … ${duration(seconds)}`;
    }
    // By what was known when it last moved.
    const left = (at - from) / 1000 * (total - done) / done;
    const time = done > 0 ? ` · ${duration(left)} left` : "";
    return `${done}/${total} · ${what}${time}`;
  };
}

/** Shows work on a stream, each piece with the time that is left; quick ones are not shown. */
export const barsOn = (stream: NodeJS.WriteStream): StartBar => (what, total) =>
  workBar(stream, {
    words: workWords(what, total),
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

/**
 * Says what is waited for, if it takes long: work of which nobody knows how much it is.
 *
 * @param what For example `opening the images`.
 * @param work Does it; lines that it prints meanwhile go above the bar.
 * @param startBar By default on the error output, beside what the command prints.
 */
export async function waitingFor<A>(
  what: string,
  work: (bar: Bar) => Promise<A>,
  startBar: StartBar = barsOn(process.stderr),
): Promise<A> {
  const bar = startBar(what, null);
  try {
    return await work(bar);
  } finally {
    bar.end();
  }
}
