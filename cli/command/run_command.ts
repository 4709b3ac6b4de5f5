/** The one way in which commands run. */
import process from "node:process";
import { fieldNames } from "../flags/field_names.ts";
import type { FlagTable, FlagValues } from "../flags/flags.ts";
import { helpText } from "../flags/help_text.ts";
import {
  asksForHelp,
  HELP_FLAG,
  parseFlags,
  renamedWords,
  splitWords,
} from "../flags/parse_flags.ts";
import type { Ranks } from "../../ranks/mod.ts";
import { environmentVariable } from "./environment.ts";
import { asRank, launchedRank, ownTurn, ranksToTell } from "./join_ranks.ts";
import { outliveHangUp } from "./interruption.ts";
import {
  type EndProcess,
  endWithReader,
  keepOutputsOpen,
} from "../output/keep_open.ts";
import {
  lastWords,
  withPermissionAdvice,
} from "../output/permission_advice.ts";
import type { Command } from "./command.ts";
import { CommandFailed, EXIT, must } from "./command_failed.ts";
import { programName } from "../output/program_name.ts";
import { silenced } from "../output/silence.ts";

/** True if the user asks for stacks; false without permission to look. */
const wantsStack = (): boolean => Boolean(environmentVariable("DEBUG"));

/** The last words for a bug; its stack is for who asks for it. */
function wordsOfBug(thrown: unknown): string {
  const stack = wantsStack() && thrown instanceof Error ? thrown.stack : "";
  return stack ? `${lastWords(thrown)}\n${stack}` : lastWords(thrown);
}

/** Output of `--help`. */
function helpOf<Table extends FlagTable>(command: Command<Table>): string {
  const { name, summary, usage, words, fields, bases, notes } = command;
  const call = ["deno run -A", programName(name), ...words, "[FLAGS]"];
  const head = [`${summary}: ${call.join(" ")}`, ...usage ? [usage] : []];
  const table = { ...fields, ...HELP_FLAG };
  const { columns } = process.stdout;
  const flags = helpText(head.join("\n\n"), table, bases, columns);
  return [flags, ...notes?.() ?? []].join("\n\n");
}

const linesTo = (stream: NodeJS.WritableStream) => (line: string): void =>
  void stream.write(`${line}\n`);

const print = linesTo(process.stdout);

function read<Table extends FlagTable>(
  { words: wanted, fields }: Command<Table>,
  args: readonly string[],
) {
  const { words, flags } = must(splitWords(wanted, args));
  const values: FlagValues<Table> = must(parseFlags(fields, flags));
  // What concerns all processes alike, one says.
  if (launchedRank() === 0) {
    renamedWords(fields, flags).forEach(linesTo(process.stderr));
  }
  return { words, values };
}

/** The processes that share a command, once they have come together. */
interface Together {
  ranks: Ranks | null;
  /** Whether they were to come together: where that failed, it would fail again. */
  isTried: boolean;
  /** Lets this process write, where it was told to say nothing. */
  loud: () => void;
}

/** Ends a command that failed, together with the others that share its work. */
async function ended(
  { ranks, loud }: Together,
  end: EndProcess,
  code: number,
  message: string,
): Promise<never> {
  if (ranks === null) return await end(code, message);
  const abort = () => ranks.abort(code);
  if (code === EXIT.interrupted) {
    // Rank 0 comes last: it writes the checkpoint.
    const limit = ranks.rank === 0 ? SECONDS_TO_STOP : undefined;
    const met = await ranks.exchange("", "the end", limit);
    if (met._tag === "Left") return await end(code, message, abort);
    // A launcher ends the others when one leaves without this, and gives any exit code.
    await ranks.end();
    return await end(code, message);
  }
  await ownTurn(ranks.rank);
  loud();
  return await end(code, asRank(ranks, message), abort);
}

/** Seconds for which rank 0 waits, at the end of a run that was stopped, for the others. */
const SECONDS_TO_STOP = 5;

/** What a command has failed with. */
function failureOf(
  { fields }: Pick<Command, "fields">,
  thrown: unknown,
): { readonly code: number; readonly message: string; result?: object } {
  if (!(thrown instanceof CommandFailed)) {
    return { code: EXIT.failed, message: wordsOfBug(thrown) };
  }
  const { describe, code, result } = thrown;
  const message = withPermissionAdvice(describe(fieldNames(fields)));
  return { code, message, ...result === undefined ? {} : { result } };
}

async function done<Table extends FlagTable>(
  command: Command<Table>,
  args: readonly string[],
  together: Together,
  end: EndProcess,
): Promise<never> {
  let isJson = command.json === "always";
  try {
    const { words, values } = read(command, args);
    isJson ||= command.json === "asked" && "json" in values;
    const stream = command.json === "asked" && isJson
      ? process.stderr
      : process.stdout;
    if (command.join === undefined && launchedRank() > 0) return await end(0);
    together.isTried = true;
    const ranks = await command.join?.(values) ?? null;
    together.ranks = ranks;
    if (ranks !== null && ranks.rank > 0) together.loud = silenced();
    const say = linesTo(stream);
    const result = await command.run({ words, values, say, stream, ranks });
    if (isJson && result) print(JSON.stringify(result));
    await ranks?.end();
    return await end(0);
  } catch (thrown) {
    const { code, message, result } = failureOf(command, thrown);
    if (isJson && result !== undefined) print(JSON.stringify(result));
    if (command.join !== undefined && !together.isTried) {
      together.ranks = await ranksToTell();
    }
    return await ended(together, end, code, message);
  }
}

/**
 * Runs a command: its command line, then its work, and ends the process. Exit codes: 0
 * done, 1 it failed, 2 it cannot begin as asked, 130 stopped. What was found until then
 * is the last line of the output, as JSON, where the command prints such a line.
 */
export async function runCommand<Table extends FlagTable>(
  command: Command<Table>,
  args: readonly string[],
): Promise<void> {
  const end = command.endsWithReader ? endWithReader() : keepOutputsOpen();
  // By the program's own exit code, also for a rejection that is not awaited.
  const together = { ranks: null, isTried: false, loud: () => {} };
  const fail = (thrown: unknown) =>
    ended(together, end, EXIT.failed, wordsOfBug(thrown));
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  outliveHangUp();
  if (asksForHelp(args)) {
    if (launchedRank() === 0) print(helpOf(command));
    return await end(0);
  }
  await done(command, args, together, end);
}
