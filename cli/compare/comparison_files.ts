/** A comparison as files: tables in Markdown, a picture, and the results themselves. */
import { join } from "node:path";
import { accuracyPlot } from "../../plot/mod.ts";
import { type MeanOfSeveral, replaceFile } from "../../train/mod.ts";
import { mustWork } from "../command/describe_errors.ts";
import { UNKNOWN } from "../output/words.ts";
import {
  compared,
  type ComparedMethod,
  judgesOf,
  type NamedMethod,
} from "./comparison.ts";
import { describeGain, methodWords, voidWords } from "./comparison_words.ts";
import { type Judge, judgeWords } from "./experiment.ts";
import { UNTRAINED } from "./methods.ts";
import type { Clock } from "./run_times.ts";
import { type Done, RESULTS_FILE, trialResults } from "./trial_folder.ts";

/** Mean and deviation with so many digits after the point. */
function show(of: MeanOfSeveral | null, digits: number, factor = 1): string {
  if (of === null) return UNKNOWN;
  const { mean, deviation } = of;
  const number = (value: number): string => (factor * value).toFixed(digits);
  return deviation === null
    ? number(mean)
    : `${number(mean)} ± ${number(deviation)}`;
}

type Column = readonly [head: string, cell: (row: ComparedMethod) => string];

const gainOrUnknown = (gain: MeanOfSeveral | null | undefined): string =>
  gain == null ? UNKNOWN : describeGain(gain);

const judgeColumns = (judge: Judge): readonly Column[] => [
  [
    `${judgeWords(judge)}, %`,
    ({ judged }) => show(judged[judge]?.top1 ?? null, 2, 100),
  ],
  ["against the first", ({ judged }) => gainOrUnknown(judged[judge]?.gain)],
  [
    "at the same cost",
    ({ judged }) => gainOrUnknown(judged[judge]?.gainAtCost),
  ],
];

const columnsOf = (rows: readonly ComparedMethod[]): readonly Column[] => [
  ["method", ({ title }) => title],
  ["seeds", ({ points }) => String(points.length)],
  ["epochs", ({ epochs }) => String(epochs)],
  [
    "operations, %",
    ({ cost }) => cost === null ? UNKNOWN : (100 * cost).toFixed(1),
  ],
  ["time, %", ({ time }) => show(time, 1, 100)],
  ...judgesOf(rows).flatMap(judgeColumns),
  ["loss of the last stage", ({ loss }) => show(loss, 4)],
];

/** A table in Markdown; the first column is words, the others numbers. */
function markdown(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = heads.map((_, column) => column === 0 ? "---" : "---:");
  return [heads, rule, ...rows].map(line).join("\n");
}

/** Milliseconds of a step in every phase, for each method. */
function phaseTable(rows: readonly ComparedMethod[]): string {
  const frozen = [...new Set(rows.flatMap((row) => row.frozenLayers))]
    .toSorted((a, b) => a - b);
  const cell = (row: ComparedMethod, count: number): string => {
    const seconds = row.secondsPerStep[row.frozenLayers.indexOf(count)];
    return seconds === undefined ? "" : (1000 * seconds).toFixed(1);
  };
  return markdown(
    [
      "ms of a step with so many frozen layers",
      ...frozen.map(String),
      "saved by freezing, predicted, %",
    ],
    rows.flatMap((row) =>
      row.savedPredicted === null ? [] : [[
        row.title,
        ...frozen.map((count) => cell(row, count)),
        (100 * row.savedPredicted).toFixed(1),
      ]]
    ),
  );
}

const CLOCKS: Readonly<Record<Clock, string>> = {
  processor: "the processor's time of all threads",
  wall: "time by the wall",
};

/**
 * The tables of a comparison: accuracy beside cost, what that allows to say of each method,
 * and the time of a step in every phase.
 */
export function comparisonTable(
  rows: readonly ComparedMethod[],
  clock: Clock,
): string {
  const columns = columnsOf(rows);
  return [
    markdown(
      columns.map(([head]) => head),
      rows.map((row) => columns.map(([, cell]) => cell(row))),
    ),
    [
      "Mean ± sample deviation over the seeds. Differences are of top-1 in the same",
      "seeds, in points of percent, with Student's interval of 95 % over the seeds, each",
      "by itself: against the first method, and against what costs the same and freezes",
      `nothing. Time is ${CLOCKS[clock]} for the`,
      "steps of pre-training, counted in unfrozen steps of each run, which are taken to",
      "be as long in one run as in another.",
    ].join(" "),
    ...voidWords(rows),
    ...methodWords(rows),
    phaseTable(rows),
  ].join("\n\n") + "\n";
}

const COSTS = [
  ["cost", "operations, % of the first"],
  ["time", "measured time, % of the first"],
] as const;

/** Accuracy by every judge against operations and against measured time. */
function picture(rows: readonly ComparedMethod[]): string {
  const methods = rows.filter(({ name }) => name !== UNTRAINED);
  return accuracyPlot(
    judgesOf(rows).flatMap((judge) =>
      COSTS.map(([kind, cost]) => ({
        title: `Top-1, ${judgeWords(judge)}`,
        cost,
        series: methods.map(({ title: name, points }) => ({
          name,
          points: points.flatMap(({ top1, ...point }) => {
            const { [judge]: accuracy } = top1;
            const { [kind]: part } = point;
            return accuracy === undefined || part === null
              ? []
              : [{ cost: part, accuracy }];
          }),
        })),
      }))
    ),
  );
}

/**
 * Writes `results.jsonl`, `table.md` and `accuracy.svg` of the trials that are
 * finished.
 *
 * @returns The methods beside each other; none if no trial is finished.
 */
export async function writeExperimentFiles(
  done: Done,
  methods: readonly NamedMethod[],
  clock: Clock,
): Promise<readonly ComparedMethod[]> {
  const names = methods.map(({ name }) => name);
  const results = await trialResults(done, names);
  const rows = compared(results, methods, clock);
  if (rows.length === 0) return rows;
  const lines = results.map((result) => `${JSON.stringify(result)}\n`);
  const files = {
    [RESULTS_FILE]: lines.join(""),
    "table.md": comparisonTable(rows, clock),
    "accuracy.svg": picture(rows),
  };
  for (const [name, text] of Object.entries(files)) {
    mustWork(await replaceFile(join(done.own, name), text));
  }
  return rows;
}
