/**
 * Trains the smallest model for many steps and fails if memory grows.
 *
 * ```sh
 * deno run -A tools/leak.ts --backend wasm --steps 2000
 * ```
 *
 * @module
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import {
  BACKEND_CHOICES,
  describeBackendError,
  selectBackend,
} from "../backends/mod.ts";
import { describeFaults } from "../core/mod.ts";
import {
  choiceFlag,
  FROM_ZERO,
  helpText,
  numberFlag,
  switchFlag,
  wholeFlag,
} from "../examples/flags.ts";
import { parseFlags } from "../examples/parse_flags.ts";
import {
  memoryCourse,
  memoryGrowth,
  type MemoryPoint,
} from "./memory_course.ts";

/** How often the memory is looked at. */
const LOOKS = 20;

const FLAGS = {
  "backend": choiceFlag(BACKEND_CHOICES, "where it computes"),
  "threads": wholeFlag(1, "threads that compute, on onnx"),
  "steps": wholeFlag(LOOKS, "how many steps"),
  "bound": numberFlag(FROM_ZERO, "growth that is allowed, MB"),
  "help": switchFlag("print this and stop"),
} as const;

const DEFAULTS = {
  backend: "auto",
  threads: "the processor's cores",
  steps: "2000",
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
  console.log(helpText(USAGE, FLAGS, DEFAULTS));
  Deno.exit(0);
}

const { steps = 2000, bound = 16, threads } = values;
const chosen = await selectBackend(
  values.backend ?? "auto",
  threads === undefined ? {} : { threads },
);
if (chosen._tag === "Left") fail(describeBackendError(chosen.left), 1);
const { backend, why } = chosen.right;
console.log(why);

const course: MemoryPoint[] = [];
const every = Math.floor(steps / LOOKS);
for await (const point of memoryCourse(backend, steps, every)) {
  course.push(point);
  const { step, rssMb, liveTensors } = point;
  console.log(`step ${step}: ${rssMb.toFixed(1)} MB, ${liveTensors} tensors`);
}
const growth = memoryGrowth(course);
const counts = new Set(course.map(({ liveTensors }) => liveTensors));
console.log(
  `grew by ${
    growth.toFixed(3)
  } MB after the warm-up, ${bound} are allowed; tensors between steps: ${
    [...counts].join(", ")
  }`,
);
Deno.exit(growth <= bound && counts.size === 1 ? 0 : 1);
