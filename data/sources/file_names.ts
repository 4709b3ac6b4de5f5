/**
 * Names of files and columns: images told from what is about images, and advice where
 * there is none.
 */
import { excerpt } from "../../core/mod.ts";
import { counted } from "../report/counts.ts";

const words = (all: string): RegExp =>
  new RegExp(`(^|[^a-z])(${all})s?($|[^a-z])`, "i");

const ABOUT_OTHERS = words(
  "mask|seg|segmentation|depth|normal|label|annotation|edge|canny|alpha|matte|" +
    "instance|semantic|disparity|flow|heatmap|sketch|scribble|pose|thumb|" +
    "thumbnail|trimap|target|gt|ground_truth|conditioning|conditioning_image",
);

const MAIN = words("image|img|rgb|input|photo|picture|original|colou?r");

/** A name with its words apart: `JPEGImages` is two of them. */
const wordsApart = (name: string): string =>
  name.replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2");

/**
 * Rank of a name as that of the image that its neighbours are about.
 *
 * @returns 2 for `image` and the like, 0 for masks, depth and what else is about
 * another image, 1 for all other names.
 */
export function imageRank(name: string): 0 | 1 | 2 {
  const apart = wordsApart(name);
  if (ABOUT_OTHERS.test(apart)) return 0;
  return MAIN.test(apart) ? 2 : 1;
}

const NOT_READ = "is not read; images in folders, .tar or .parquet are";
const NO_PICTURE = "wants to be converted to JPEG or PNG";

/** Files that hold images out of reach, by name, and what to do about it; surest first. */
const OUT_OF_REACH: readonly (readonly [RegExp, string])[] = [
  [
    /(^|\/)(data_batch_\d|test_batch|batches\.meta)$/,
    "CIFAR's batches for Python; its binary version is read: cifar-10-binary.tar.gz or cifar-100-binary.tar.gz",
  ],
  [
    /(^|\/)(data-\d+-of-\d+|[^/]+-(train|test|validation)(-\d+-of-\d+)?)\.arrow$/,
    'Arrow, as save_to_disk() writes it; Parquet is read: load_from_disk(folder)["train"].to_parquet("train.parquet")',
  ],
  [/\.(zip|tar|tgz|tar\.(gz|bz2|xz|zst)|7z|rar)$/i, "still packed"],
  [/\.(jpe?g|png|webp|tiff?|bmp|ppm)\.(gz|zst|xz|bz2)$/i, "still packed"],
  [
    /\.tfrecords?(-\d+-of-\d+)?(\.gz)?$|-\d{5}-of-\d{5}$/,
    `TFRecord ${NOT_READ}`,
  ],
  [/\.arrow$/i, `Arrow ${NOT_READ}`],
  [/\.np[yz]$/i, `a NumPy file ${NOT_READ}`],
  [/\.mat$/i, `a MATLAB file ${NOT_READ}`],
  [/\.(h5|hdf5)$/i, `HDF5 ${NOT_READ}`],
  [/\.(pkl|pickle|pt|pth)$/i, `a pickle ${NOT_READ}`],
  [/\.(mdb|lmdb)$/i, `LMDB ${NOT_READ}`],
  [/\.(rec|beton|lance|msgpack|mds(\.zstd)?)$/i, `this format ${NOT_READ}`],
  [
    /\.(heic|heif|jxl|jp2|j2k|svg|psd|exr|hdr|dng|cr[23w]|nef|arw|orf|raf|rw2|dcm|ico|tga)$/i,
    NO_PICTURE,
  ],
  [
    /\.(mp4|mov|avi|mkv|webm|mpe?g|m4v)$/i,
    "a video; its pictures want to be taken out",
  ],
];

/**
 * Message where no image is found: how many files, one of them by name, and what is
 * to be done where images are out of reach: unpack, convert, get another version.
 */
export function noImageAmong(
  names: readonly string[],
  count: number = names.length,
): string {
  for (const [mark, advice] of OUT_OF_REACH) {
    const example = names.find((name) => mark.test(name));
    if (example !== undefined) {
      return among(count, `${excerpt(example)}, ${advice}`);
    }
  }
  const [first] = names;
  return first === undefined ? "no file" : among(count, excerpt(first));
}

const among = (count: number, example: string): string =>
  `no image among ${counted(count, "file")} (${example})`;
