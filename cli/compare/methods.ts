/** Ways of pre-training to compare: each is a name and the flags that distinguish it. */
import { readFile } from "node:fs/promises";
import {
  type Codec,
  codecOf,
  decode,
  unwanted,
} from "../../core/codec/codec.ts";
import { listOf, optional, recordOf } from "../../core/codec/structures.ts";
import {
  type Fault,
  type Faults,
  left,
  nearestHint,
  type Result,
  right,
} from "../../core/mod.ts";
import { inconsistent } from "../../core/result.ts";
import { refuse } from "../command/command_failed.ts";

/** A way of pre-training. */
export interface Method {
  /** Name, that of its folders: letters, digits and `+-_.`. */
  readonly name: string;
  /** Name in tables and pictures; the name itself where it is absent. */
  readonly title?: string | undefined;
  /** Flags of `pretrain` that distinguish it from what all methods have in common. */
  readonly flags?: string | undefined;
  /**
   * Operations that it may take: as many as the method of this name, or such a part of
   * those of the first one. Its epochs are the whole number that comes nearest.
   */
  readonly cost?: string | number | undefined;
}

/** An encoder with the first values of a seed, beside those that were pre-trained. */
export const UNTRAINED = "untrained";

/**
 * The methods of the thesis, with the exponents that were best there: SR-LR 0.8 (table
 * 14), LR-LR 0.7 (table 15), and 0.6 beside SR-LR (table 16).
 */
export const THESIS_METHODS: readonly Method[] = [
  { name: "unfrozen", title: "nothing frozen", flags: "--t0 1" },
  { name: "freezeout", title: "FreezeOut" },
  {
    ...{ name: "unscaled", title: "FreezeOut, rates not scaled" },
    flags: "--lr-mode unscaled",
  },
  {
    ...{ name: "uniform", title: "FreezeOut, one rate for all" },
    flags: "--lr-mode uniform",
  },
  {
    ...{ name: "sr-lr", title: "FreezeOut, SR-LR 0.8" },
    flags: "--sr-lr 0.8",
  },
  {
    ...{ name: "lr-lr", title: "FreezeOut, LR-LR 0.7" },
    flags: "--lr-lr 0.7",
  },
  {
    ...{ name: "sr-lr+lr-lr", title: "FreezeOut, SR-LR 0.8, LR-LR 0.6" },
    flags: "--sr-lr 0.8 --lr-lr 0.6",
  },
];

/** The methods of the thesis that differ for a number of stages: rates by stage need several. */
export const thesisMethods = (stages: number): readonly Method[] =>
  THESIS_METHODS.filter(({ flags = "" }) =>
    stages > 1 || !flags.includes("--sr-lr")
  );

/** Words of a method's flags. */
export const wordsOf = ({ flags = "" }: Method): readonly string[] =>
  flags.split(/\s+/).filter((word) => word !== "");

/** Name of a method in tables and pictures. */
export const titleOf = ({ name, title = name }: Method): string => title;

/** Values of one type that hold something. */
const such = <A>(
  wanted: string,
  is: (found: unknown) => found is A,
  holds: (found: A) => boolean,
): Codec<A> =>
  codecOf(
    wanted,
    (found, place) =>
      !is(found)
        ? unwanted(found, place, "WrongType")
        : holds(found)
        ? []
        : unwanted(found, place, "OutOfRange"),
  );

const isText = (found: unknown): found is string => typeof found === "string";

const isCost = (found: unknown): found is string | number =>
  isText(found) || typeof found === "number";

/** Names that are folders on every system. */
const FOLDER_NAME = /^[\w+-][\w+.-]*$/;

const methodsCodec: Codec<readonly Method[]> = listOf(
  recordOf<Method>({
    name: such(
      `letters, digits and +-_., other than ${UNTRAINED}`,
      isText,
      (name) => FOLDER_NAME.test(name) && name !== UNTRAINED,
    ),
    title: optional(such("words on one line", isText, (it) => /^.+$/.test(it))),
    flags: optional(such("flags of pretrain, as text", isText, () => true)),
    cost: optional(such(
      "the name of a method, or a part above 0 of the first one's operations",
      isCost,
      (cost) => isText(cost) || cost > 0 && Number.isFinite(cost),
    )),
  }),
);

const repeated = (methods: readonly Method[]): readonly Fault[] =>
  methods.flatMap(({ name }, i) => {
    const first = methods.findIndex((other) => other.name === name);
    return inconsistent(first === i, `[${i}].name`, name, "each name once");
  });

/** Methods from untrusted data, or every fault in it. */
export function decodeMethods(
  input: unknown,
): Result<Faults, readonly Method[]> {
  const decoded = decode(methodsCodec)(input);
  if (decoded._tag === "Left") return decoded;
  const [fault, ...others] = repeated(decoded.right);
  return fault === undefined ? decoded : left([fault, ...others]);
}

/** Some of the methods of the thesis, by name. */
export function methodsNamed(
  names: string,
): Result<string, readonly Method[]> {
  const all = THESIS_METHODS.map(({ name }) => name);
  const wanted = names.split(",");
  const bad = wanted.find((name) => !all.includes(name));
  if (bad !== undefined) {
    return left(
      `a file of methods (.json), or names with commas between, no ${bad}${
        nearestHint(bad, all)
      }`,
    );
  }
  return new Set(wanted).size === wanted.length
    ? right(THESIS_METHODS.filter(({ name }) => wanted.includes(name)))
    : left("each name once");
}

/**
 * Methods of a file.
 *
 * @returns Them, or every fault in the file.
 * @throws {CommandFailed} where it cannot be read.
 */
export async function methodsIn(
  path: string,
): Promise<Result<Faults, readonly Method[]>> {
  const content = await readFile(path, "utf8").catch(() =>
    refuse(`--methods: found "${path}", wanted a file that can be read`)
  );
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (error) {
    return refuse(
      `--methods: found "${path}", wanted a file with JSON in it (${error})`,
    );
  }
  const methods = decodeMethods(json);
  if (methods._tag === "Right") return methods;
  const [first, ...others] = methods.left.map((fault) => ({
    ...fault,
    path: `${path}: ${fault.path}`,
  }));
  return first === undefined ? methods : left([first, ...others]);
}
