/** Faults in the words of the command line. */
import type { Fault, Faults } from "../../core/mod.ts";
import type { FlagTable } from "./flags.ts";

/** Names of fields on the command line of a command. */
export interface FieldNames {
  /** The flag that sets a field, by its path or, alone, the last part of it; `undefined` if none does. */
  readonly flagOf: (path: string) => string | undefined;
  readonly inSentence: (sentence: string) => string;
  /** Faults with flags in place of fields. */
  readonly named: (faults: Faults) => Faults;
}

/** Names of fields in a sentence: those with a capital letter, and all that stand alone in brackets. */
const MENTIONED = /\b[a-z]+[A-Z]\w*|(?<=\()[a-z]+(?=\))/g;

/** Name of the number of samples: no flag sets it, but where a plan is made without images. */
const IMAGES_OF_EPOCH = "images to learn from";

const lastPart = (path: string): string =>
  path.slice(path.lastIndexOf(".") + 1);

/**
 * Names of fields by the flags that set them. Smaller configurations have the
 * same fields at other places, so that the last part of a path is a name, too; but a
 * choice has no range, and its name no place in a sentence.
 */
export function fieldNames(table: FlagTable): FieldNames {
  const placed = Object.entries(table).flatMap(([name, { at, isChoice }]) =>
    at === undefined ? [] : [{ at, flag: `--${name}`, isChoice }]
  );
  const ofField = new Map(placed.map(({ at, flag }) => [at, flag]));
  const ofName = new Map(
    placed.filter(({ at, isChoice }) => !isChoice && !/\d$/.test(at))
      .map(({ at, flag }) => [lastPart(at), flag]),
  );
  // What is in a list that one flag takes has its name.
  const listOf = (path: string): string => path.replace(/\[.*$/, "");
  const flagOf = (path: string): string | undefined =>
    ofField.get(path) ?? ofName.get(path) ?? ofField.get(listOf(path)) ??
      (path === "samples" ? IMAGES_OF_EPOCH : undefined);
  const inSentence = (sentence: string): string =>
    sentence.replace(MENTIONED, (name) => ofName.get(name) ?? name);
  // A fault that has the name of a flag is of a flag, not of a field.
  const named = (fault: Fault): Fault =>
    fault.path.startsWith("--") ? fault : {
      ...fault,
      path: flagOf(fault.path) ?? fault.path,
      wanted: inSentence(fault.wanted),
    };
  return {
    flagOf,
    inSentence,
    named: ([first, ...others]) => [named(first), ...others.map(named)],
  };
}
