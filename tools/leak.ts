/**
 * Trains a small model for many steps and fails if memory or handles grow.
 *
 * ```sh
 * deno run -A tools/leak.ts --backend wasm --steps 20000
 * deno run -A tools/leak.ts --backend onnx --steps 4000 --runs 40
 * ```
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import {
  BACKEND_CHOICES,
  describeBackendError,
  selectBackend,
} from "../backends/mod.ts";
import {
  describeFaults,
  MODEL_PRESETS,
  type ModelSpec,
  right,
} from "../core/mod.ts";
import {
  choiceFlag,
  FROM_ZERO,
  initially,
  numberFlag,
  switchFlag,
  wholeFlag,
} from "../cli/flags/flags.ts";
import { helpText } from "../cli/flags/help_text.ts";
import { MODEL_FLAG, modelOf } from "../cli/flags/method_flags.ts";
import { parseFlags } from "../cli/flags/parse_flags.ts";
import { growthOf, memoryCourse, type MemoryPoint } from "./memory_course.ts";

/** How often the memory is looked at. */
const LOOKS = 20;

/** As small as a model with four blocks and stages can sensibly be: a step is overhead. */
const TINY: ModelSpec = {
  ...MODEL_PRESETS.nano,
  imageSize: 16,
  patchSize: 4,
  embedDim: 16,
  depth: 4,
  numHeads: 2,
  mlpRatio: 2,
  stages: ([4, 2, 1, 0.5] as const).map((scale, tap) => ({
    tap,
    scale,
    weight: 1,
  })),
  decoderEmbedDim: 16,
  decoderNumHeads: 2,
};

const FLAGS = {
  "backend": choiceFlag(BACKEND_CHOICES, "where it computes"),
  "threads": wholeFlag(1, "threads that compute, on onnx"),
  "model": {
    ...MODEL_FLAG,
    metavar: `tiny|${MODEL_FLAG.metavar}`,
    help:
      `${MODEL_FLAG.help}; tiny has four blocks of width 16 on 16×16 pixels`,
    parse: (text: string) =>
      text === "tiny" ? right(text) : MODEL_FLAG.parse(text),
  },
  "steps": wholeFlag(LOOKS, "how many steps"),
  "runs": wholeFlag(
    1,
    "runs over which they are spread; in several, layers freeze",
  ),
  "bound": numberFlag(FROM_ZERO, "growth that is allowed, MB"),
  "help": switchFlag("print this and stop"),
} as const;

const DEFAULTS = {
  backend: "auto",
  threads: "the processor's cores",
  model: "nano",
  steps: "2000",
  runs: "1",
  bound: "16",
};

const USAGE =
  "Looks for memory leaks in training: deno run -A tools/leak.ts [FLAGS]";

function fail(message: string, code: number): never {
  console.error(message);
  Deno.exit(code);
}

const parsed = parseFlags(FLAGS, Deno.args);
if (parsed._tag === "Left") fail(describeFaults(parsed.left), 2);
const values = parsed.right;
if (values.help) {
  console.log(helpText(USAGE, initially(FLAGS, DEFAULTS)));
  Deno.exit(0);
}

const { steps = 2000, runs = 1, bound = 16, threads } = values;
const named = values.model === "tiny"
  ? right(TINY)
  : modelOf(values.model ?? "nano");
if (named._tag === "Left") fail(describeFaults([named.left]), 2);
const { right: model } = named;
const chosen = await selectBackend(
  values.backend ?? "auto",
  threads === undefined ? {} : { threads },
);
if (chosen._tag === "Left") fail(describeBackendError(chosen.left), 1);
const { backend, why } = chosen.right;
console.log(why);

const course: MemoryPoint[] = [];
for await (
  const point of memoryCourse(backend, { model, steps, runs, looks: LOOKS })
) {
  course.push(point);
  const { step, rssMb, liveTensors, programs, files } = point;
  console.log(
    `step ${step}: ${
      rssMb.toFixed(1)
    } MB, ${liveTensors} tensors, ${programs} programs, ${
      files ?? "?"
    } open files, ${point.threads ?? "?"} threads`,
  );
}
const growth = growthOf(course, "rssMb");
const counts = new Set(course.map(({ liveTensors }) => liveTensors));
const gained = (["programs", "files", "threads"] as const).filter((what) =>
  growthOf(course, what) > 0
);
console.log(
  `grew by ${
    growth.toFixed(3)
  } MB after the warm-up, ${bound} are allowed; tensors at each look: ${
    [...counts].join(", ")
  }; more than before of: ${gained.join(", ") || "nothing"}`,
);
const isSteady = counts.size === 1 && gained.length === 0;
Deno.exit(growth <= bound && isSteady ? 0 : 1);
