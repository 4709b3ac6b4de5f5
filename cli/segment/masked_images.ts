/** Images with masks: to learn from and to judge by. */
import {
  counted,
  FIGURE_LEVEL,
  type FigureKind,
  figureMasks,
  heldOutCount,
  heldOutImages,
  holdsFashionMnist,
  type ImageSource,
  openMasked,
} from "../../data/mod.ts";
import type { ImageChoice } from "../../train/mod.ts";
import { must, refuse } from "../command/command_failed.ts";
import { describeImages } from "../command/describe_errors.ts";
import { drawnImages } from "../images/images.ts";
import { imagesOfRun } from "../images/images_of_run.ts";
import { waitingFor } from "../output/progress_bar.ts";

/** Both parts. */
export interface MaskedImages {
  readonly train: ImageSource;
  readonly validation: ImageSource;
  /** Names of the classes, where the images say them. */
  readonly names: readonly string[] | null;
  /** Lines about them. */
  readonly words: readonly string[];
}

/** The embedded pictures, whose masks follow from their pixels. */
async function figures(
  choice: ImageChoice,
  kind: FigureKind,
): Promise<MaskedImages> {
  const images = await imagesOfRun({ ...choice, earlier: null });
  const { train, validation, validationSummary } = images;
  if (validation === null) {
    return refuse(`--data: judged by ${validationSummary}`);
  }
  const known = figureMasks(train, kind);
  return {
    train: known.source,
    validation: figureMasks(validation, kind).source,
    names: known.names,
    words: [
      `learns from: ${train.summary}`,
      `judged by: ${validationSummary}`,
      `masks: ${
        kind === "figure" ? "figure" : "the class of the picture"
      } from level ${FIGURE_LEVEL} of 255 on, else ground`,
    ],
  };
}

/** Keeps a share of the images away from learning. */
function heldOut(
  all: ImageSource,
  share: number | null,
): Pick<MaskedImages, "train" | "validation"> {
  const count = share === null
    ? heldOutCount(all.length)
    : Math.round(share * all.length);
  if (count < 1 || count >= all.length) {
    refuse(
      `--val-share: found ${share ?? "a fifth"} of ${
        counted(all.length, "image")
      } with masks, wanted images on both sides`,
    );
  }
  const parts = must(heldOutImages(all, count));
  return { train: parts.rest, validation: parts.share };
}

/** Images of files, with masks of files. */
async function ofFiles(
  data: string,
  masks: string | undefined,
  { valShare, limit, background }: ImageChoice,
): Promise<MaskedImages> {
  const parts = must(
    await waitingFor("opening the images", () => openMasked(data, masks)),
    describeImages,
  );
  const { validation: own } = parts;
  const isOwn = own !== null && valShare === null;
  const { train: all, validation } = isOwn
    ? { train: parts.train, validation: own }
    : heldOut(parts.train, valShare);
  const train = must(drawnImages(all, limit, "--limit"), describeImages);
  return {
    train: { ...train, background },
    validation: { ...validation, background },
    names: null,
    words: [
      `learns from: ${train.summary}`,
      `judged by: ${
        isOwn
          ? validation.summary
          : `${
            counted(validation.length, "other image")
          }, kept away from learning`
      }`,
    ],
  };
}

/** What says which masks are meant. */
interface MaskChoice {
  /** Folder of the masks. */
  readonly masks?: string;
  /** Kind of those that follow from pixels. */
  readonly figures?: FigureKind;
}

/**
 * Opens images with masks.
 *
 * @param choice The images.
 * @param stated What is stated of the masks.
 * @throws {CommandFailed} where there are none.
 */
export async function maskedImages(
  choice: ImageChoice,
  { masks, figures: kind }: MaskChoice,
): Promise<MaskedImages> {
  const { data } = choice;
  const isOfFiles = data !== null && !await holdsFashionMnist(data);
  const [flag, value] = isOfFiles ? ["figures", kind] : ["masks", masks];
  if (value !== undefined) {
    refuse(
      isOfFiles
        ? `--${flag}: found ${value}, wanted none with these images: their masks are files`
        : `--${flag}: found ${value}, wanted none with these images: their masks follow from their pixels`,
    );
  }
  return isOfFiles
    ? await ofFiles(data, masks, choice)
    : await figures(choice, kind ?? "figure");
}
