/**
 * What programs that judge encoders have in common: flags, errors, a last line of
 * JSON.
 *
 * @module
 */
import process from "node:process";
import { describeFaults, type Result } from "../../core/mod.ts";
import {
  type FlagTable,
  type FlagValues,
  helpText,
  switchFlag,
} from "../flags/flags.ts";
import { asksForHelp, parseFlags } from "../flags/parse_flags.ts";
import { lastWords, withPermissionAdvice } from "./permission_advice.ts";
import { keepOutputsOpen } from "./keep_open.ts";
import { splitWords } from "../flags/words.ts";
import { EXIT, type Failure } from "./failure.ts";

/** A program as data. */
export interface EvaluationProgram<Table extends FlagTable> {
  /** Words that it wants before its flags. */
  readonly words: readonly string[];
  /** Its flags but `--help`. */
  readonly flags: Table;
  /** What stands above the flags in the help. */
  readonly usage: string;
  /** What the flags are when they are not given. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Does the work; gives what the last line says. */
  readonly run: (
    words: readonly string[],
    values: FlagValues<Table>,
    say: (line: string) => void,
  ) => Promise<Result<Failure, Readonly<Record<string, unknown>>>>;
}

const HELP = { help: switchFlag("print this and stop") } as const;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** What ends the process with a message and an exit code. */
type Fail = (message: string, code: number) => Promise<never>;

/**
 * Runs a program: words and flags, then its work, whose result is the last line of
 * the output, as JSON; so is what a program found that was stopped. Exit codes: 0 done,
 * 1 it failed, 2 it cannot begin as asked, 130 stopped.
 *
 * @param program What it is.
 * @param args The command line.
 */
export async function runProgram<Table extends FlagTable>(
  program: EvaluationProgram<Table>,
  args: readonly string[],
): Promise<void> {
  const end = keepOutputsOpen();
  const fail: Fail = (message, code) =>
    end(code, withPermissionAdvice(message));
  // By the program's own exit code, also where nobody waits for what was thrown.
  const failThrown = (thrown: unknown) => fail(lastWords(thrown), EXIT.failed);
  process.on("uncaughtException", failThrown);
  process.on("unhandledRejection", failThrown);
  const table = { ...program.flags, ...HELP };
  if (asksForHelp(args)) {
    print(helpText(program.usage, table, program.defaults));
    return await end(0);
  }
  const split = splitWords(program.words, args);
  if (split._tag === "Left") {
    return await fail(describeFaults(split.left), EXIT.badInput);
  }
  const values = parseFlags(program.flags, split.right.flags);
  if (values._tag === "Left") {
    return await fail(describeFaults(values.left), EXIT.badInput);
  }
  const done = await program.run(split.right.words, values.right, print)
    .catch(failThrown);
  if (done._tag === "Left") {
    const { message, code, result } = done.left;
    if (result !== undefined) print(JSON.stringify(result));
    return await fail(message, code);
  }
  print(JSON.stringify(done.right));
  await end(0);
}
