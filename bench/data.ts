/**
 * Images a second: files → RandomResizedCrop → flip → normalised numbers, beside
 * the same pipeline in torchvision.
 *
 * ```sh
 * deno run -A bench/data.ts
 * deno run -A bench/data.ts --images photos --workers 0,4 --json
 * ```
 *
 * All pipelines load the same files in turn, round after round, after one round
 * that is not counted, so that a machine that is busy for a while is busy for all
 * of them. Torchvision is that of `--python`; Debian calls it
 * `python3-torchvision`.
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import { describeFaults, left, type Result, right } from "../core/mod.ts";
import { imageFolder } from "../data/mod.ts";
import { orThrow } from "../train/mod.ts";
import {
  type Flag,
  type FlagValues,
  initially,
  numberFlag,
  type NumberRange,
  switchFlag,
  textFlag,
  wholeFlag,
} from "../cli/flags/flags.ts";
import { helpText } from "../cli/flags/help_text.ts";
import { parseFlags } from "../cli/flags/parse_flags.ts";
import {
  type Contender,
  ourLoader,
  type Task,
  torchvisionLoader,
} from "./data/contenders.ts";
import { writePhotographs } from "./data/made_photographs.ts";
import {
  type DataRow,
  dataTable,
  measureInTurn,
} from "./data/measure_in_turn.ts";

const USAGE =
  `Images a second, beside torchvision: deno run -A bench/data.ts [FLAGS]

Without --images pictures of 500×375 are made, clouds with fine grain.`;

const counts = (text: string): Result<string, readonly number[]> => {
  const numbers = text.split(",").map((part) =>
    /^\s*\d+\s*$/.test(part) ? Number(part) : NaN
  );
  return numbers.every(Number.isSafeInteger)
    ? right(numbers)
    : left("whole numbers with commas between, for example 0,2");
};

const workersFlag: Flag<readonly number[]> = {
  metavar: "N,N,…",
  help: "workers of this library's loader, a row for each",
  parse: counts,
};

const QUALITY: NumberRange = {
  wanted: "a whole number from 1 to 100",
  holds: (value) => Number.isInteger(value) && value >= 1 && value <= 100,
  nearest: (value) => Math.min(100, Math.max(1, Math.round(value))),
};

const FLAGS = {
  "images": textFlag("DIR", "folder of images to load"),
  "count": wholeFlag(1, "pictures that are made"),
  "quality": numberFlag(QUALITY, "quality of their JPEG files"),
  "image-size": wholeFlag(1, "side of the square images, pixels"),
  "batch-size": wholeFlag(1, "images of a batch"),
  "workers": workersFlag,
  "rounds": wholeFlag(1, "passes over all images that are counted"),
  "python": textFlag("PATH", "Python with torchvision"),
  "python-workers": wholeFlag(0, "processes of torchvision's loader"),
  "json": switchFlag("print a line of JSON for each pipeline and nothing else"),
  "help": switchFlag("print this and stop"),
} as const;

const DEFAULTS = {
  "images": "made for this run",
  "count": "256",
  "quality": "92: 85 kB a picture",
  "image-size": "224",
  "batch-size": "32",
  "workers": "0,2",
  "rounds": "3",
  "python": "/usr/bin/python3",
  "python-workers": "the cores of the machine",
} as const;

function orFail<A>(result: Result<string, A>): A {
  if (result._tag === "Right") return result.right;
  console.error(result.left);
  Deno.exit(2);
}

type Values = FlagValues<typeof FLAGS>;

/** The pipelines; torchvision is left out, with a word, where it is not installed. */
async function contendersOf(
  task: Task,
  values: Values,
): Promise<readonly Contender[]> {
  const ours = (values.workers ?? [0, 2]).map((count) =>
    ourLoader(task, count)
  );
  const python = values.python ?? DEFAULTS.python;
  const processes = values["python-workers"] ?? navigator.hardwareConcurrency;
  try {
    return [...ours, await torchvisionLoader(task, processes, python)];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(
      `Without torchvision, which ${python} does not have (${reason}).\n` +
        "Debian: apt-get install python3-torchvision; others: --python PATH",
    );
    return ours;
  }
}

async function bench(
  folder: string,
  values: Values,
): Promise<readonly DataRow[]> {
  const task = {
    source: orThrow(await imageFolder(folder)),
    batchSize: values["batch-size"] ?? 32,
    imageSize: values["image-size"] ?? 224,
  };
  const contenders = await contendersOf(task, values);
  try {
    return await measureInTurn(contenders, values.rounds ?? 3);
  } finally {
    for (const contender of contenders) await contender.end();
  }
}

/** Calls with a folder of made pictures, which is removed again. */
async function withPhotographs<A>(
  { count = 256, quality = 92 }: Values,
  use: (folder: string) => Promise<A>,
): Promise<A> {
  const folder = await Deno.makeTempDir();
  try {
    await writePhotographs(folder, count, quality);
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const parsed = parseFlags(FLAGS, Deno.args);
const values = orFail(
  parsed._tag === "Left" ? left(describeFaults(parsed.left)) : parsed,
);
if (values.help) {
  console.log(helpText(USAGE, initially(FLAGS, DEFAULTS)));
} else {
  const rows = values.images === undefined
    ? await withPhotographs(values, (folder) => bench(folder, values))
    : await bench(values.images, values);
  if (values.json) rows.forEach((row) => console.log(JSON.stringify(row)));
  else console.log(dataTable(rows));
}
