/**
 * Flags of the program and its help.
 *
 * @module
 */
import {
  type FlagValues,
  helpText,
  numberFlag,
  switchFlag,
} from "../flags/flags.ts";

/** Ports that a page can be served on; 0 is any free one. */
const MOST_PORT = 65_535;

/** All flags of the program. */
export const WATCH_FLAGS = {
  "once": switchFlag("say how the run stands now and end"),
  "every": numberFlag({
    wanted: "seconds, at least 0.1",
    holds: (value) => value >= 0.1,
    nearest: () => 0.1,
  }, "seconds between two looks"),
  "html": switchFlag("serve a page with live curves, to this machine only"),
  "port": {
    ...numberFlag({
      wanted: `a whole number from 0 to ${MOST_PORT}`,
      holds: (value) =>
        Number.isSafeInteger(value) && value >= 0 && value <= MOST_PORT,
      nearest: (value) => Math.max(0, Math.min(MOST_PORT, Math.round(value))),
    }, "port of the page; 0 takes a free one"),
    metavar: "N",
  },
  "help": switchFlag("print this and stop"),
} as const;

/** Flags as they were given. */
export type WatchValues = FlagValues<typeof WATCH_FLAGS>;

/** Port of the page where `--port` is not given. */
export const DEFAULT_PORT = 8123;

const USAGE =
  `Shows how a pre-training run goes on: deno run -A examples/watch.ts RUN [FLAGS]

RUN is the run's folder, for example runs/1. On a terminal the view is refreshed
in place, elsewhere news are printed line by line. The program ends with the run;
with --html it serves its page until Ctrl-C. It only reads.`;

const EXIT_CODES =
  "Exit codes: 0 the run was shown, 2 there is no run to show as asked.";

/** What `--help` prints. */
export function watchHelp(): string {
  const defaults = {
    every: "1, and 10 where the output is no terminal",
    port: String(DEFAULT_PORT),
  };
  return `${helpText(USAGE, WATCH_FLAGS, defaults)}\n\n${EXIT_CODES}`;
}
