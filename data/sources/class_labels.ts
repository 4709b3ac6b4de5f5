/**
 * Classes of images, whatever their labels are stored as.
 *
 * A label that is missing, negative or none of the classes belongs to an image
 * without a label: such images are counted and can be trained on where no class
 * is needed. Labels that are no classes at all, such as lists, leave all images
 * without one, and the reason is kept for those who need classes.
 */
import { excerpt } from "../../core/mod.ts";
import { Tally } from "../report/counts.ts";

/**
 * Names of columns and fields that hold a class; the first one that is there is
 * taken.
 */
export const LABEL_FIELDS: readonly string[] = [
  "label",
  "labels",
  "fine_label",
  "cls",
  "class",
  "class_id",
  "class_label",
  "class_name",
  "target",
  "category",
];

/** The labels of some images of a source, those of one file for example. */
export interface StoredLabels {
  /** Stored label of each image: a number, a text, nothing, … */
  readonly values: readonly unknown[];
  /** Names of the classes by number, if a file states them. */
  readonly names: readonly string[] | null;
}

/** Classes of the images of a source. */
export interface ClassLabels {
  /** Names of the classes by label; `null` where no image has a label. */
  readonly classNames: readonly string[] | null;
  /** Position in `classNames` of each image; −1 for one without a label. */
  readonly labels: Int32Array;
  /** Images without a label and why, and classes without an image, in words. */
  readonly notes: readonly string[];
  /** Fault of labels that are there; `null` if they can be used, or none is there. */
  readonly fault: string | null;
}

/** A class by its number or name, no label and why, or what is no class at all. */
type Parsed =
  | { readonly _tag: "Number"; readonly text: string }
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "None"; readonly kind: string }
  | { readonly _tag: "NoClass"; readonly found: string };

const NONE: Parsed = { _tag: "None", kind: "with no label" };

const strict = new TextDecoder("utf-8", { fatal: true });

function parsedText(stored: string): Parsed {
  const text = stored.trim();
  if (text === "") return NONE;
  if (/^-\d+$/.test(text)) {
    return { _tag: "None", kind: `with the label ${text}` };
  }
  if (/^\d+$/.test(text)) {
    return { _tag: "Number", text: text.replace(/^0+(?=\d)/, "") };
  }
  return { _tag: "Text", text };
}

function parsedBytes(bytes: Uint8Array): Parsed {
  try {
    return parsedText(strict.decode(bytes));
  } catch {
    return { _tag: "None", kind: "with a label that is no text" };
  }
}

function parsed(value: unknown): Parsed {
  switch (typeof value) {
    case "string":
      return parsedText(value);
    case "bigint":
      return parsedText(String(value));
    case "boolean":
      return { _tag: "Text", text: String(value) };
    case "number":
      if (Number.isNaN(value)) return NONE;
      return Number.isSafeInteger(value)
        ? parsedText(String(value))
        : { _tag: "NoClass", found: `the number ${value}` };
    default:
      if (value === null || value === undefined) return NONE;
      if (value instanceof Uint8Array) return parsedBytes(value);
      return {
        _tag: "NoClass",
        found: Array.isArray(value) ? "a list of labels" : "a record",
      };
  }
}

/** Parses values, equal ones once: a million labels are of a thousand classes. */
function parser(): (value: unknown) => Parsed {
  const known = new Map<unknown, Parsed>();
  return (value) => {
    if (typeof value === "object") return parsed(value);
    const label = known.get(value) ?? parsed(value);
    known.set(value, label);
    return label;
  };
}

/** All numbers up to the largest, where most of them occur; else what occurs, in order. */
function namesFrom(texts: ReadonlySet<string>): readonly string[] {
  const all = [...texts].sort((a, b) => a < b ? -1 : 1);
  if (!all.every((text) => /^\d+$/.test(text))) return all;
  const numbers = all.sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  const count = Number(numbers.at(-1) ?? -1) + 1;
  return count <= 2 * numbers.length
    ? Array.from({ length: count }, (_, i) => String(i))
    : numbers;
}

/** Names of all files: those of the first one that tells them, then others. */
function joinedNames(
  parts: readonly StoredLabels[],
): readonly string[] | null {
  const lists = parts.flatMap(({ names }) => names === null ? [] : [names]);
  const [first] = lists;
  if (first === undefined) return null;
  const known = new Set(first);
  return [
    ...first,
    ...new Set(lists.flat().filter((name) => !known.has(name))),
  ];
}

/** Position of a label among the names of all files, or why it has none. */
function placeAmong(
  all: readonly string[],
  own: readonly string[] | null,
): (label: Parsed) => number | string {
  const places = new Map(all.map((name, i) => [name, i] as const).reverse());
  const mine = own ?? all;
  // Two classes may have the same name if names are those of all.
  const isPrefix = mine.every((name, i) => name === all[i]);
  return (label) => {
    if (label._tag === "None") return label.kind;
    if (label._tag === "NoClass") return label.found;
    const { _tag, text } = label;
    const known = places.get(text);
    if (_tag === "Text" || own === null && known !== undefined) {
      return known ?? `with ${excerpt(JSON.stringify(text))}, no class`;
    }
    const number = Number(text);
    const name = mine[number];
    if (name === undefined) return `with class ${text} of ${mine.length}`;
    return isPrefix ? number : places.get(name) ?? -1;
  };
}

/** Classes that no image is of. */
function vacantNote(
  names: readonly string[],
  labels: Int32Array,
): string | null {
  const met = new Set(labels);
  const vacant = names.filter((_, i) => !met.has(i));
  const count = `${vacant.length} of ${names.length} classes`;
  return vacant.length === 0
    ? null
    : `${count} without an image (${vacant[0]})`;
}

const without = (
  length: number,
  fault: string | null,
): ClassLabels => ({
  classNames: null,
  labels: new Int32Array(length).fill(-1),
  notes: [],
  fault,
});

/**
 * Classes of images by their stored labels.
 *
 * Numbers are positions in the names, where names are told; else they are names
 * themselves, all from 0 on where at least half of them occur and those that occur
 * where not. Texts are names; where none are told those that occur are the classes,
 * sorted. A number of no name, a text that is no name, a negative number and nothing
 * at all are no labels.
 *
 * @param parts Labels of each file of the source, in the order of its images.
 */
export function classLabels(
  parts: readonly StoredLabels[],
  imageName: (index: number) => string,
): ClassLabels {
  const parse = parser();
  const labels = parts.map(({ values }) => values.map((value) => parse(value)));
  const every = labels.flat();
  const odd = every.findIndex(({ _tag }) => _tag === "NoClass");
  const noClass = every[odd];
  if (noClass?._tag === "NoClass") {
    const fault = `${noClass.found} stands at ${imageName(odd)}`;
    return without(every.length, fault);
  }
  const texts = new Set(
    every.flatMap((label) => "text" in label ? [label.text] : []),
  );
  const all = joinedNames(parts) ?? namesFrom(texts);
  const places = labels.flatMap((own, i) =>
    own.map(placeAmong(all, parts[i]?.names ?? null))
  );
  const missing = new Tally();
  places.forEach((place, i) => {
    if (typeof place === "string") missing.add(place, imageName(i));
  });
  if (places.every((place) => typeof place === "string")) {
    const isThere = every.some((label) => label !== NONE);
    return without(every.length, isThere ? missing.words : null);
  }
  const found = Int32Array.from(
    places,
    (place) => typeof place === "string" ? -1 : place,
  );
  const vacant = vacantNote(all, found);
  return {
    classNames: all,
    labels: found,
    notes: [
      ...missing.isEmpty ? [] : [`without a class: ${missing.words}`],
      ...vacant === null ? [] : [vacant],
    ],
    fault: null,
  };
}

/** Class of an image by its index; `null` for one without a label. */
export const labelAt =
  ({ labels }: ClassLabels) => (index: number): number | null => {
    const label = labels[index] ?? -1;
    return label < 0 ? null : label;
  };

/**
 * Number of classes, for a summary.
 *
 * @returns `" in 3 classes"`; empty if there are none.
 */
export function inClasses(classNames: readonly string[] | null): string {
  if (classNames === null) return "";
  const { length } = classNames;
  return length === 1 ? " in 1 class" : ` in ${length} classes`;
}
