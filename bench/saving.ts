/**
 * Time that freezing saves over a whole run: measured step times of every phase beside the
 * cost model's prediction and beside what a peer saves.
 *
 * ```sh
 * deno run -A bench/peers.ts --model vit-b --peer torch-reference --json \
 *   --frozen 0,1,2,3,4,5,6,7,8,9,10,11,12 > rows.jsonl
 * deno run -A bench/saving.ts rows.jsonl --svg saving.svg
 * ```
 *
 * The run is the papers' recipe: 100 epochs, 10 of them warm-up, cubic with
 * `t0 = 0.8`.
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import { parseArgs } from "node:util";
import type { WarmupMode } from "../core/mod.ts";
import type { PairRow } from "./peers/pair_row.ts";
import { type PhaseRow, type Phases, phasesOf } from "./saving/phase_rows.ts";
import { runPlan } from "./saving/run_plan.ts";
import { savingPlot } from "./saving/saving_plot.ts";
import { savingTable } from "./saving/saving_table.ts";
import { type StepMs, wholeRunSaving } from "./saving/whole_run.ts";

const USAGE =
  `What freezing saves over a whole run, from the rows of bench/peers.ts:
deno run -A bench/saving.ts ROWS.jsonl [--svg FILE]`;

function fail(message: string): never {
  console.error(message);
  Deno.exit(2);
}

function readRows(file: string): readonly PairRow[] {
  try {
    return Deno.readTextFileSync(file).trim().split("\n")
      .map((line) => ({
        processor: "a processor that was not recorded",
        ...JSON.parse(line),
      }));
  } catch (error) {
    return fail(`${file}: ${error instanceof Error ? error.message : error}`);
  }
}

const times = ({ rows }: Phases, of: (row: PhaseRow) => number): StepMs =>
  new Map(rows.map((row) => [row.frozen, of(row)]));

function savings(phases: Phases, warmup: WarmupMode): string {
  const plan = runPlan(phases.config, warmup);
  const part = (of: (row: PhaseRow) => number): string =>
    `${(100 * wholeRunSaving(plan, times(phases, of))).toFixed(1)} %`;
  return `warm-up ${warmup}: ours ${part(({ ours }) => ours)}, predicted ${
    part(({ flops }) => flops)
  }, ${phases.about.peer} ${part(({ theirs }) => theirs)}`;
}

function parsed() {
  try {
    return parseArgs({
      args: Deno.args,
      options: { svg: { type: "string" }, help: { type: "boolean" } },
      allowPositionals: true,
    });
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

const { values, positionals: [file, ...more] } = parsed();
if (values.help) {
  console.log(USAGE);
  Deno.exit(0);
}
if (file === undefined || more.length > 0) fail(USAGE);
const phases = phasesOf(readRows(file));
if (phases._tag === "Left") fail(`${file}: ${phases.left}`);
const { about, rows } = phases.right;
console.log(
  `${about.model}, ${about.batchSize} images a step, ${about.threads} threads; ours ${about.ours.versions}, theirs ${about.peer} (${about.theirs.versions})\n${about.processor}\n`,
);
console.log(savingTable(rows));
console.log(
  "\nSaved over the whole run, 10 of 100 epochs warm-up, cubic t0 = 0.8:",
);
for (const warmup of ["perLayer", "shared"] as const) {
  console.log(`  ${savings(phases.right, warmup)}`);
}
if (values.svg !== undefined) {
  const plan = runPlan(phases.right.config, "perLayer");
  Deno.writeTextFileSync(values.svg, savingPlot(plan, phases.right));
}
