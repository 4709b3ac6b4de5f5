/** The page of a segmentation. */
import { thousands } from "../output/words.ts";
import type { NamedPicture } from "../gain/named_picture.ts";
import type { PageContent } from "../gain/page.ts";
import { pageHead } from "../gain/page_content.ts";
import type { Baselines } from "./baselines.ts";
import {
  baselineLines,
  classHead,
  classRows,
  type Finding,
  type Gain,
  gainLine,
  START_HEAD,
  startRows,
} from "./findings.ts";
import type { OpenedMasks } from "./opened_masks.ts";

/** Puts the page together. */
export function segmentPage(
  { encoder, train, validation, table, backend }: OpenedMasks,
  found: readonly Finding[],
  gains: readonly Gain[],
  baselines: Baselines,
  sheet: NamedPicture,
): PageContent {
  const patches = found[0]?.own.patches ?? 0;
  return {
    title: "What is where?",
    lead: [
      `A linear layer learns the classes of ${thousands(patches)} patches of ${
        thousands(train.length)
      } images, and is judged by the pixels of ${
        thousands(validation.length)
      } others, from three starts: the trained encoder, the same with its first weights, and the plain pixels of a patch.`,
    ],
    gains: [gainLine(gains), ...baselineLines(baselines, table.names)],
    parts: [
      sheet,
      {
        heading: "Overlap",
        words:
          "Intersection over union of what is and what is named, as a mean over the classes that occur. Intervals of 95 % are those of other images of the same kind (bootstrap).",
        head: pageHead(START_HEAD),
        rows: startRows(found),
      },
      {
        heading: "Class by class",
        words: "Intersection over union, %.",
        head: pageHead(classHead(found)),
        rows: classRows(found, table.names),
      },
    ],
    facts: [
      `Encoder: ${encoder.path}`,
      `Images: ${train.summary}`,
      `Computed on ${backend.device.name}`,
    ],
  };
}
