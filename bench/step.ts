/**
 * Milliseconds of a training step for each number of frozen layers, beside the
 * operations that the cost model predicts.
 *
 * ```sh
 * deno run -A bench/step.ts --model nano --frozen 0,3,5
 * ```
 *
 * The phase of a plan (cubic, `t0 = 0.8`) with so many frozen layers is built and
 * stepped through as in a run, on random images: one step to warm up, then the
 * timed ones, of which the fastest counts. Every row has a process of its own, so
 * that its peak memory is its own.
 *
 * Least permissions (`docs/permissions.md`):
 *
 * ```text
 * --allow-run=DENO
 * ```
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import { describeFaults, type Faults, type Result } from "../core/mod.ts";
import { fieldNames } from "../cli/flags/field_names.ts";
import { type FlagValues, initially } from "../cli/flags/flags.ts";
import { helpText } from "../cli/flags/help_text.ts";
import { METHOD_FLAGS } from "../cli/flags/method_flags.ts";
import { parseFlags } from "../cli/flags/parse_flags.ts";
import { lastWords } from "../cli/output/permission_advice.ts";
import { STEP_DEFAULTS, STEP_FLAGS, stepSpecs } from "./step/step_flags.ts";
import type { StepRow, StepSpec } from "./step/step_spec.ts";
import { stepTable } from "./step/step_table.ts";

const USAGE =
  "Times training steps by the number of frozen layers: deno run -A bench/step.ts [FLAGS]";

function orFail<A>(result: Result<Faults, A>): A {
  if (result._tag === "Right") return result.right;
  console.error(describeFaults(fieldNames(METHOD_FLAGS).named(result.left)));
  Deno.exit(2);
}

/** Measures a row in a process of its own; its complaints are passed on. */
async function measureApart(spec: StepSpec): Promise<StepRow> {
  const program = new URL("./step/step_row.ts", import.meta.url).href;
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--quiet",
      // Memory left by the first values is not memory of a step.
      "--v8-flags=--expose-gc",
      program,
      JSON.stringify(spec),
    ],
    stderr: "inherit",
  }).output();
  if (!success) Deno.exit(1);
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function measureAll(
  values: FlagValues<typeof STEP_FLAGS>,
): Promise<void> {
  const rows: StepRow[] = [];
  for (const spec of orFail(stepSpecs(values))) {
    const row = await measureApart(spec);
    if (values.json) console.log(JSON.stringify(row));
    rows.push(row);
  }
  const [first, ...others] = rows;
  if (first !== undefined && !values.json) {
    const { model, imageSize, batchSize, backend, device, processor } = first;
    console.log(
      `${model} at ${imageSize}×${imageSize}, ${batchSize} images a step, on ${backend} (${device})\n${processor}\n`,
    );
    console.log(stepTable([first, ...others]));
  }
}

const values = orFail(parseFlags(STEP_FLAGS, Deno.args));
if (values.help) {
  console.log(helpText(USAGE, initially(STEP_FLAGS, STEP_DEFAULTS)));
} else {
  await measureAll(values).catch((thrown: unknown) => {
    console.error(lastWords(thrown));
    Deno.exit(1);
  });
}
