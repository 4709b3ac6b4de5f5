/** Names of folders and files that say which part of a data set they are. */
import type { Split } from "../../image/image_source.ts";

/** Purpose of a part; both others than `train` are for validation. */
export type SplitRole = "train" | "val" | "test";

/** The meaning of a name. */
export interface SplitName {
  readonly role: SplitRole;
  /** Its other words, without those that any such name may have: `seg` of `seg_train_images`. */
  readonly rest: string;
  /** The same without numbers. */
  readonly wordsOfRest: string;
}

/** Words that say nothing, alone or at the end of another: `training_set`, `testset`. */
const PLAIN =
  "(sets?|data|datasets?|images?|imgs?|pics?|pictures?|photos?|files?|folder|splits?|parts?|samples?)";

const ROLES: readonly (readonly [SplitRole, RegExp])[] = [
  ["train", new RegExp(`^(train|training|trn)${PLAIN}?$`)],
  [
    "val",
    new RegExp(
      `^(val|valid|validation|validate|validating|dev|devel|development|eval|evaluation|holdout)${PLAIN}?$`,
    ),
  ],
  ["test", new RegExp(`^(test|testing|tst)${PLAIN}?$`)],
];

/** Both training parts in one. */
const TRAIN_AND_VAL = new RegExp(`^trainval${PLAIN}?$`);
const SAYS_NOTHING = new RegExp(`^${PLAIN}$`);

/** Words of a name in small letters: parted by signs, capitals and numbers. */
const wordsOf = (name: string): readonly string[] =>
  name
    .replace(/(?<=\p{Ll})(?=\p{Lu})|(?<=\p{L})(?=\d)|(?<=\d)(?=\p{L})/gu, " ")
    .toLowerCase()
    .replace(/(?<!\p{L})(hold|held)[^\p{L}\d]*out/gu, "holdout")
    .split(/[^\p{L}\p{M}\d]+/u)
    .filter(Boolean);

const roleOf = (word: string): SplitRole | null =>
  TRAIN_AND_VAL.test(word)
    ? "train"
    : ROLES.find(([, mark]) => mark.test(word))?.[0] ?? null;

/** The role of several words: `train_val` is for training, `test-dev` for testing. */
function joined(roles: ReadonlySet<SplitRole>): SplitRole | null {
  const [first = null] = roles;
  if (roles.size === 1) return first;
  if (roles.size !== 2 || !roles.has("val")) return null;
  return roles.has("train") ? "train" : "test";
}

/**
 * The part of a data set that a folder or file is, by its name in any usual writing:
 * `train`, `Training`, `seg_train`, `train2017`, `trainset`, `TrainImages`.
 *
 * @param name Name of a folder, or of a file without its suffix.
 * @returns Role by the name, or `null` if it names no part.
 */
export function splitNameOf(name: string): SplitName | null {
  const found = wordsOf(name).map(roleOf);
  const role = joined(new Set(found.filter((each) => each !== null)));
  return role === null ? null : { role, ...restOf(name) };
}

/** The words of a name that say more than what any name of a part may say. */
function restOf(name: string): Omit<SplitName, "role"> {
  const words = wordsOf(name);
  const rest = words.filter((word) =>
    roleOf(word) === null && !SAYS_NOTHING.test(word)
  );
  const wordsOfRest = rest.filter((word) => !/^\d+$/.test(word));
  return { rest: rest.join(" "), wordsOfRest: wordsOfRest.join(" ") };
}

/** Folders of the parts of one data set. */
export interface SplitFolders {
  readonly train: string;
  /** Parts to evaluate on, those named validation first; none if there is only `train`. */
  readonly validation: readonly string[];
}

interface Named extends SplitName {
  readonly name: string;
}

/** Parts that go together: the same in a field, one for training and one for validation. */
function together(
  named: readonly Named[],
  field: (each: Named) => string,
): readonly (readonly Named[])[] {
  const groups = Map.groupBy(named, field);
  return [...groups.values()].filter((group) =>
    group.some(({ role }) => role === "train") &&
    group.some(({ role }) => role !== "train")
  );
}

/** Groups by the strictest rule that gives any. */
function groupsOf(
  named: readonly Named[],
  areAll: boolean,
): readonly (readonly Named[])[] {
  const rules: readonly ((each: Named) => string)[] = [
    ({ rest }) => rest,
    ({ wordsOfRest }) => wordsOfRest,
    ...(areAll ? [() => ""] : []),
  ];
  for (const rule of rules) {
    const groups = together(named, rule);
    const plain = groups.find(([first]) => first && rule(first) === "");
    if (plain !== undefined) return [plain];
    if (groups.length > 0) return groups;
  }
  return [];
}

/**
 * Folders with the name of a part. Where none is for training, that is the one
 * whose name says nothing: `data_256` beside `val_256`.
 */
function namedParts(names: readonly string[]): readonly Named[] {
  const named = names.flatMap((name): readonly Named[] => {
    const found = splitNameOf(name);
    return found === null ? [] : [{ ...found, name }];
  });
  if (named.length === 0 || named.some(({ role }) => role === "train")) {
    return named;
  }
  const plain = names.map((name) => ({ name, ...restOf(name) })).filter((
    { name, wordsOfRest },
  ) => wordsOfRest === "" && splitNameOf(name) === null && /\p{L}/u.test(name));
  const [only, ...others] = plain;
  return only === undefined || others.length > 0
    ? named
    : [...named, { ...only, role: "train" }];
}

/**
 * The parts of a data set among folders. A name alone makes no part: a class may be
 * called `train`. There must be another part beside it, the same but for its role
 * (`bullet train` and `test tube` are two classes), or no other folder at all.
 *
 * @returns The parts; `null` if the folders are none; `several` if parts of more than
 * one data set are among them, or more than one part for training.
 */
export function splitFolders(
  names: readonly string[],
): SplitFolders | "several" | null {
  const named = namedParts(names);
  const [only] = named;
  if (names.length === 1 && only?.role === "train") {
    return { train: only.name, validation: [] };
  }
  const [group, ...others] = groupsOf(named, named.length === names.length);
  if (group === undefined) return null;
  const of = (role: SplitRole): readonly string[] =>
    group.filter((each) => each.role === role).map(({ name }) => name);
  const [train, ...more] = of("train");
  if (train === undefined || others.length + more.length > 0) return "several";
  return { train, validation: [...of("val"), ...of("test")] };
}

/**
 * Files of a part of a data set, by their names.
 *
 * Files whose names say validation or test are for validation, those for
 * validation if there are both; those that say train, or else all others, are for
 * training. Where no two names tell parts apart, all files are both; where all
 * say train, there is no validation set.
 *
 * @returns Names in order; none if only the other part is there.
 */
export function splitFiles(
  names: readonly string[],
  split: Split,
): readonly string[] {
  const inOrder = [...names].sort((a, b) => a < b ? -1 : 1);
  const roles = new Map(
    inOrder.map((name) => [name, splitNameOf(withoutSuffix(name))?.role]),
  );
  const having = (role: SplitRole | undefined): readonly string[] =>
    inOrder.filter((name) => roles.get(name) === role);
  const [learning, val, test] = [
    having("train"),
    having("val"),
    having("test"),
  ];
  const validation = val.length > 0 ? val : test;
  const isSplit = validation.length > 0 || learning.length === inOrder.length;
  if (!isSplit) return inOrder;
  if (split === "test") return validation;
  return learning.length > 0 ? learning : having(undefined);
}

const withoutSuffix = (name: string): string => name.replace(/\.[^.]*$/, "");

/** The pictures themselves. */
const CONTAINER =
  /^((all|raw|original)[-_ ]?)?(images?|imgs?|jpegimages|jpe?gs?|pngs?|pictures?|pics?|photos?|frames?|data|datasets?|files?|rgb)$/i;

/** Companions of pictures: a picture for each, or files about them. */
const COMPANION =
  /^(.*[-_ ])?(masks?|labels?|annotations?|annots?|segmentations?|segmentation(class|object)|depths?|depth[-_]?maps?|ground[-_ ]?truths?|gts?|trimaps?|bbox(es)?|bounding[-_ ]?boxes|attributes|keypoints|heatmaps?|disparit(y|ies)|normals|edges|parts|imagesets|meta(data)?|docs?|examples?|previews?|thumb(nail)?s?|screenshots?|assets|figures?|notebooks?|models?|checkpoints?|runs?|outputs?|results?|predictions?|logs?)$/i;

/** True if a folder of this name holds the pictures of a data set, and is no class. */
export const isContainer = (name: string): boolean => CONTAINER.test(name);

/** True if a folder of this name holds what belongs to the pictures in another one. */
export const isCompanion = (name: string): boolean => COMPANION.test(name);
