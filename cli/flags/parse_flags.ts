/** Reading command lines. */
import { parseArgs } from "node:util";
import {
  type Fault,
  type Faults,
  left,
  nearestHint,
  type Result,
  right,
} from "../../core/mod.ts";
import { type FlagTable, type FlagValues, switchFlag } from "./flags.ts";

/** The flag that every command has. */
export const HELP_FLAG: FlagTable = {
  help: { ...switchFlag("print this and stop"), heading: "Output" },
};

/** True if a command line asks for help, whatever else stands on it. */
export const asksForHelp = (args: readonly string[]): boolean =>
  args.some((word) => word === "--help" || word === "-h");

/** A piece of the command line. */
type Token =
  | { readonly kind: "positional"; readonly value: string }
  | { readonly kind: "option-terminator" }
  | OptionToken;

/** A flag as it was written, with its value. */
interface OptionToken {
  readonly kind: "option";
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
}

function tokensOf(table: FlagTable, args: readonly string[]): readonly Token[] {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { metavar }]) =>
      [name, {
        type: metavar === "" ? "boolean" : "string",
        ...name === "help" ? { short: "h" } : {},
      }] as const
    ),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  return tokens as readonly Token[];
}

const fault = (
  tag: Fault["_tag"],
  path: string,
  found: unknown,
  wanted: string,
): Fault => ({ _tag: tag, path, found, wanted });

type Reading = Result<Fault, readonly [name: string, value: unknown]>;

function readOption(table: FlagTable, token: OptionToken): Reading {
  const { name, rawName, value } = token;
  const flag = Object.hasOwn(table, name) ? table[name] : undefined;
  if (flag === undefined) {
    const hint = nearestHint(
      name,
      Object.keys(table),
      (best) => `--${best}`,
    );
    const wanted = `a known flag${hint || "; --help lists them"}`;
    return left(fault("UnknownField", rawName, value, wanted));
  }
  if (flag.metavar === "") {
    return value === undefined
      ? right([name, true])
      : left(fault("WrongType", rawName, value, "no value"));
  }
  const parsed = value === undefined ? left(flag.metavar) : flag.parse(value);
  return parsed._tag === "Right"
    ? right([name, parsed.right])
    : left(fault("OutOfRange", rawName, value, parsed.left));
}

/** A word behind an unknown flag was probably its value: one fault is enough. */
const belongsToUnknown = (
  table: FlagTable,
  before: Token | undefined,
): boolean => before?.kind === "option" && !Object.hasOwn(table, before.name);

function readToken(
  table: FlagTable,
  token: Token,
  before: Token | undefined,
): readonly Reading[] {
  switch (token.kind) {
    case "option":
      return [readOption(table, token)];
    case "positional":
      return belongsToUnknown(table, before) ? [] : [
        left(fault("UnknownField", "argument", token.value, "flags only")),
      ];
    case "option-terminator":
      return [];
  }
}

const repeated = (names: readonly string[]): readonly Fault[] =>
  [...new Set(names.filter((name, i) => names.indexOf(name) < i))]
    .map((name) =>
      fault("Inconsistent", `--${name}`, "several values", "one value")
    );

/**
 * Reads a command line.
 *
 * @returns The values that were given, or every fault: unknown flags and
 * impossible values with the nearest right ones, words that belong to no flag,
 * flags given twice.
 */
export function parseFlags<Table extends FlagTable>(
  table: Table,
  args: readonly string[],
): Result<Faults, FlagValues<Table>> {
  const tokens = tokensOf(table, args);
  const readings = tokens.flatMap((token, i) =>
    readToken(table, token, tokens[i - 1])
  );
  const values = readings.flatMap((r) => r._tag === "Right" ? [r.right] : []);
  const [first, ...others] = [
    ...readings.flatMap((r) => r._tag === "Left" ? [r.left] : []),
    ...repeated(values.map(([name]) => name)),
  ];
  return first === undefined
    ? right(Object.fromEntries(values) as FlagValues<Table>)
    : left([first, ...others]);
}

/** Notes on words of earlier versions, which are still read. */
export function renamedWords(
  table: FlagTable,
  args: readonly string[],
): readonly string[] {
  return tokensOf(table, args).flatMap((token) => {
    if (token.kind !== "option" || !Object.hasOwn(table, token.name)) return [];
    const { name, value = "" } = token;
    const { renamed = {} } = table[name] ?? {};
    return Object.hasOwn(renamed, value)
      ? [`--${name} ${value} is called --${name} ${renamed[value]} now`]
      : [];
  });
}

/** A command line cut in two. */
export interface SplitWords {
  readonly words: readonly string[];
  readonly flags: readonly string[];
}

/** Behind a word of which there may be more. */
const MORE = "…";

/**
 * Takes the words that a command wants from the front of its command line.
 *
 * @param wanted Meaning of the words, for example `["RUN", "OUT"]`; behind a last one with
 * an ellipsis, `["RUN", "PATH…"]`, all words before the first flag are taken.
 * @returns The words and what follows, or the first word that is missing.
 */
export function splitWords(
  wanted: readonly string[],
  args: readonly string[],
): Result<Faults, SplitWords> {
  const isOpen = wanted.at(-1)?.endsWith(MORE) ?? false;
  const words = args.slice(0, isOpen ? args.length : wanted.length);
  const end = words.findIndex((word) => word.startsWith("--"));
  const given = end < 0 ? words : words.slice(0, end);
  const missing = wanted[given.length];
  if (missing === undefined) {
    return right({ words: given, flags: args.slice(given.length) });
  }
  const place = `${wanted.join(" ")} before any flag`;
  return left([fault("Inconsistent", missing, args[given.length], place)]);
}
