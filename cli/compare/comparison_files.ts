/** A comparison as files: tables in Markdown, a picture, and the results themselves. */
import { join } from "node:path";
import { objectiveOf } from "../../core/mod.ts";
import { accuracyPlot } from "../../plot/mod.ts";
import { replaceFile } from "../../train/mod.ts";
import { mustWork } from "../command/describe_errors.ts";
import { percent, UNKNOWN } from "../output/words.ts";
import {
  type Clock,
  compared,
  type ComparedMethod,
  type EvaluatedMethod,
  type Spread,
} from "./comparison.ts";
import type { Experiment, Trial } from "./experiment.ts";
import { trialResult } from "./experiment_folder.ts";
import { UNTRAINED } from "./methods.ts";

/** Mean and deviation with so many digits after the point. */
function show(spread: Spread | null, digits: number, factor = 1): string {
  if (spread === null) return UNKNOWN;
  const { mean, deviation } = spread;
  const number = (value: number): string => (factor * value).toFixed(digits);
  return deviation === null
    ? number(mean)
    : `${number(mean)} ± ${number(deviation)}`;
}

const inPercents = (spread: Spread | null): string => show(spread, 2, 100);

type Column = readonly [head: string, cell: (row: ComparedMethod) => string];

const evaluationColumns = (
  words: string,
  of: (row: ComparedMethod) => EvaluatedMethod,
): readonly Column[] => [
  [`${words} top-1, %`, (row) => inPercents(of(row).top1)],
  ["top-5, %", (row) => inPercents(of(row).top5)],
  ["drop of top-1", (row) => inPercents(of(row).drop)],
];

const COLUMNS: readonly Column[] = [
  ["method", ({ title }) => title],
  ["seeds", ({ points }) => String(points.length)],
  ["epochs", ({ epochs }) => String(epochs)],
  ["time, s", ({ seconds }) => show(seconds, 1)],
  ["saved, %", ({ saved }) => show(saved, 1, 100)],
  ...evaluationColumns("fine-tuned", ({ finetune }) => finetune),
  ...evaluationColumns("linear", ({ probe }) => probe),
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

/** Two-sided 95 % points of Student's t for 1 to 9 degrees of freedom. */
const STUDENT_95 = [
  12.706,
  4.303,
  3.182,
  2.776,
  2.571,
  2.447,
  2.365,
  2.306,
  2.262,
] as const;

/** Significance of a mean of so many values: `|mean| > t·deviation / √n`. */
function standsOut({ mean, deviation }: Spread, count: number): boolean {
  if (deviation === null) return false;
  const t = STUDENT_95[Math.min(count - 1, STUDENT_95.length) - 1] ?? NaN;
  return Math.abs(mean) > t * deviation / Math.sqrt(count);
}

const EVALUATIONS = [["finetune", "fine-tuned"], ["probe", "linear"]] as const;

/** Names of the methods and evaluations whose drop differs from 0. */
function standingOut(rows: readonly ComparedMethod[]): readonly string[] {
  return rows.flatMap(({ title, method, points, ...row }) =>
    EVALUATIONS.flatMap(([part, words]) => {
      const { drop } = row[part];
      return method !== UNTRAINED && drop !== null &&
          standsOut(drop, points.length)
        ? [`${title} (${words})`]
        : [];
    })
  );
}

/** The reference of the accuracies, and those that say nothing. */
function baseline(rows: readonly ComparedMethod[]): readonly string[] {
  const { mostFrequent = null } = rows[0]?.probe ?? {};
  const nothing = rows.flatMap(({ title, ...row }) =>
    EVALUATIONS.flatMap(([part, words]) =>
      row[part].void > 0 ? [`${title} (${words})`] : []
    )
  );
  return [
    ...mostFrequent === null ? [] : [
      `The most frequent class is ${
        percent(mostFrequent, 2)
      } of the images to judge by.`,
    ],
    ...nothing.length === 0 ? [] : [
      `Warning: these diverged or found no more than that, so they say nothing, and no drop is given: ${
        nothing.join("; ")
      }.`,
    ],
  ];
}

function verdict(rows: readonly ComparedMethod[]): string {
  if (rows.every(({ points }) => points.length < 2)) {
    return "One seed each: what a difference is worth cannot be said.";
  }
  const names = standingOut(rows);
  return [
    "Drops that differ from 0 by Student's t over the seeds (95 %, each by",
    `itself): ${names.length === 0 ? "none" : names.join("; ")}.`,
  ].join(" ");
}

const CLOCKS: Readonly<Record<Clock, string>> = {
  processor: "the processor's time of all threads",
  wall: "time by the wall",
};

/**
 * The tables of a comparison: accuracy beside time, and the time of a step in every
 * phase.
 */
export function comparisonTable(
  rows: readonly ComparedMethod[],
  clock: Clock,
): string {
  return [
    markdown(
      COLUMNS.map(([head]) => head),
      rows.map((row) => COLUMNS.map(([, cell]) => cell(row))),
    ),
    [
      "Mean ± sample deviation over the seeds; drops and savings are against",
      `the unfrozen training of the same seed. Time is ${
        CLOCKS[clock]
      } for the steps of`,
      "pre-training: steps of a phase times the median of that phase; what is",
      "saved is counted in each run's own unfrozen steps.",
    ].join(" "),
    ...baseline(rows),
    verdict(rows),
    phaseTable(rows),
  ].join("\n\n") + "\n";
}

/** Accuracy by both evaluations against saved time. */
function picture(rows: readonly ComparedMethod[]): string {
  const seriesOf = (part: "finetune" | "probe") =>
    rows.filter(({ method }) => method !== UNTRAINED).map((
      { title: name, points },
    ) => ({
      name,
      points: points.flatMap(({ saved, ...point }) =>
        saved === null ? [] : [{ saved, accuracy: point[part] }]
      ),
    }));
  return accuracyPlot([
    { title: "Top-1 after fine-tuning", series: seriesOf("finetune") },
    {
      title: "Top-1 of a linear classifier on the frozen encoder",
      series: seriesOf("probe"),
    },
  ]);
}

/**
 * Writes `results.jsonl`, `table.md` and `accuracy.svg` of the trials that are
 * finished.
 *
 * @returns The methods beside each other; none if no trial is finished.
 */
export async function writeExperimentFiles(
  folder: string,
  { powers, pretrain }: Experiment,
  trials: readonly Trial[],
  clock: Clock,
): Promise<readonly ComparedMethod[]> {
  const results = (await Promise.all(
    trials.map((trial) => trialResult(folder, trial)),
  )).flatMap((result) => result ?? []);
  const objective = objectiveOf(pretrain.model);
  const rows = compared(results, powers, clock, objective);
  if (rows.length === 0) return rows;
  const lines = results.map((result) => `${JSON.stringify(result)}\n`);
  const files = {
    "results.jsonl": lines.join(""),
    "table.md": comparisonTable(rows, clock),
    "accuracy.svg": picture(rows),
  };
  for (const [name, text] of Object.entries(files)) {
    mustWork(await replaceFile(join(folder, name), text));
  }
  return rows;
}
