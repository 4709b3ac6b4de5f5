/** What a segmentation found: as tables, sentences and JSON. */
import { printable } from "../../core/mod.ts";
import {
  type MeanIoU,
  meanIoUGain,
  meanIoUOf,
  type SegmentationScores,
  segmentationScores,
  summedCounts,
} from "../../train/mod.ts";
import { bare, describeGain, ends } from "../gain/findings_text.ts";
import { type Start, START_WORDS } from "../gain/starts.ts";
import { textTable } from "../output/text_table.ts";
import { percent } from "../output/words.ts";
import type { Baselines } from "./baselines.ts";
import type { Segmented } from "./segmented.ts";

/** What was found from one start. */
export interface Finding {
  readonly start: Start;
  readonly scores: SegmentationScores;
  readonly mean: MeanIoU;
  readonly own: Segmented;
}

/** The gain of the trained encoder over another start. */
export interface Gain extends MeanIoU {
  readonly over: Start;
}

/** Scores and interval of each start. */
export const findingsOf = (all: readonly Segmented[]): readonly Finding[] =>
  all.map((own) => ({
    start: own.start,
    scores: segmentationScores(summedCounts(own.images)),
    mean: meanIoUOf(own.images),
    own,
  }));

/** Gains of the trained encoder over the other starts, on the same images. */
export function gainsOf(all: readonly Segmented[]): readonly Gain[] {
  const trained = all.find(({ start }) => start === "trained");
  return trained === undefined ? [] : all
    .filter((one) => one !== trained)
    .map(({ start, images }) => ({
      over: start,
      ...meanIoUGain(trained.images, images),
    }));
}

/** The gains in a sentence. */
export const gainLine = (gains: readonly Gain[]): string =>
  `mean IoU: ${
    gains.map(({ over, value: gain, interval }) =>
      `${describeGain({ gain, interval })} over ${START_WORDS[over]}`
    ).join("; ")
  }`;

/** Columns of the table of starts. */
export const START_HEAD = [
  ["from", "left"],
  ["mean IoU %", "right"],
  ["95 %", "left"],
  ["pixels right %", "right"],
] as const;

/** A row for each start. */
export const startRows = (
  found: readonly Finding[],
): readonly (readonly string[])[] =>
  found.map(({ start, scores, mean }) => [
    START_WORDS[start],
    bare(scores.meanIoU),
    ends(mean.interval),
    bare(scores.pixelAccuracy),
  ]);

/** Columns of the table of classes. */
export const classHead = (found: readonly Finding[]) =>
  [
    ["class", "left"],
    ["pixels %", "right"],
    ...found.map(({ start }) => [START_WORDS[start], "right"] as const),
  ] as const;

/** The overlap of each class that occurs, from each start. */
export function classRows(
  found: readonly Finding[],
  names: readonly string[],
): readonly (readonly string[])[] {
  const [first] = found;
  return (first?.scores.byClass ?? []).flatMap(({ are }, label) =>
    are === 0 ? [] : [[
      printable(names[label] ?? String(label)),
      bare(are / (first?.scores.pixels ?? NaN)),
      ...found.map(({ scores }) => bare(scores.byClass[label]?.iou ?? NaN)),
    ]]
  );
}

/** Both tables as text. */
export const findingTables = (
  found: readonly Finding[],
  names: readonly string[],
): readonly string[] => [
  textTable(START_HEAD, startRows(found)),
  "IoU % of each class:",
  textTable(classHead(found), classRows(found, names)),
];

/** What the numbers are to be measured by, in words. */
export const baselineLines = (
  { frequent, patches }: Baselines,
  names: readonly string[],
): readonly string[] => [
  `naming everything ${
    printable(names[frequent.label] ?? "")
  } gives a mean IoU of ${percent(frequent.meanIoU)} and ${
    percent(frequent.pixelAccuracy)
  } of the pixels`,
  `the true class of every patch, brought to the size of the image alike, gives ${
    percent(patches.meanIoU)
  } and ${percent(patches.pixelAccuracy)}`,
];

/** A number of JSON, where what is not known is `null`. */
const known = (value: number): number | null =>
  Number.isNaN(value) ? null : value;

/** What was found from one start, for readers of JSON. */
export const findingJson = (
  { start, scores, mean, own: { probe } }: Finding,
  names: readonly string[],
): object => ({
  start,
  meanIoU: known(scores.meanIoU),
  interval: mean.interval.map(known),
  pixelAccuracy: known(scores.pixelAccuracy),
  pixels: scores.pixels,
  byClass: scores.byClass.map(({ iou, ...counts }, label) => ({
    class: names[label] ?? String(label),
    iou: known(iou),
    ...counts,
  })),
  settings: {
    baseRate: probe.config.baseRate,
    epochs: probe.config.epochs,
    sweep: probe.sweep,
  },
});

/** Gains for readers of JSON. */
export const gainsJson = (gains: readonly Gain[]): readonly object[] =>
  gains.map(({ over, value, interval }) => ({
    over,
    gain: known(value),
    interval: interval.map(known),
  }));

/** What the numbers are to be measured by, for readers of JSON. */
export const baselinesJson = (
  { frequent, patches }: Baselines,
  names: readonly string[],
): object => ({
  mostFrequent: {
    class: names[frequent.label] ?? "",
    meanIoU: frequent.meanIoU,
    pixelAccuracy: frequent.pixelAccuracy,
  },
  truePatches: {
    meanIoU: patches.meanIoU,
    pixelAccuracy: patches.pixelAccuracy,
  },
});
