/** Images and the PNG files beside them that say what their pixels show. */
import { left, printable, type Result, right } from "../../core/mod.ts";
import { decodeLevels } from "../decode/decode_levels.ts";
import { selectImages } from "../classes/select_images.ts";
import type { ImageSource } from "../image/image_source.ts";
import type { ImageMask } from "../image/raw_image.ts";
import { counted } from "../report/counts.ts";
import {
  badFolder,
  badImage,
  type DataError,
  reasonOf,
} from "../report/data_error.ts";
import { folderFault, someOf } from "../sources/folder/folder_content.ts";
import { imagesBelow } from "../sources/folder/images_below.ts";
import { contentOf, severalIn } from "../sources/opening/source_content.ts";
import {
  isCompanion,
  isContainer,
  splitFolders,
} from "../sources/opening/split_names.ts";
import { readImageFile } from "../sources/read_file.ts";

/** Images with masks: to learn from and, where folders tell them apart, to judge by. */
export interface MaskedParts {
  /** Images to learn from; all of them where nothing tells parts apart. */
  readonly train: ImageSource;
  /** Images to judge by, or `null`. */
  readonly validation: ImageSource | null;
}

/** Where pictures lie, and where their masks do: the same folder where they lie side by side. */
interface Places {
  readonly pictures: string;
  readonly masks: string;
}

/** What is wanted of a folder. */
const WANTED =
  "a PNG mask beside each image (photo.jpg and photo.png), or the folders images and annotations with the same names in them";

/** A path without the suffix of its file. */
const withoutSuffix = (path: string): string => path.replace(/\.[^./]*$/, "");

const isPng = (path: string): boolean => /\.png$/i.test(path);

/** A folder of pictures beside one of masks; else both are the folder itself. */
async function placesIn(path: string): Promise<Result<DataError, Places>> {
  const { imageFolders } = await contentOf(path);
  const masks = imageFolders.filter(isCompanion);
  const pictures = imageFolders.filter((name) =>
    isContainer(name) && !isCompanion(name)
  );
  const [ofMasks, ...otherMasks] = masks;
  const [ofPictures, ...others] = pictures;
  if (ofMasks === undefined || ofPictures === undefined) {
    return right({ pictures: path, masks: path });
  }
  if (otherMasks.length + others.length > 0) {
    return badFolder(
      path,
      `several folders of masks or of pictures (${
        someOf([...pictures, ...masks])
      })`,
      "one of each, or the folder of pictures and beside it the one of masks that is meant",
    );
  }
  return right({
    pictures: `${path}/${ofPictures}`,
    masks: `${path}/${ofMasks}`,
  });
}

/** Reads a mask. */
async function readMask(path: string): Promise<Result<DataError, ImageMask>> {
  try {
    const levels = decodeLevels(await readImageFile(path));
    return right({ ...levels, name: path });
  } catch (thrown) {
    return badImage(path, reasonOf(thrown));
  }
}

/** All names of the images of a source. */
const namesOf = (source: ImageSource): readonly string[] =>
  Array.from({ length: source.length }, (_, i) => source.imageName(i));

/** Numbers of pictures, for each the file of its mask or `null`. */
function pairsAmong(
  names: readonly string[],
  { pictures, masks }: Places,
  files: readonly string[],
): readonly { readonly index: number; readonly mask: string | null }[] {
  const stems = new Map(
    files.filter(isPng).map((file) => [withoutSuffix(file), file]),
  );
  const isBeside = pictures === masks;
  const pairs = names.map((name, index) => {
    const stem = masks + withoutSuffix(name).slice(pictures.length);
    const mask = stems.get(stem);
    return { index, mask: mask === undefined || mask === name ? null : mask };
  });
  if (!isBeside) return pairs;
  const used = new Set(pairs.map(({ mask }) => mask));
  return pairs.filter(({ index }) => !used.has(names[index] ?? ""));
}

/** The pictures of a folder that have a mask; others are counted and named in the summary. */
async function maskedImages(
  places: Places,
): Promise<Result<DataError, ImageSource>> {
  const found = await imagesBelow(places.pictures);
  if (found._tag === "Left") return found;
  const masks = places.pictures === places.masks
    ? found
    : await imagesBelow(places.masks);
  if (masks._tag === "Left") return masks;
  const names = namesOf(found.right);
  const pairs = pairsAmong(names, places, namesOf(masks.right));
  const paired = pairs.filter(({ mask }) => mask !== null);
  const unpaired = pairs.filter(({ mask }) => mask === null);
  const leftOut = unpaired.map(({ index }) => names[index] ?? "");
  if (paired.length === 0) {
    return badFolder(
      places.pictures,
      `${counted(unpaired.length, "image")} and no mask of any (${
        someOf(leftOut)
      })`,
      WANTED,
    );
  }
  const indices = Int32Array.from(paired, ({ index }) => index);
  const lacking = leftOut.length === 0
    ? ""
    : `; ${leftOut.length} without a mask left out, ${someOf(leftOut)}`;
  return right({
    ...selectImages(found.right, indices),
    summary: printable(
      `${counted(paired.length, "image")} with masks${lacking}`,
    ),
    classNames: null,
    mask: (index) => readMask(paired[index]?.mask ?? ""),
  });
}

/** The places of a part: both folders further in, or found anew where there was one. */
const placesOfPart = (
  { pictures, masks }: Places,
  name: string,
): Promise<Result<DataError, Places>> =>
  pictures === masks ? placesIn(`${pictures}/${name}`) : Promise.resolve(
    right({ pictures: `${pictures}/${name}`, masks: `${masks}/${name}` }),
  );

async function maskedPart(
  places: Places,
  name: string,
): Promise<Result<DataError, ImageSource>> {
  const part = await placesOfPart(places, name);
  return part._tag === "Left" ? part : await maskedImages(part.right);
}

async function partsIn(
  places: Places,
): Promise<Result<DataError, MaskedParts>> {
  const { imageFolders } = await contentOf(places.pictures);
  const parts = splitFolders(imageFolders);
  if (parts === "several") return severalIn(places.pictures, imageFolders);
  const train = parts === null
    ? await maskedImages(places)
    : await maskedPart(places, parts.train);
  const [held] = parts?.validation ?? [];
  if (train._tag === "Left") return train;
  if (held === undefined) {
    return right({ train: train.right, validation: null });
  }
  const validation = await maskedPart(places, held);
  return validation._tag === "Left"
    ? validation
    : right({ train: train.right, validation: validation.right });
}

/**
 * Opens images with masks: PNG files whose grey levels or numbers of palette colours say
 * what each pixel shows.
 *
 * - Side by side: `photo.jpg` and its mask `photo.png`, at any depth. A PNG file is the mask
 *   of an image of the same name, or an image where there is none.
 * - In folders of their own: `images/training/1.jpg` and `annotations/training/1.png`, as in
 *   ADE20K; `images` may have the other usual names (`JPEGImages`, `photos`), `annotations`
 *   too (`masks`, `labels`, `SegmentationClass`).
 *
 * Folders of parts (`training` and `validation` in any usual writing) are taken as such,
 * within or around these.
 * Images without a mask are left out, which the summary says with their names.
 *
 * @param path Path of the folder.
 * @param masks Folder of the masks, where it is not found so; it has the inner folders of
 * `path`.
 * @returns The parts, or what is wrong: no such folder, no image, none with a mask, several
 * folders that may be meant.
 */
export async function openMasked(
  path: string,
  masks?: string,
): Promise<Result<DataError, MaskedParts>> {
  try {
    const places = masks === undefined
      ? await placesIn(path)
      : right({ pictures: path, masks });
    return places._tag === "Left" ? places : await partsIn(places.right);
  } catch (thrown) {
    return left(folderFault(thrown, path, "a folder of images and masks"));
  }
}
