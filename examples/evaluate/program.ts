/**
 * What programs that judge encoders have in common: flags, errors, a last line of
 * JSON.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- talking is what programs do
import process from "node:process";
import { describeFaults, type Result } from "../../core/mod.ts";
import {
  type FlagTable,
  type FlagValues,
  helpText,
  switchFlag,
} from "../flags.ts";
import { parseFlags } from "../parse_flags.ts";
import { lastWords, withPermissionAdvice } from "../permission_advice.ts";
import { EXIT, type Failure } from "../pretrain/failure.ts";
import { splitWords } from "./words.ts";

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

function fail(message: string, code: number): never {
  console.error(withPermissionAdvice(message));
  process.exit(code);
}

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
  const table = { ...program.flags, ...HELP };
  if (args.includes("--help")) {
    return console.log(helpText(program.usage, table, program.defaults));
  }
  const split = splitWords(program.words, args);
  if (split._tag === "Left") {
    return fail(describeFaults(split.left), EXIT.badInput);
  }
  const values = parseFlags(program.flags, split.right.flags);
  if (values._tag === "Left") {
    return fail(describeFaults(values.left), EXIT.badInput);
  }
  const say = (line: string): void => console.log(line);
  const done = await program.run(split.right.words, values.right, say)
    .catch((thrown: unknown) => fail(lastWords(thrown), EXIT.failed));
  if (done._tag === "Left") {
    const { message, code, result } = done.left;
    if (result !== undefined) console.log(JSON.stringify(result));
    return fail(message, code);
  }
  console.log(JSON.stringify(done.right));
}
