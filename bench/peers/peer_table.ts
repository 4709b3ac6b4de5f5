/** Comparisons for people. */
import { type Alignment, textTable } from "../../cli/output/text_table.ts";
import type { PairRow, SideResult } from "./pair_row.ts";

/** Threads, and those of a side that uses others than it may. */
function threadsCell({ threads, ours, theirs }: PairRow): string {
  const sides = [["ours", ours], ["theirs", theirs]] as const;
  const others = sides.filter(([, side]) => side.threads !== threads)
    .map(([name, side]) => `${name} ${side.threads}`);
  return [threads, ...others].join(", ");
}

/** Head, alignment and cell of each column. */
const COLUMNS: readonly (readonly [
  string,
  Alignment,
  (row: PairRow) => string,
])[] = [
  ["peer", "left", ({ peer }) => peer],
  ["step", "left", ({ step }) => step],
  ["model", "left", ({ model, note }) => `${model}${note === null ? "" : "*"}`],
  ["threads", "right", threadsCell],
  ["frozen", "right", ({ frozen }) => String(frozen)],
  ["ours, ms", "right", ({ ours }) => ours.totalMs.toFixed(1)],
  ["fwd+bwd", "right", ({ ours }) => ours.gradientMs.toFixed(1)],
  ["optimizer", "right", ({ ours }) => ours.updateMs.toFixed(1)],
  ["theirs, ms", "right", ({ theirs }) => theirs.totalMs.toFixed(1)],
  ["fwd+bwd", "right", ({ theirs }) => theirs.gradientMs.toFixed(1)],
  ["optimizer", "right", ({ theirs }) => theirs.updateMs.toFixed(1)],
  ["theirs/ours", "right", ({ ratio }) => ratio.toFixed(2)],
  ["fwd+bwd", "right", ({ gradientRatio }) => gradientRatio.toFixed(2)],
];

const about = (name: string, { versions, settings }: SideResult): string =>
  `${name}: ${versions}; ${settings}`;

/** Each sentence once, in the order in which they come. */
const once = (sentences: readonly string[]): readonly string[] => [
  ...new Set(sentences),
];

/**
 * A table with a line for each comparison, and below it the processor, what ran on each
 * side and what differs from what was asked for.
 *
 * @param rows Comparisons in any order.
 */
export function peerTable(rows: readonly PairRow[]): string {
  const table = textTable(
    COLUMNS.map(([head, alignment]): [string, Alignment] => [head, alignment]),
    rows.map((row) => COLUMNS.map(([, , cell]) => cell(row))),
  );
  const notes = rows.flatMap(({ note }) => note === null ? [] : [`* ${note}`]);
  const sides = rows.flatMap(({ peer, ours, theirs }) => [
    about("ours", ours),
    about(peer, theirs),
  ]);
  const processors = rows.map(({ processor }) => `processor: ${processor}`);
  return [table, "", ...once(notes), ...once(processors), ...once(sides)]
    .join("\n");
}
