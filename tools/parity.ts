/**
 * Compares this library with numbers of the reference implementation.
 *
 * ```sh
 * deno run -A tools/parity.ts tests/golden/tiny
 * deno run -A tools/parity.ts tests/golden/tiny --backend reference --json
 * ```
 */
// deno-lint-ignore-file no-console -- talking is what this program does
import process from "node:process";
import { parseArgs } from "node:util";
import {
  type Backend,
  BACKEND_CHOICES,
  type BackendError,
  describeBackendError,
  referenceBackend,
  selectBackend,
} from "../backends/mod.ts";
import { describeFaults, type Result, right } from "../core/mod.ts";
import {
  choiceFlag,
  type FlagTable,
  initially,
  switchFlag,
} from "../cli/flags/flags.ts";
import { helpText } from "../cli/flags/help_text.ts";
import { parseFlags } from "../cli/flags/parse_flags.ts";
import { describeTrainError } from "../train/train_error.ts";
import { compareFolder } from "./parity/compare_folder.ts";
import { type Fixture, readFixture } from "./parity/fixture_folder.ts";
import { type ParityReport, tableOf } from "./parity/report.ts";

const USAGE =
  `Compares this library with a folder of numbers of the reference: deno run -A tools/parity.ts DIR [FLAGS]

Ends with 0 if every group is within its tolerance, with 1 if one is not, and
with 2 if the folder or the device cannot be used.`;

const BACKENDS = ["reference", ...BACKEND_CHOICES] as const;

const FLAGS = {
  backend: choiceFlag(
    BACKENDS,
    "where to compute; reference is the float64 interpreter",
  ),
  json: switchFlag("print one JSON object"),
  help: switchFlag("print this help"),
} as const satisfies FlagTable;

type Choice = typeof BACKENDS[number];

/** Exit codes: a group does not hold, bad input or device. */
const [DIFFERENT, UNUSABLE] = [1, 2] as const;

function stop(message: string): never {
  console.error(message);
  process.exit(UNUSABLE);
}

/** The first word that is no flag, and the others. */
function folderAndFlags(
  args: readonly string[],
): readonly [folder: string | undefined, flags: readonly string[]] {
  const options = {
    backend: { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean" },
  } as const;
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const folder = tokens.find(({ kind }) => kind === "positional");
  return folder === undefined
    ? [undefined, args]
    : [args[folder.index], args.toSpliced(folder.index, 1)];
}

async function openBackend(
  choice: Choice,
): Promise<Result<BackendError, Backend>> {
  if (choice === "reference") {
    return right(referenceBackend({ precision: "float64" }));
  }
  const selected = await selectBackend(choice);
  return selected._tag === "Left" ? selected : right(selected.right.backend);
}

function fixtureIn(folder: string): Fixture {
  const fixture = readFixture(folder);
  return fixture._tag === "Right" ? fixture.right : stop(
    fixture.left.map(({ path, reason }) => `Cannot use ${path}: ${reason}`)
      .join("\n"),
  );
}

async function parity(folder: string, choice: Choice): Promise<ParityReport> {
  const fixture = fixtureIn(folder);
  const backend = await openBackend(choice);
  if (backend._tag === "Left") return stop(describeBackendError(backend.left));
  const groups = await compareFolder(backend.right, fixture);
  const { name, description } = backend.right.device;
  backend.right.dispose();
  return groups._tag === "Left" ? stop(describeTrainError(groups.left)) : {
    backend: name,
    description,
    holds: groups.right.every(({ holds }) => holds),
    groups: groups.right,
  };
}

async function main(args: readonly string[]): Promise<void> {
  const [folder, rest] = folderAndFlags(args);
  const flags = parseFlags(FLAGS, rest);
  if (flags._tag === "Left") return stop(describeFaults(flags.left));
  const { help = false, json = false, backend = "auto" } = flags.right;
  if (help) {
    return console.log(helpText(USAGE, initially(FLAGS, { backend: "auto" })));
  }
  if (folder === undefined) {
    return stop(
      `DIR: found nothing, wanted a folder of reference numbers\n\n${USAGE}`,
    );
  }
  const report = await parity(folder, backend);
  console.log(
    json
      ? JSON.stringify(report)
      : `Computed on ${report.backend}: ${report.description}\n\n${
        tableOf(report.groups)
      }`,
  );
  process.exitCode = report.holds ? 0 : DIFFERENT;
}

await main(Deno.args);
