/** Loading of a run's images, and the file that lists those that could not be read. */
import { join } from "node:path";
import { printable, type Result, right } from "../../core/mod.ts";
import {
  type BadImage,
  type BadImages,
  badImages,
  counted,
  imageWorkers,
} from "../../data/mod.ts";
import {
  BAD_IMAGES_FILE,
  type Loading,
  readBadImages,
  type StepWords,
  type TrainError,
  writeBadImages,
} from "../../train/mod.ts";
import {
  choiceFlag,
  type FlagValues,
  under,
  workersFlag,
} from "../flags/flags.ts";

/** Flags of how images are loaded. */
export const LOADING_FLAGS = under("Images", {
  "on-bad-image": choiceFlag(
    ["skip", "fail"],
    "what is done about an image that cannot be read",
    { initial: "skip, up to 1 % of the images" },
  ),
  "workers": workersFlag("threads beside the main one that decode images"),
});

/** Loading of a run's images. */
export interface RunLoading extends Loading {
  readonly badImages: BadImages;
}

/** Loading as flags say. */
export function loadingFrom(
  images: number,
  { workers = 0, "on-bad-image": onBadImage }: FlagValues<typeof LOADING_FLAGS>,
): RunLoading {
  return {
    badImages: badImages(images),
    onBadImage,
    workers: workers === 0 ? undefined : imageWorkers(workers),
  };
}

/**
 * What ranks tell each other about images that they could not read: each notes those of
 * all, so that they count as they do for one process.
 */
export function badImageWords(badImages: BadImages): StepWords {
  let told = 0;
  return {
    tell: () => {
      const fresh = badImages.list().slice(told);
      told += fresh.length;
      return fresh.length === 0 ? "" : JSON.stringify(fresh);
    },
    hear: (words) => {
      const list: readonly BadImage[] = JSON.parse(words);
      const tooMany = list.map(badImages.note).find((error) => error !== null);
      return tooMany === undefined
        ? null
        : { _tag: "DataFailed", error: tooMany };
    },
  };
}

/** Writes down which images were skipped; gives what there is to say about it. */
async function writeList(
  folder: string,
  list: readonly BadImage[],
): Promise<Result<TrainError, string | null>> {
  const [first] = list;
  if (first === undefined) return right(null);
  const written = await writeBadImages(folder, list);
  return written._tag === "Left" ? written : right(
    printable(
      `images: ${
        counted(list.length, "image")
      } could not be read and gave way to others, the first ${first.image}: ${first.reason}; all in ${
        join(folder, BAD_IMAGES_FILE)
      }`,
    ),
  );
}

/** Keeps the list of a run up to date; gives what there is to say, `null` for nothing new. */
export type BadImagesKeeper = () => Promise<Result<TrainError, string | null>>;

/**
 * Keeps the images that a run could not read in its folder. Those of before a resume
 * are on the list from the beginning, so that they count.
 */
export async function badImagesKeeper(
  folder: string,
  badImages: BadImages,
): Promise<BadImagesKeeper> {
  (await readBadImages(folder)).forEach(badImages.note);
  let known = badImages.list().length;
  return async () => {
    const list = badImages.list();
    if (list.length === known) return right(null);
    const written = await writeList(folder, list);
    if (written._tag === "Right") known = list.length;
    return written;
  };
}
