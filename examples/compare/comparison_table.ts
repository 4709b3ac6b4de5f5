/**
 * A comparison as tables in Markdown.
 *
 * @module
 */
import type {
  Clock,
  ComparedMethod,
  JudgedMethod,
  Spread,
} from "./comparison.ts";

/** Mean and deviation with so many digits after the point. */
function show(spread: Spread | null, digits: number, factor = 1): string {
  if (spread === null) return "–";
  const { mean, deviation } = spread;
  const number = (value: number): string => (factor * value).toFixed(digits);
  return deviation === null
    ? number(mean)
    : `${number(mean)} ± ${number(deviation)}`;
}

const percent = (spread: Spread | null): string => show(spread, 2, 100);

type Column = readonly [head: string, cell: (row: ComparedMethod) => string];

const judgedColumns = (
  words: string,
  of: (row: ComparedMethod) => JudgedMethod,
): readonly Column[] => [
  [`${words} top-1, %`, (row) => percent(of(row).top1)],
  ["top-5, %", (row) => percent(of(row).top5)],
  ["drop of top-1", (row) => percent(of(row).drop)],
];

const COLUMNS: readonly Column[] = [
  ["method", ({ title }) => title],
  ["epochs", ({ epochs }) => String(epochs)],
  ["time, s", ({ seconds }) => show(seconds, 1)],
  ["saved, %", ({ saved }) => show(saved, 1, 100)],
  ...judgedColumns("fine-tuned", ({ finetune }) => finetune),
  ...judgedColumns("linear", ({ probe }) => probe),
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
      "saved in the run, %",
      "predicted, %",
    ],
    rows.map((row) => [
      row.title,
      ...frozen.map((count) => cell(row, count)),
      show(row.savedInRun, 1, 100),
      (100 * row.savedPredicted).toFixed(1),
    ]),
  );
}

/** Drops that are larger than twice their standard error `deviation / √n`. */
function standingOut(rows: readonly ComparedMethod[]): readonly string[] {
  const names = [["finetune", "fine-tuned"], ["probe", "linear"]] as const;
  return rows.flatMap(({ title, points, ...row }) =>
    names.flatMap(([part, words]) => {
      const { mean = 0, deviation = null } = row[part].drop ?? {};
      const error = (deviation ?? Infinity) / Math.sqrt(points.length);
      return Math.abs(mean) > 2 * error ? [`${title} (${words})`] : [];
    })
  );
}

function verdict(rows: readonly ComparedMethod[]): string {
  const most = Math.max(...rows.map(({ points }) => points.length));
  if (most < 2) {
    return "One seed each: what a difference is worth cannot be said.";
  }
  const names = standingOut(rows);
  return `Drops larger than twice their standard error over the seeds: ${
    names.length === 0 ? "none" : names.join("; ")
  }.${most < 5 ? " With so few seeds that is a hint, not a finding." : ""}`;
}

const CLOCKS: Readonly<Record<Clock, string>> = {
  processor: "the processor's time of all threads",
  wall: "time by the wall",
};

/**
 * The tables of a comparison: accuracy beside time, and the time of a step in every
 * phase.
 *
 * @param rows The methods, at least one.
 * @param clock What their times are.
 */
export function comparisonTable(
  rows: readonly ComparedMethod[],
  clock: Clock,
): string {
  const seeds = Math.max(...rows.map(({ points }) => points.length));
  return [
    markdown(
      COLUMNS.map(([head]) => head),
      rows.map((row) => COLUMNS.map(([, cell]) => cell(row))),
    ),
    `Mean ± sample deviation over ${seeds} seed${
      seeds === 1 ? "" : "s"
    }; drops and savings are against LocalMIM of the same seed. Time is ${
      CLOCKS[clock]
    } for the steps of pre-training: steps of a phase times the median of that phase.`,
    verdict(rows),
    phaseTable(rows),
  ].join("\n\n") + "\n";
}
