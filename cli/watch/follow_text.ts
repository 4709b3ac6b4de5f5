/** A run on a terminal. */
import { setTimeout } from "node:timers/promises";
import type { FollowedRun, Follower, NoRun, RunLife } from "../../train/mod.ts";
import { left, type Result, right } from "../../core/mod.ts";
import { lineView, textView } from "./text_view.ts";

/** A stream for text, a terminal or not. */
export interface TextStream {
  readonly isTTY?: boolean;
  /** Letters in a line of the terminal. */
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Options of showing a run. */
export interface TextOptions {
  readonly folder: string;
  readonly follow: Follower;
  readonly stream: TextStream;
  /** Seconds between two looks. */
  readonly every: number;
  readonly once: boolean;
}

/** Room where the stream does not say how much it has. */
const [WIDE, HIGH] = [1000, 1000];

const LIVING: ReadonlySet<RunLife> = new Set(["running", "judging"]);

/** Up so many lines, to the first column, and all below is gone. */
const over = (lines: number): string =>
  lines === 0 ? "" : `\x1b[${lines}A\r\x1b[J`;

/** Shows lines in the place of those that were shown before. */
function inPlace(stream: TextStream): (lines: readonly string[]) => void {
  let before = 0;
  return (lines) => {
    stream.write(`${over(before)}${lines.join("\n")}\n`);
    before = lines.length;
  };
}

/** The whole view, as much as the stream has room for. */
function viewOf({ folder, stream }: TextOptions, run: FollowedRun) {
  const { isTTY, columns = WIDE, rows = HIGH } = stream;
  const size = isTTY ? { columns, rows: rows - 1 } : {
    columns: WIDE,
    rows: HIGH,
  };
  return textView(folder, run, Date.now(), size);
}

/** Prints what is new: a line for each look at which the run has advanced, all of it at its end. */
function lineByLine(options: TextOptions): (run: FollowedRun) => void {
  let said = "";
  return (run) => {
    const isOver = options.once || !LIVING.has(run.life);
    const news = `${run.status.done} ${run.life}`;
    const lines = isOver ? viewOf(options, run) : [lineView(run)];
    if (isOver || news !== said) options.stream.write(`${lines.join("\n")}\n`);
    said = news;
  };
}

function shownOn(options: TextOptions): (run: FollowedRun) => void {
  if (!options.stream.isTTY) return lineByLine(options);
  const show = inPlace(options.stream);
  return (run) => show(viewOf(options, run));
}

/**
 * Shows a run until it ends, in place on a terminal, by lines elsewhere. Waits for
 * a run in a folder that holds none yet.
 *
 * @returns The run at the last look, or why none could be shown.
 */
export async function followText(
  options: TextOptions,
): Promise<Result<NoRun, FollowedRun>> {
  const { follow, stream, every, once } = options;
  const show = shownOn(options);
  let waitsFor = "";
  for (;; await setTimeout(1000 * every)) {
    const run = await follow();
    if (run._tag === "Left") {
      const { isThere, reason } = run.left;
      if (once || !isThere) return left(run.left);
      if (reason !== waitsFor) stream.write(`${reason}; waiting for one\n`);
      waitsFor = reason;
      continue;
    }
    show(run.right);
    if (once || !LIVING.has(run.right.life)) return right(run.right);
  }
}
