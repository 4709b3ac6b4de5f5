/**
 * The end of a command that fails: thrown where it is found out, caught once,
 * by the runner.
 */
import { describeFaults, type Faults, type Result } from "../../core/mod.ts";
import type { FieldNames } from "../flags/field_names.ts";

/** Exit codes but for success. */
export const EXIT = { failed: 1, badInput: 2, interrupted: 130 } as const;

/** One of them. */
export type ExitCode = typeof EXIT[keyof typeof EXIT];

/** Text of an error, in which fields have the names of the command's flags. */
export type Describe<E> = (error: E, names: FieldNames) => string;

/** The end of a command. */
export class CommandFailed extends Error {
  /**
   * @param describe Failure and advice.
   * @param result Results until then, for readers of JSON.
   */
  constructor(
    readonly describe: (names: FieldNames) => string,
    readonly code: ExitCode = EXIT.badInput,
    readonly result?: object,
  ) {
    super();
    this.name = "CommandFailed";
  }
}

/** Ends a command that cannot begin as asked. */
export function refuse(message: string): never {
  throw new CommandFailed(() => message);
}

/** Ends a command that was stopped: exit code 130 and what it knows. */
export function stopped(message: string, known: object): never {
  const result = { ...known, interrupted: true };
  throw new CommandFailed(() => message, EXIT.interrupted, result);
}

/** Text of what is wrong with input. */
export const describeInput: Describe<string | Faults> = (error, names) =>
  typeof error === "string" ? error : describeFaults(names.named(error));

/**
 * The value of a success; ends the command on a failure.
 *
 * @param describe Text of the failure; not needed for faults and for words.
 * @param code The exit code: by default that of bad input.
 */
export function must<A>(result: Result<string | Faults, A>): A;
export function must<E, A>(
  result: Result<E, A>,
  describe: Describe<E>,
  code?: ExitCode | ((error: E) => ExitCode),
): A;
export function must<E, A>(
  result: Result<E, A>,
  describe: Describe<E> = describeInput as Describe<E>,
  code: ExitCode | ((error: E) => ExitCode) = EXIT.badInput,
): A {
  if (result._tag === "Right") return result.right;
  const { left: error } = result;
  throw new CommandFailed(
    (names) => describe(error, names),
    typeof code === "function" ? code(error) : code,
  );
}
