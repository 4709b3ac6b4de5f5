/** What the numbers of a comparison allow to say. */
import type { MeanOfSeveral } from "../../train/mod.ts";
import { percent } from "../output/words.ts";
import {
  type ComparedMethod,
  type JudgedMethod,
  judgesOf,
} from "./comparison.ts";
import { type Judge, judgeWords } from "./experiment.ts";
import { UNTRAINED } from "./methods.ts";

/** A difference of accuracies with its sign, in points of percent. */
export const points = (part: number): string =>
  `${part < 0 ? "−" : "+"}${Math.abs(100 * part).toFixed(2)}`;

/** A mean of differences and its interval, in points of percent. */
export const describeGain = (
  { mean, interval }: MeanOfSeveral,
): string =>
  interval === null
    ? points(mean)
    : `${points(mean)} (${interval.map(points).join(" to ")})`;

/** Fewer seeds may agree by chance to the last digit, which makes an interval of no width. */
const LEAST_SEEDS = 3;

/** What an interval of differences says, in words. */
function findingOf(gain: MeanOfSeveral, other: string): string {
  const { interval, count } = gain;
  const numbers = describeGain(gain);
  if (interval === null) {
    return `${numbers} against ${other}; one seed says nothing of its worth`;
  }
  if (count < LEAST_SEEDS) {
    return `${numbers} against ${other}; two seeds say too little`;
  }
  const [low, high] = interval;
  if (low > 0) return `better than ${other}, ${numbers}`;
  if (high < 0) return `worse than ${other}, ${numbers}`;
  const most = 100 * Math.max(-low, high);
  return `not told apart from ${other}, ${numbers}; more than ${
    most.toFixed(1)
  } points can be ruled out`;
}

/** Findings about a method by one judge; none where it has nothing beside it. */
function judgedWords(
  { gain, gainAtCost }: JudgedMethod,
  judge: Judge,
  first: string,
  control: string | null,
): readonly string[] {
  const words = [
    ...gain === null ? [] : [findingOf(gain, first)],
    ...gainAtCost === null || control === null || control === first
      ? []
      : [`at the same cost ${findingOf(gainAtCost, control)}`],
  ];
  return words.length === 0
    ? []
    : [`${judgeWords(judge)}: ${words.join("; ")}.`];
}

/**
 * A paragraph for each method that has something beside it: its cost, and what every judge
 * found about it.
 */
export function methodWords(
  rows: readonly ComparedMethod[],
): readonly string[] {
  const [first] = rows;
  if (first === undefined) return [];
  const titleOf = (name: string | null): string | null =>
    rows.find((row) => row.name === name)?.title ?? null;
  return rows.flatMap(({ name, title, cost, control, judged }) => {
    const findings = judgesOf(rows).flatMap((judge) => {
      const found = judged[judge];
      return found === undefined
        ? []
        : judgedWords(found, judge, first.title, titleOf(control));
    });
    const price = cost === null ? "" : ` (${percent(cost)} of the operations)`;
    return findings.length === 0 || name === UNTRAINED
      ? []
      : [`**${title}**${price}. ${findings.join(" ")}`];
  });
}

/** Judgements that say nothing, and the share that needs no learning. */
export function voidWords(rows: readonly ComparedMethod[]): readonly string[] {
  const all = rows.flatMap(({ title, judged }) =>
    judgesOf(rows).flatMap((judge) => {
      const found = judged[judge];
      return found === undefined ? [] : [{ title, judge, ...found }];
    })
  );
  const share = all.find(({ mostFrequent }) => mostFrequent !== null)
    ?.mostFrequent;
  const nothing = all.filter((one) => one.void > 0)
    .map(({ title, judge }) => `${title} (${judgeWords(judge)})`);
  return [
    ...share == null ? [] : [
      `The most frequent class is ${
        percent(share, 2)
      } of the images to judge by.`,
    ],
    ...nothing.length === 0 ? [] : [
      `Warning: these diverged or found no more than that, so they say nothing, and no difference is given: ${
        nothing.join("; ")
      }.`,
    ],
  ];
}
