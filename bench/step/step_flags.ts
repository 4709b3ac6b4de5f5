/** Flags of `bench/step.ts`. */
import { BACKEND_CHOICES } from "../../backends/mod.ts";
import {
  type Fault,
  type Faults,
  left,
  type Result,
  right,
} from "../../core/mod.ts";
import {
  choiceFlag,
  type Flag,
  type FlagValues,
  switchFlag,
  wholeFlag,
} from "../../cli/flags/flags.ts";
import { MODEL_FLAG, modelOf } from "../../cli/flags/method_flags.ts";
import { benchedConfig, benchedPlan, type StepSpec } from "./step_spec.ts";

const wholeNumbers = (text: string): Result<string, readonly number[]> => {
  const numbers = text.split(",").map((part) =>
    /^\s*\d+\s*$/.test(part) ? Number(part) : NaN
  );
  return numbers.every(Number.isSafeInteger)
    ? right(numbers)
    : left("whole numbers with commas between, for example 0,3,5");
};

const frozenFlag: Flag<readonly number[]> = {
  metavar: "N,N,…",
  help: "how many layers are frozen, a row for each",
  parse: wholeNumbers,
};

/** The flags. */
export const STEP_FLAGS = {
  "model": MODEL_FLAG,
  "image-size": wholeFlag(1, "side of the square images, pixels"),
  "batch-size": wholeFlag(1, "images of a step"),
  "backend": choiceFlag(BACKEND_CHOICES, "where it computes"),
  "frozen": frozenFlag,
  "steps": wholeFlag(1, "timed steps, of which the fastest counts"),
  "threads": wholeFlag(1, "threads that compute, on onnx"),
  "frozen-precision": choiceFlag(
    ["float32", "int8"],
    "how frozen blocks compute, on onnx",
  ),
  "json": switchFlag("print a line of JSON for each row and nothing else"),
  "help": switchFlag("print this and stop"),
} as const;

/** Values of the flags. */
export type StepValues = FlagValues<typeof STEP_FLAGS>;

/** Defaults of the flags. */
export const STEP_DEFAULTS = {
  "model": "nano",
  "image-size": "the model's",
  "batch-size": "16",
  "backend": "auto",
  "frozen": "0, half and all but one",
  "steps": "5",
  "threads": "the processor's cores",
  "frozen-precision": "float32",
} as const;

const frozenFault = (found: number, layers: number): Fault => ({
  _tag: "OutOfRange",
  path: "--frozen",
  found,
  wanted: `0 to ${layers - 1} layers, the last never freezes; the nearest is ${
    layers - 1
  }`,
});

/**
 * Specification of a measurement.
 *
 * @param values Flags that were given.
 * @returns A spec for each row, in the order of `--frozen`; or every fault.
 */
export function stepSpecs(
  values: StepValues,
): Result<Faults, readonly StepSpec[]> {
  const { model = "nano" } = values;
  const sizes = modelOf(model);
  if (sizes._tag === "Left") return left([sizes.left]);
  const spec: StepSpec = {
    model,
    sizes: sizes.right,
    imageSize: values["image-size"] ?? null,
    batchSize: values["batch-size"] ?? 16,
    backend: values.backend ?? "auto",
    frozen: 0,
    steps: values.steps ?? 5,
    threads: values.threads ?? null,
    precision: values["frozen-precision"] ?? "float32",
  };
  const plan = benchedPlan(benchedConfig(spec));
  if (plan._tag === "Left") return plan;
  const layers = plan.right.layers.length;
  const frozen = values.frozen ?? [0, Math.floor(layers / 2), layers - 1];
  const [first, ...others] = frozen.filter((count) => count >= layers)
    .map((count) => frozenFault(count, layers));
  return first === undefined
    ? right(frozen.map((count) => ({ ...spec, frozen: count })))
    : left([first, ...others]);
}
