/**
 * How a command ended, for tests of what it throws.
 *
 * @module
 */
import { CommandFailed } from "../../../cli/command/command_failed.ts";
import { fieldNames } from "../../../cli/flags/field_names.ts";
import type { FlagTable } from "../../../cli/flags/flags.ts";

/** Its last words and exit code. */
export interface End {
  /** What it says, or gives where it does not fail. */
  readonly message: string;
  /** Its exit code. */
  readonly code: number;
}

/**
 * The end of some work.
 *
 * @param work It may end a command.
 * @param flags The flags of the command.
 */
export async function endOf(
  work: () => unknown,
  flags: FlagTable = {},
): Promise<End> {
  try {
    return { message: String(await work()), code: 0 };
  } catch (thrown) {
    if (!(thrown instanceof CommandFailed)) throw thrown;
    const { describe, code } = thrown;
    return { message: describe(fieldNames(flags)), code };
  }
}
