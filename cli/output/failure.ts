/**
 * How the program ends when it does not end well.
 *
 * @module
 */
import { left, type Result } from "../../core/mod.ts";

/** Exit codes but for success. */
export const EXIT = { failed: 1, badInput: 2, interrupted: 130 } as const;

/** The last words of a program that failed. */
export interface Failure {
  /** What went wrong and what to do now. */
  readonly message: string;
  /** Exit code. */
  readonly code: typeof EXIT[keyof typeof EXIT];
  /** What was found until then, for those who read JSON. */
  readonly result?: Readonly<Record<string, unknown>>;
}

/** A run that cannot begin as asked. */
export const badInput = (message: string): Result<Failure, never> =>
  left({ message, code: EXIT.badInput });

/** What a program ends with that was stopped: exit code 130 and what it knows. */
export const stoppedWith = (
  message: string,
  known: object,
): Result<Failure, never> =>
  left({
    message,
    code: EXIT.interrupted,
    result: { ...known, interrupted: true },
  });
