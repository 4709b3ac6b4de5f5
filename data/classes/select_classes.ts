/** Some classes of a source. */
import { disk } from "../resources/disk.ts";
import {
  type Fault,
  left,
  nearestHint,
  type Result,
  right,
} from "../../core/mod.ts";
import { counted } from "../report/counts.ts";
import { CLASS_SUBSETS, type SubsetName } from "./class_subsets.ts";
import { type DataError, reasonOf } from "../report/data_error.ts";
import type { ImageSource } from "../image/image_source.ts";
import { selectImages } from "./select_images.ts";

const isSubset = (name: string): name is SubsetName =>
  Object.hasOwn(CLASS_SUBSETS, name);

const refused = (found: unknown, wanted: string): Result<DataError, never> =>
  left({
    _tag: "BadOptions",
    faults: [{ _tag: "Inconsistent", path: "classes", found, wanted }],
  });

/** One word that names a file rather than a class. */
const MEANS_FILE = /^(\.{0,2}\/[^,]*|[^,]*\.(txt|csv|json))$/i;

/** Names one a line; a line that begins with `#` says nothing. */
const linesOf = (text: string): readonly string[] =>
  text.split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));

/**
 * Names of classes as a user gives them: `in-5`, `in-10`, `in-25` or `in-100` for
 * the classes of the thesis, a list with commas, or a file with a name on each
 * line (`#` begins a comment). A name without a comma is a file if there is one.
 *
 * @param text Text of the user.
 * @returns The names, or what is wrong.
 *
 * @example By name and by list
 * ```ts
 * import { classNamesFrom } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const small = await classNamesFrom("IN-5");
 * deepStrictEqual(small._tag === "Right" && small.right.length, 5);
 * const list = await classNamesFrom("cat, dog");
 * deepStrictEqual(list._tag === "Right" && list.right, ["cat", "dog"]);
 * ```
 */
export async function classNamesFrom(
  text: string,
): Promise<Result<DataError, readonly string[]>> {
  const name = text.trim().toLowerCase();
  if (isSubset(name)) return right(CLASS_SUBSETS[name]);
  const isFile = !text.includes(",") &&
    await disk.stat(text).then((file) => file.isFile, () => false);
  if (!isFile && MEANS_FILE.test(text)) {
    return refused(text, "a file with a name on each line; there is none");
  }
  try {
    const names = isFile
      ? linesOf(await disk.readTextFile(text))
      : text.split(",").map((part) => part.trim()).filter(Boolean);
    return names.length > 0 ? right(names) : refused(text, "names of classes");
  } catch (error) {
    return refused(text, `a file that can be read (${reasonOf(error)})`);
  }
}

/** A name that the source does not have, and the one that may be meant. */
const unknownFault = (found: string, known: readonly string[]): Fault => ({
  _tag: "Inconsistent",
  path: "classes",
  found,
  wanted: `a class of the source${nearestHint(found, known)}`,
});

/** As many names as fit into a message. */
const someOf = (names: readonly string[]): string =>
  names.slice(0, 3).join(", ") + (names.length > 3 ? ", …" : "");

/** Message where not one name is known, instead of the same of each. */
const noneKnown = (
  names: readonly string[],
  known: readonly string[],
): Result<DataError, never> =>
  refused(
    `${names.length} names that the source does not have (${someOf(names)})`,
    `some of its ${known.length} classes (${someOf(known)})`,
  );

const twiceFault = (found: string): Fault => ({
  _tag: "Inconsistent",
  path: "classes",
  found: `${found} twice`,
  wanted: "each class once",
});

/**
 * The images of some classes of a source, in its order. Classes keep their order
 * too and are renumbered, as if the folders of the others were not there.
 *
 * @param source All images, with labels.
 * @param names Names of the classes to keep, in any order, each once.
 * @returns A source of these classes; or every name that the source does not have
 * or that is given twice, in one fault where it has none of several.
 *
 * @example Shoes
 * ```ts
 * import { embeddedFashionMnist, selectClasses } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const all = await embeddedFashionMnist();
 * if (all._tag === "Right") {
 *   const shoes = selectClasses(all.right, ["Sneaker", "Sandal", "Ankle boot"]);
 *   deepStrictEqual(shoes._tag === "Right" && shoes.right.length, 3000);
 *   deepStrictEqual(shoes._tag === "Right" && shoes.right.classNames, [
 *     "Sandal", "Sneaker", "Ankle boot",
 *   ]);
 * }
 * ```
 */
export function selectClasses(
  source: ImageSource,
  names: readonly string[],
): Result<DataError, ImageSource> {
  const { classNames: known } = source;
  if (known === null) return refused(names, "images with classes");
  if (names.length > 1 && !names.some((name) => known.includes(name))) {
    return noneKnown(names, known);
  }
  const [first, ...rest] = names.flatMap((name, i) =>
    !known.includes(name)
      ? [unknownFault(name, known)]
      : names.indexOf(name) < i
      ? [twiceFault(name)]
      : []
  );
  if (first !== undefined) {
    return left({ _tag: "BadOptions", faults: [first, ...rest] });
  }
  const wanted = new Set(names);
  const kept = known.filter((name) => wanted.has(name));
  const newNumbers = known.map((name) => kept.indexOf(name));
  const labelOf = (index: number): number =>
    newNumbers[source.label(index) ?? -1] ?? -1;
  const indices = Int32Array.from(
    Array.from({ length: source.length }, (_, i) => i)
      .filter((index) => labelOf(index) >= 0),
  );
  if (indices.length === 0) return refused(names, "classes with images");
  const part = selectImages(source, indices);
  return right({
    ...part,
    summary: `${counted(indices.length, "image")} of ${
      counted(kept.length, "class")
    } of ${source.summary}`,
    classNames: kept,
    label: (index) => labelOf(indices[index] ?? -1),
  });
}

/** Validation images, with the classes of the training images. */
export interface ValidationClasses {
  /** The images whose classes are in the training set, with their labels there. */
  readonly source: ImageSource;
  /** Names of classes that only the training images have. */
  readonly onlyLearned: readonly string[];
  /** Names of classes that only the validation images have; their images are dropped. */
  readonly onlyValidation: readonly string[];
}

/** Indices and labels of the images whose class is known elsewhere. */
function relabelled(
  { length, label }: ImageSource,
  newNumbers: readonly number[],
): readonly (readonly [index: number, label: number])[] {
  const all = Array.from(
    { length },
    (_, index) => [index, newNumbers[label(index) ?? -1] ?? -1] as const,
  );
  return all.filter(([, label]) => label >= 0);
}

/**
 * Validation images with the labels of the training images: classes are the
 * same by their names, whatever their numbers.
 *
 * @returns Those of the classes that both have; `null` if they have less than two
 * classes in common.
 */
export function withClassesOf(
  learned: ImageSource,
  validation: ImageSource,
): ValidationClasses | null {
  const [known, own] = [learned.classNames, validation.classNames];
  if (known === null || own === null) return null;
  const newNumbers = own.map((name) => known.indexOf(name));
  const kept = relabelled(validation, newNumbers);
  const labels = new Set(kept.map(([, label]) => label));
  if (labels.size < 2) return null;
  const indices = Int32Array.from(kept, ([index]) => index);
  const part = kept.length === validation.length
    ? validation
    : selectImages(validation, indices);
  const seen = new Set(learnedLabels(learned));
  return {
    source: {
      ...part,
      classNames: known,
      label: (index) => kept[index]?.[1] ?? null,
    },
    onlyLearned: known.filter((_, c) => seen.has(c) && !labels.has(c)),
    onlyValidation: own.filter((_, c) => newNumbers[c] === -1),
  };
}

const learnedLabels = ({ length, label }: ImageSource) =>
  Array.from({ length }, (_, index) => label(index));
