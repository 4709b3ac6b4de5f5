/**
 * Tries many more hostile files on all readers than the test run does.
 *
 * ```sh
 * deno task fuzz                        # a new seed, fifty times as many cases
 * deno task fuzz --seed 7 --factor 5    # those of seed 7 again
 * ```
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import process from "node:process";
import { describeFaults } from "../core/mod.ts";
import {
  initially,
  numberFlag,
  switchFlag,
  wholeFlag,
} from "../cli/flags/flags.ts";
import { helpText } from "../cli/flags/help_text.ts";
import { parseFlags } from "../cli/flags/parse_flags.ts";

/** Tests of readers against damaged and hostile files. */
const FUZZ_TESTS = [
  "tests/core/plan/fuzz_test.ts",
  "tests/data/fuzz_test.ts",
  "tests/data/decode/image_budget_test.ts",
  "tests/train/fuzz_test.ts",
  "tests/train/weights/fuzz_test.ts",
  "tests/cli/pretrain/fuzz_test.ts",
];

const FLAGS = {
  seed: wholeFlag(0, "where the cases begin"),
  factor: numberFlag({
    wanted: "a number above 0",
    holds: (value) => value > 0,
    nearest: () => null,
  }, "how many times as many cases as in a test run"),
  help: switchFlag("print this and stop"),
} as const;

const DEFAULTS = { seed: "drawn by chance, and printed", factor: "50" };

const USAGE =
  "Tries hostile files on all readers: deno run -A tools/fuzz.ts [FLAGS]";

const values = parseFlags(FLAGS, process.argv.slice(2));
if (values._tag === "Left") {
  console.error(describeFaults(values.left));
  process.exit(2);
}
if (values.right.help) {
  console.log(helpText(USAGE, initially(FLAGS, DEFAULTS)));
  process.exit();
}
const { seed = Math.floor(Math.random() * 2 ** 31), factor = 50 } =
  values.right;
console.log(`seed ${seed}, factor ${factor}`);
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["test", "-A", ...FUZZ_TESTS],
  cwd: new URL("..", import.meta.url),
  env: { FUZZ_SEED: String(seed), FUZZ_FACTOR: String(factor) },
}).spawn().status;
if (code !== 0) {
  console.error(`again: deno task fuzz --seed ${seed} --factor ${factor}`);
}
process.exit(code);
