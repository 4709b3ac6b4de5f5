/**
 * Everything that is to be known of a machine with a graphics card, in a few minutes, as
 * one file of JSON: what the card can do at most, what kernels and steps of training
 * reach of it, and PyTorch on the same card where it is installed.
 *
 * ```sh
 * deno run -A bench/card.ts --minutes 8 --out card.json
 * deno run -A bench/card.ts --only machine,roofs
 * ```
 *
 * As one file for a machine without a network: `deno task card` (`docs/measured.md`).
 * Each part has its share of the time and a process of its own; one that fails has its
 * error in the file, which is written anew after each part.
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import { describeFaults, left, type Result, right } from "../core/mod.ts";
import {
  type Flag,
  initially,
  numberFlag,
  type NumberRange,
  switchFlag,
  textFlag,
} from "../cli/flags/flags.ts";
import { helpText } from "../cli/flags/help_text.ts";
import { parseFlags } from "../cli/flags/parse_flags.ts";
import { partApart, servePart } from "./card/part_process.ts";
import { PARTS } from "./card/parts.ts";
import { measureCard } from "./card/measure_card.ts";

const USAGE =
  `Measures a machine with a graphics card: deno run -A bench/card.ts [FLAGS]

Parts: ${PARTS.map(({ name, about }) => `${name} (${about})`).join("; ")}.`;

const NAMES = PARTS.map(({ name }) => name);

const onlyFlag: Flag<readonly string[]> = {
  metavar: "PART,PART,…",
  help: "parts that are measured",
  parse: (text): Result<string, readonly string[]> => {
    const names = text.split(",").map((name) => name.trim());
    return names.every((name) => NAMES.includes(name))
      ? right(names)
      : left(`names of ${NAMES.join(", ")} with commas between`);
  },
};

const MINUTES: NumberRange = {
  wanted: "a number of minutes from 0.1 to 120",
  holds: (value) => value >= 0.1 && value <= 120,
  nearest: (value) => Math.min(120, Math.max(0.1, value)),
};

const FLAGS = {
  "only": onlyFlag,
  "minutes": numberFlag(MINUTES, "time for all parts together"),
  "out": textFlag("FILE", "file that is written"),
  "tiny": switchFlag("sizes that software goes through in seconds, as a test"),
  "part": textFlag("TASK", "serve one part (used by the program itself)"),
  "help": switchFlag("print this and stop"),
} as const;

const DEFAULTS = {
  "only": "all",
  "minutes": "8",
  "out": "card.json",
} as const;

const parsed = parseFlags(FLAGS, Deno.args);
if (parsed._tag === "Left") {
  console.error(describeFaults(parsed.left));
  Deno.exit(2);
}
const { only = NAMES, minutes = 8, out = "card.json", tiny, part, help } =
  parsed.right;
if (help) {
  console.log(helpText(USAGE, initially(FLAGS, DEFAULTS)));
} else if (part !== undefined) {
  const task = JSON.parse(part);
  const served = PARTS.find(({ name }) => name === task.part);
  if (served !== undefined) await servePart(served, task, console.log);
  // A device that hangs must not keep the process.
  Deno.exit(0);
} else {
  await measureCard({
    parts: PARTS.filter(({ name }) => only.includes(name)),
    seconds: 60 * minutes,
    isTiny: tiny ?? false,
    run: (task) => partApart(Deno.mainModule, task),
    write: (results) =>
      Deno.writeTextFile(out, `${JSON.stringify(results, null, 1)}\n`),
    say: console.log,
  });
}
