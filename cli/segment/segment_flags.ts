/** Flags of segmentation by a linear probe of patch tokens. */
import { left, right } from "../../core/mod.ts";
import { FIGURE_LEVEL } from "../../data/mod.ts";
import { FEATURE_FLAGS } from "../evaluate/features.ts";
import { EVALUATION_FLAGS } from "../evaluate/open_evaluation.ts";
import {
  choiceFlag,
  type Flag,
  type FlagValues,
  textFlag,
  under,
  wholeFlag,
} from "../flags/flags.ts";

const {
  classes: _classes,
  distributed: _distributed,
  "rank-timeout": _timeout,
  ...EVALUATION
} = EVALUATION_FLAGS;

/** Patches to learn from at most, where nothing is said. */
export const MOST_PATCHES = 50_000;

/** Numbers of pixels that do not count, where nothing is said. */
export const IGNORED: readonly number[] = [255];

/** Classes of pixels: how many, or their names. */
export type PixelClasses = number | readonly string[];

const isLevel = (value: number): boolean =>
  Number.isInteger(value) && value >= 0 && value <= 255;

const CLASSES: Flag<PixelClasses> = {
  metavar: "N|NAMES",
  help:
    "classes of the numbers from 0 to N − 1, or of the names A,B,… in this order; a mask with another number is refused",
  initial: "the numbers that occur in the masks",
  parse: (text) => {
    const names = text.split(",").map((name) => name.trim());
    const count = Number(text);
    if (Number.isNaN(count) && names.length > 1 && names.every(Boolean)) {
      return right(names);
    }
    return Number.isInteger(count) && count >= 2 && count <= 256
      ? right(count)
      : left("a whole number from 2 to 256, or at least two names A,B,…");
  },
};

const IGNORE: Flag<readonly number[]> = {
  metavar: "NUMBERS",
  help:
    "numbers of pixels that are neither learned from nor judged: A,B,… or none; 0,255 suits ADE20K, whose 0 is what nobody named",
  initial: IGNORED.join(","),
  parse: (text) => {
    const numbers = text === "none" ? [] : text.split(",").map(Number);
    const areLevels = numbers.every(isLevel) && !/(^|,)\s*(,|$)/.test(text);
    return areLevels
      ? right(numbers)
      : left("whole numbers from 0 to 255, separated by commas, or none");
  },
};

/** All flags of the command. */
export const SEGMENT_FLAGS = {
  ...EVALUATION,
  "data": {
    ...EVALUATION.data,
    help:
      "images with PNG masks: photo.jpg and photo.png side by side, or the folders images and annotations, each with training and validation or not",
    initial:
      `the images of the encoder's run, else the embedded Fashion-MNIST ones; theirs are figure from level ${FIGURE_LEVEL} of 255 on, else ground`,
  },
  ...under("Images", {
    "masks": textFlag("DIR", "folder of the masks, with the names of --data", {
      initial: "found beside the images",
    }),
    "figures": choiceFlag(
      ["figure", "class"],
      "what bright pixels of the embedded pictures are: figure in all of them, or the class of their picture",
      { initial: "figure" },
    ),
    "classes": CLASSES,
    "ignore": IGNORE,
  }),
  ...under("Features", {
    "taps": FEATURE_FLAGS.taps,
    "patches": wholeFlag(
      2,
      "patches to learn from, drawn from all that have a class; 400 bytes each for every hundred numbers of a feature",
      { initial: `at most ${MOST_PATCHES}` },
    ),
  }),
  ...under("Output", {
    "output-dir": textFlag(
      "DIR",
      "folder for segmentation.html, segmentation.json and the pictures",
      { initial: "segmentation in the encoder's run, else here" },
    ),
  }),
} as const;

/** Values of these flags. */
export type SegmentValues = FlagValues<typeof SEGMENT_FLAGS>;
