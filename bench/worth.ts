/**
 * Is pre-training worth its time? Methods beside an encoder that was not trained, on sets
 * that people have: small grey pictures, small photographs, icons, a few photographs;
 * judged by nearest neighbours, a linear probe and fine-tuning, by ten and a hundred labels
 * of each class and by all.
 *
 * ```sh
 * deno run -A bench/worth.ts --folder worth
 * deno run -A bench/worth.ts --folder worth --sets emoji,food --minutes 60 --seeds 3
 * ```
 *
 * Each set is an experiment of `examples/compare.ts` in its own folder: what is stopped
 * goes on with the same command, and the same command beside it shares the work. The sets
 * are fetched by `npm pack`.
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import { join } from "node:path";
import { describeFaults, left, right } from "../core/mod.ts";
import {
  ABOVE_ZERO,
  type Flag,
  numberFlag,
  switchFlag,
  textFlag,
  wholeFlag,
} from "../cli/flags/flags.ts";
import { helpText } from "../cli/flags/help_text.ts";
import { parseFlags } from "../cli/flags/parse_flags.ts";
import {
  PICTURE_SETS,
  pictureFolder,
  type PictureSet,
} from "./worth/picture_sets.ts";

const NAMES = PICTURE_SETS.map(({ name }) => name);

const SETS_FLAG: Flag<readonly string[]> = {
  metavar: NAMES.join(","),
  help: "sets of pictures",
  initial: "all",
  parse: (text) => {
    const names = text.split(",");
    return names.every((name) => NAMES.includes(name))
      ? right(names)
      : left(`some of ${NAMES.join(",")}`);
  },
};

const FLAGS = {
  "folder": textFlag("DIR", "folder of sets and experiments", {
    initial: "worth",
  }),
  "sets": SETS_FLAG,
  "minutes": numberFlag(
    ABOVE_ZERO,
    "length of the first method's pre-training on two cores, about",
    { initial: "10" },
  ),
  "methods": textFlag("FILE.json", "methods in place of the benchmark's own", {
    initial: "bench/worth/methods.json",
  }),
  "seeds": wholeFlag(1, "pre-trainings of each method", { initial: "3" }),
  "help": switchFlag("print this and stop"),
} as const;

const HERE = new URL(".", import.meta.url).pathname;

/** Flags of the comparison on a set. */
function compareArgs(
  { name, flags, epochsInTenMinutes }: PictureSet,
  data: string | null,
  folder: string,
  { minutes = 10, seeds = 3, methods }: {
    readonly minutes?: number;
    readonly seeds?: number;
    readonly methods?: string;
  },
): readonly string[] {
  const epochs = Math.max(1, Math.round(epochsInTenMinutes * minutes / 10));
  return [
    ...data === null ? [] : ["--data", data],
    ...flags,
    ...["--size", "hours", "--epochs", String(epochs)],
    ...["--methods", methods ?? join(HERE, "worth", "methods.json")],
    ...["--no-controls", "--seeds", String(seeds)],
    ...["--judge", "knn,probe,finetune", "--shots", "10,100,all"],
    ...["--threads", "1"],
    ...["--output-dir", join(folder, `${name}-${minutes}-minutes`)],
  ];
}

const parsed = parseFlags(FLAGS, Deno.args);
if (parsed._tag === "Left") {
  console.error(describeFaults(parsed.left));
  Deno.exit(2);
}
const { right: values } = parsed;
if (values.help) {
  console.log(
    helpText(
      "Is pre-training worth its time? deno run -A bench/worth.ts",
      FLAGS,
    ),
  );
  Deno.exit(0);
}
const { folder = "worth", sets = NAMES } = values;
for (const set of PICTURE_SETS.filter(({ name }) => sets.includes(name))) {
  const data = await pictureFolder(set, folder);
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", join(HERE, "..", "examples", "compare.ts")],
      ...compareArgs(set, data, folder, values),
    ],
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  if (code !== 0) Deno.exit(code);
}
