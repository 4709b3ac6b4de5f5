/**
 * Samples of an archive: files that belong together by the names of WebDataset.
 *
 * Files with the same name up to the first dot are a sample: an image and its
 * class, and whatever else there is. Where names have dots of their own
 * (`IMG.2023.05.01.jpg`, `photo_v1.3.jpg`), the last dot counts. Of several images
 * of a sample one is taken; masks, depth and the like only where nothing else is.
 */
import { IMAGE_SUFFIXES } from "../../image/image_format.ts";
import { imageRank } from "../file_names.ts";
import { LABEL_FIELDS } from "../class_labels.ts";
import type { Tally } from "../../report/counts.ts";
import type { TarEntry } from "./tar_index.ts";

/** An image of an archive, and the files that may tell its class. */
export interface TarSample {
  /** The image. */
  readonly image: TarEntry;
  /** A file that holds nothing but its class, if there is one. */
  readonly classFile: TarEntry | null;
  /** A JSON file about it, if there is one. */
  readonly json: TarEntry | null;
}

/** A file of an archive by the parts of its name. */
interface Member {
  readonly entry: TarEntry;
  /** Name up to the first dot behind the last slash: that of the group. */
  readonly key: string;
  /** Name up to the last dot. */
  readonly stem: string;
  /** The part between these dots, in small letters; empty if they are one. */
  readonly middle: string;
  /** The part behind the last dot, in small letters. */
  readonly suffix: string;
}

/** Files that systems and programs leave behind; none of them is a person's. */
const LITTER: readonly (readonly [RegExp, string])[] = [
  [/(^|\/)(\._[^/]*$|__MACOSX\/)/, "files of macOS"],
  [/(^|\/)(PaxHeaders?|GNUSparseFile)(\.\d+)?\//, "notes of the archiver"],
  [/(^|\/)(\.[^./][^/]*$|@eaDir\/)/, "hidden files"],
];

const LABEL_SUFFIX = new RegExp(
  `\\.(${LABEL_FIELDS.join("|")})(\\.txt)?$`,
  "i",
);

const isAboutOthers = (middle: string): boolean => imageRank(middle) === 0;

const isImage = ({ suffix }: Member): boolean =>
  IMAGE_SUFFIXES.includes(suffix);

function memberOf(entry: TarEntry): Member {
  const { name } = entry;
  const first = name.indexOf(".", name.lastIndexOf("/") + 1);
  if (first < 0) {
    return { entry, key: name, stem: name, middle: "", suffix: "" };
  }
  const last = name.lastIndexOf(".");
  return {
    entry,
    key: name.slice(0, first),
    stem: name.slice(0, last),
    middle: name.slice(first + 1, last).toLowerCase(),
    suffix: name.slice(last + 1).toLowerCase(),
  };
}

/** Files by their names up to the first dot, in the order of their first ones. */
function groupsOf(
  entries: readonly TarEntry[],
  skipped: Tally,
): Iterable<readonly [string, readonly Member[]]> {
  const members = entries.flatMap((entry) => {
    const litter = LITTER.find(([pattern]) => pattern.test(entry.name));
    if (litter === undefined) return [memberOf(entry)];
    skipped.add(litter[1], entry.name);
    return [];
  });
  return Map.groupBy(members, ({ key }) => key);
}

/** Of several images the one that a sample is about. */
function mainImage(images: readonly Member[]): Member | undefined {
  const rank = ({ middle, suffix }: Member): number =>
    IMAGE_SUFFIXES.indexOf(suffix) -
    IMAGE_SUFFIXES.length * (middle === "" ? 2 : imageRank(middle));
  return [...images].sort((a, b) =>
    rank(a) - rank(b) || (a.middle < b.middle ? -1 : 1)
  )[0];
}

/** Descriptions of the images of a group, by the names of those. */
interface Companions {
  readonly classFiles: ReadonlyMap<string, TarEntry>;
  readonly jsons: ReadonlyMap<string, TarEntry>;
  /** Names that anything is there for. */
  readonly stems: ReadonlySet<string>;
}

function companionsOf(others: readonly Member[]): Companions {
  const classFiles = new Map<string, TarEntry>();
  const jsons = new Map<string, TarEntry>();
  for (const { entry, stem, suffix } of others) {
    const label = LABEL_SUFFIX.exec(entry.name);
    if (label !== null) classFiles.set(entry.name.slice(0, label.index), entry);
    else if (suffix === "json") jsons.set(stem, entry);
  }
  const stems = others.map(({ stem }) => stem);
  return {
    classFiles,
    jsons,
    stems: new Set([...stems, ...classFiles.keys()]),
  };
}

/** Images of a group by the name of their sample: that of the group or their own. */
function imagesBySample(
  key: string,
  images: readonly Member[],
  stems: ReadonlySet<string>,
): ReadonlyMap<string, readonly Member[]> {
  // A file without further dots says that the group is one sample.
  const isSample = stems.has(key) ||
    images.some(({ middle }) => middle === "");
  return Map.groupBy(images, ({ stem, middle }) => {
    if (middle === "" || isAboutOthers(middle)) return key;
    const isNamed = /^[\d._-]+$/.test(middle) || stems.has(stem);
    return isNamed || !isSample ? stem : key;
  });
}

/** Images of a sample that are not the one it is about. */
function countFurther(
  images: readonly Member[],
  main: Member,
  skipped: Tally,
): void {
  const ending = ({ middle, suffix }: Member): string =>
    middle === "" ? `.${suffix}` : `.${middle}.${suffix}`;
  const isPart = (image: Member): boolean => image.stem !== main.stem;
  for (const image of images) {
    if (image === main) continue;
    const kind = isPart(image)
      ? `${ending(image)} beside ${ending(main)}`
      : `.${image.suffix} beside .${main.suffix}`;
    skipped.add(kind, image.entry.name);
  }
}

/** The samples of a group; what of it is not used is counted. */
function samplesOfGroup(
  key: string,
  members: readonly Member[],
  skipped: Tally,
): readonly TarSample[] {
  const others = members.filter((file) => !isImage(file));
  const { classFiles, jsons, ...companions } = companionsOf(others);
  const bySample = imagesBySample(
    key,
    members.filter(isImage),
    companions.stems,
  );
  const used = new Set<TarEntry>();
  const samples = [...bySample].flatMap(([name, images]) => {
    const main = mainImage(images);
    if (main === undefined) return [];
    // Masks alone are no sample where they belong to images of longer names.
    const isAside = name === key && bySample.size > 1 &&
      images.every(({ middle }) => isAboutOthers(middle));
    if (isAside) {
      for (const { entry } of images) {
        skipped.add("about other images", entry.name);
      }
      return [];
    }
    countFurther(images, main, skipped);
    const classFile = classFiles.get(main.stem) ?? classFiles.get(key) ?? null;
    const json = jsons.get(main.stem) ?? jsons.get(key) ?? null;
    if (classFile !== null) used.add(classFile);
    if (json !== null) used.add(json);
    return [{ image: main.entry, classFile, json }];
  });
  for (const { entry, suffix } of others) {
    if (used.has(entry)) continue;
    skipped.add(suffix === "" ? "without a suffix" : `.${suffix}`, entry.name);
  }
  return samples;
}

/** The folder of a file and its name there, up to the last dot. */
function placeOf(
  name: string,
): { readonly folder: string; readonly own: string } {
  const [folder = "", file = ""] = name.split("/").slice(-2);
  const base = name.includes("/") ? file : folder;
  return {
    folder: name.includes("/") ? folder : "",
    own: base.slice(0, base.lastIndexOf(".")),
  };
}

/** Samples without those of `masks/1.png` and the like beside `images/1.jpg`. */
function withoutAside(
  samples: readonly TarSample[],
  skipped: Tally,
): readonly TarSample[] {
  const places = samples.map(({ image: { name } }) => placeOf(name));
  const main = new Set(
    places.filter(({ folder }) => imageRank(folder) === 2)
      .map(({ own }) => own),
  );
  return main.size === 0 ? samples : samples.filter(({ image }, i) => {
    const { folder = "", own = "" } = places[i] ?? {};
    const isAside = imageRank(folder) === 0 && main.has(own);
    if (isAside) skipped.add("about other images", image.name);
    return !isAside;
  });
}

/**
 * Samples of an archive in the order of their first files.
 *
 * @param skipped Count of the files that are no part of a sample.
 */
export function tarSamples(
  entries: readonly TarEntry[],
  skipped: Tally,
): readonly TarSample[] {
  const samples = [...groupsOf(entries, skipped)]
    .flatMap(([key, members]) => samplesOfGroup(key, members, skipped));
  return withoutAside(samples, skipped);
}
