/**
 * Ctrl-C.
 *
 * @module
 */
import process from "node:process";
import { EXIT } from "./failure.ts";

/** What a user's wish to stop does. */
export interface Interruption {
  /** Aborted by the first Ctrl-C; a second one ends the program at once. */
  readonly signal: AbortSignal;
  /** From now on the first one ends the program. */
  allow(): void;
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Listens for Ctrl-C and for the wish of the system to end the program.
 *
 * @param say Prints a line.
 */
export function interruption(say: (line: string) => void): Interruption {
  const controller = new AbortController();
  let isAllowed = false;
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (isAllowed || controller.signal.aborted) {
        process.exit(EXIT.interrupted);
      }
      say("stopping after this step; again to stop at once");
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
