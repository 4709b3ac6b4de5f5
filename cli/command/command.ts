/** A command of the program as data. */
import type { Ranks } from "../../ranks/mod.ts";
import type { FlagTable, FlagValues } from "../flags/flags.ts";
import type { CommandName } from "../output/program_name.ts";

/** The input of a command. */
export interface CommandContext<Table extends FlagTable> {
  /** Its words, as many as it wants. */
  readonly words: readonly string[];
  readonly values: FlagValues<Table>;
  readonly say: (line: string) => void;
  readonly stream: NodeJS.WriteStream;
  /** The processes that share its work; `null` for one that works alone. */
  readonly ranks: Ranks | null;
}

/** A command. */
export interface Command<Table extends FlagTable = FlagTable> {
  readonly name: CommandName;
  /** Purpose in a line. */
  readonly summary: string;
  /** Text below the call in the help. */
  readonly usage?: string;
  /** Words that it wants before its flags. */
  readonly words: readonly string[];
  /** Its flags but `--help`. */
  readonly fields: Table;
  /** The configurations that the defaults of its flags are read from. */
  readonly bases?: readonly object[];
  /** Text below the flags in the help. */
  readonly notes?: () => readonly string[];
  /**
   * JSON as the last line of the output: never, always, or with `--json`, which
   * sends all else to the standard error output.
   */
  readonly json: "never" | "always" | "asked";
  /**
   * Joins the processes that share its work, as its flags say. Without this function it is
   * for one process: of several that mpirun starts the first does it, the others end.
   */
  readonly join?: (values: FlagValues<Table>) => Promise<Ranks | null>;
  /** True if it ends with the reader of its output. */
  readonly endsWithReader?: boolean;
  /**
   * Does the work.
   *
   * @returns Values of the last line.
   * @throws {CommandFailed} where it does not end well.
   */
  run(context: CommandContext<Table>): Promise<object | void>;
}
