/** The content of the page: tables, pictures and sentences. */
import { accuracyBars, confusionPlot } from "../../plot/mod.ts";
import { describeFeature } from "../output/model_words.ts";
import { percent } from "../output/words.ts";
import {
  ACCURACY_HEAD,
  accuracyRows,
  bestOf,
  CLASS_HEAD,
  classRows,
  gainLines,
} from "./findings_text.ts";
import type { Gain } from "./gain.ts";
import type { OpenedPictures } from "./opened_pictures.ts";
import type { PageContent, PageTable } from "./page.ts";
import type { NamedPicture } from "./named_picture.ts";
import { START_WORDS } from "./starts.ts";
import { type Judged, WAY_WORDS } from "./ways.ts";

/** Columns as the page has them. */
export const pageHead = (
  head: readonly (readonly [string, "left" | "right"])[],
): PageTable["head"] =>
  head.map(([name, side]) => [name, side === "right"] as const);

/** The accuracies of all classifiers as bars. */
export function barsPicture(
  judged: readonly Judged[],
  frequent: number,
): NamedPicture {
  const bars = judged.map(({ way, start, scores }) => ({
    group: WAY_WORDS[way],
    name: START_WORDS[start],
    accuracy: scores.accuracy,
    interval: scores.interval,
  }));
  return {
    name: "accuracies",
    heading: "Accuracies",
    words:
      "Three starts, each in every way on the same held-out images. Lines are intervals of 95 %: with as few images as there are, the accuracy may as well lie anywhere on them.",
    alt: bars.map(({ group, name, accuracy }) =>
      `${group}, ${name}: ${percent(accuracy)}`
    ).join("; "),
    svg: accuracyBars({
      title: "Images named rightly",
      floor: frequent,
      floorName: "the most frequent class for everything",
    }, bars),
  };
}

/** The confusions of the best classifier of the trained encoder. */
export function confusionPicture(
  { way, scores }: Judged,
  names: readonly string[],
): NamedPicture {
  return {
    name: "confusion",
    heading: "What is taken for what",
    words: `By ${
      WAY_WORDS[way]
    } from the trained encoder, the best of its ways.`,
    alt:
      "Confusion matrix; the table below says how many of each class were found",
    svg: confusionPlot({
      title: `Named by ${WAY_WORDS[way]}`,
      names,
      counts: scores.confusion,
    }),
  };
}

/** Tables and pictures of the classifiers. */
function judgedParts(
  judged: readonly Judged[],
  names: readonly string[],
  frequent: number,
): PageContent["parts"] {
  const best = bestOf(judged);
  return best === undefined ? [] : [
    barsPicture(judged, frequent),
    {
      heading: "The same in numbers",
      words:
        "Balanced: the mean over classes, each counting alike however many images it has.",
      head: pageHead(ACCURACY_HEAD),
      rows: accuracyRows(judged),
    },
    confusionPicture(best, names),
    {
      heading: "Class by class",
      words: `By ${WAY_WORDS[best.way]} from the trained encoder.`,
      head: pageHead(CLASS_HEAD),
      rows: classRows(best, names),
    },
  ];
}

/**
 * Puts the page together.
 *
 * @param frequent Part of the images to judge by that are of the most frequent class.
 */
export function pageContent(
  { encoder, train, validation, unjudged, backend }: OpenedPictures,
  { feature, judged, pictures, untuned }: Gain,
  frequent: number,
): PageContent {
  const names = train.classNames ?? [];
  const after = encoder.steps === null
    ? ""
    : `, after step ${encoder.steps[0]} of ${encoder.steps[1]}`;
  return {
    title: "What did pre-training gain?",
    lead: [
      unjudged === null
        ? `Classifiers learn from ${train.length} images and are judged by ${validation.length} others, from three starts: the trained encoder, the same with its first weights, and plain pixels.`
        : `${unjudged}. The pictures below need no labels.`,
    ],
    gains: gainLines(judged),
    parts: [...judgedParts(judged, names, frequent), ...pictures],
    facts: [
      `Encoder: ${encoder.path}${after}`,
      `Images: ${unjudged === null ? train.summary : validation.summary}`,
      `Feature: ${
        describeFeature(feature)
      }; computed on ${backend.device.name}`,
      ...untuned === null ? [] : [untuned],
    ],
  };
}
