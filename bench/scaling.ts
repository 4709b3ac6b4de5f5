/**
 * Steps of several ranks as they are predicted: for machines, networks and numbers of
 * nodes, as JSON, as a picture and as two tables; or beside measured ones.
 *
 * ```sh
 * deno run -A bench/scaling.ts
 * deno run -A bench/scaling.ts --measured ranks.jsonl
 * ```
 *
 * `ranks.jsonl` is the output of `bench/ranks.ts`; what a JSON list may hold says `MeasuredRanks` in `bench/scaling/measured_ranks.ts`.
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import { parseArgs } from "node:util";
import { describeFaults, type Network } from "../core/mod.ts";
import type { PairRow } from "./peers/pair_row.ts";
import { machinesOf } from "./scaling/machines.ts";
import {
  compared,
  comparedTable,
  decodeMeasuredRanks,
} from "./scaling/measured_ranks.ts";
import { measuredSteps } from "./scaling/measured_steps.ts";
import type { RankRow } from "./ranks/rank_spec.ts";
import { reportText, scalingReport } from "./scaling/report.ts";
import { scalingPlot } from "./scaling/scaling_plot.ts";
import { mostTable, savedTable } from "./scaling/scaling_tables.ts";
import { planned, STUDIES } from "./scaling/study.ts";

const USAGE = `Predicted steps of several ranks.

deno run -A bench/scaling.ts [--out FILE] [--svg FILE]
  writes bench/results/scaling.json and docs/scaling.svg, prints what is in both
deno run -A bench/scaling.ts --measured FILE [--gbit N] [--latency-us N]
  prints prediction beside measurement; with --gbit for a network of this speed,
  without it for sums that take as long as they were measured`;

/** Steps of ViT-B on two cores. */
const MEASURED =
  "results/peers-vit-b-2-threads-x86-64-2-cores-deno-2.9.6.jsonl";

function fail(message: string): never {
  console.error(message);
  Deno.exit(2);
}

function parsed() {
  try {
    return parseArgs({
      options: {
        out: { type: "string" },
        svg: { type: "string" },
        measured: { type: "string" },
        gbit: { type: "string" },
        "latency-us": { type: "string", default: "0" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/** Rows of `bench/ranks.ts` on one thread each, as measurements. */
const measurementsIn = (lines: string): unknown =>
  lines.trim().split("\n").map((line): RankRow => JSON.parse(line))
    .filter(({ threads }) => threads === 1)
    .map(({ images: _, threads: __, speedup: ___, ...row }) => {
      const { hidden: ____, exposedMilliseconds: _____, ...measured } = row;
      return row.ranks === 1
        ? { ...measured, sumMilliseconds: 0, bytes: 0 }
        : measured;
    });

/** The file's measurements: a JSON list of them, or lines of `bench/ranks.ts`. */
function readMeasured(file: string): unknown {
  try {
    const text = Deno.readTextFileSync(file);
    return file.endsWith(".jsonl") ? measurementsIn(text) : JSON.parse(text);
  } catch (error) {
    return fail(`${file}: ${error instanceof Error ? error.message : error}`);
  }
}

/** The network that flags describe, if any do. */
function flaggedNetwork(
  gbit: string | undefined,
  latency: string,
): Network | undefined {
  if (gbit === undefined) return undefined;
  const [gigabits, microseconds] = [Number(gbit), Number(latency)];
  return gigabits > 0 && microseconds >= 0
    ? { bitsPerSecond: 1e9 * gigabits, latencySeconds: 1e-6 * microseconds }
    : fail(`--gbit ${gbit} --latency-us ${latency}: wanted numbers above 0`);
}

/** Prints prediction beside measurement. */
function compare(file: string, network: Network | undefined): void {
  const steps = decodeMeasuredRanks(readMeasured(file));
  if (steps._tag === "Left") fail(`${file}: ${describeFaults(steps.left)}`);
  const rows = steps.right.map((step) => compared(step, network));
  console.log(comparedTable(rows));
}

/** Predicts, writes and prints everything. */
function predict(out: string | URL, svg: string | URL): void {
  const measured = Deno.readTextFileSync(new URL(MEASURED, import.meta.url))
    .trim().split("\n").map((line): PairRow => JSON.parse(line));
  const machines = machinesOf(measuredSteps(measured));
  const models = STUDIES.map(planned);
  const report = scalingReport(machines, models);
  Deno.writeTextFileSync(out, reportText(report));
  Deno.writeTextFileSync(svg, scalingPlot(report, machines, models));
  console.log("The most nodes with an efficiency of at least 80 %:\n");
  console.log(mostTable(report.most));
  console.log("\nTime of a whole run that freezing saves:\n");
  console.log(savedTable(report.runs, [1, 8, 64]));
}

const flags = parsed();
if (flags.help) console.log(USAGE);
else if (flags.measured !== undefined) {
  compare(flags.measured, flaggedNetwork(flags.gbit, flags["latency-us"]));
} else {
  predict(
    flags.out ?? new URL("results/scaling.json", import.meta.url),
    flags.svg ?? new URL("../docs/scaling.svg", import.meta.url),
  );
}
