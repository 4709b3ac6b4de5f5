/** Ctrl-C, and a terminal that is closed. */
import process from "node:process";
import { EXIT } from "./command_failed.ts";

/** Effect of a user's wish to stop. */
export interface Interruption {
  /** Aborted by the first Ctrl-C; a second one ends the program at once. */
  readonly signal: AbortSignal;
  /** From now on the first one ends the program. */
  allow(): void;
}

/** Signals that ask a run to end in good order. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** True if the program reads from or writes to a terminal. */
export const isOnTerminal = (): boolean =>
  [Deno.stdin, Deno.stdout, Deno.stderr].some((each) => each.isTerminal());

/**
 * Listens for Ctrl-C, for the wish of the system to end the program, and for the
 * end of its terminal. Without a terminal, as under `nohup`, a hang-up is passed
 * over: it is not this program's terminal that ends.
 */
export function interruption(
  say: (line: string) => void,
  controller: AbortController = new AbortController(),
  hasTerminal: boolean = isOnTerminal(),
): Interruption {
  let isAllowed = false;
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (name === "SIGHUP" && !hasTerminal) return;
      if (isAllowed || controller.signal.aborted) {
        process.exit(EXIT.interrupted);
      }
      say("stopping; again to end at once, without a checkpoint");
      controller.abort();
    });
  }
  return {
    signal: controller.signal,
    allow: () => {
      isAllowed = true;
    },
  };
}

/**
 * Passes over a hang-up without a terminal from now on. Deno would end the program,
 * even where `nohup` has asked it not to.
 */
export function outliveHangUp(hasTerminal: boolean = isOnTerminal()): void {
  if (!hasTerminal) process.on("SIGHUP", () => {});
}
