/** Settings of a run as they are typed into a notebook. */
import {
  changedConfig,
  type Changes,
  type Fault,
  type Faults,
  left,
  MODEL_PRESETS,
  type ModelName,
  nearestHint,
  type PretrainConfig,
  type RecipeName,
  RECIPES,
  type Result,
} from "../core/mod.ts";
import { orThrow } from "../train/mod.ts";

/** Fields of a configuration that have a name of one word. */
export type ShortSettings =
  & Partial<PretrainConfig["training"]>
  & Partial<Pick<PretrainConfig["freeze"], "t0" | "scale">>;

/** Fields of a configuration that differ from a recipe: short names, or parts at any depth. */
export type Settings = ShortSettings & Changes<PretrainConfig>;

/** What a run begins with: a model by its name, a recipe by its own, or a configuration. */
export type Beginning = ModelName | RecipeName | PretrainConfig;

/** For each short name, the part of the configuration that it lies in. */
const PART_OF: Readonly<
  Record<keyof ShortSettings, "training" | "freeze">
> = {
  epochs: "training",
  warmupEpochs: "training",
  batchSize: "training",
  accumIter: "training",
  seed: "training",
  t0: "freeze",
  scale: "freeze",
};

const SHORT = Object.keys(PART_OF) as (keyof ShortSettings)[];

/** Parts of a configuration. */
const PARTS = [
  ...Object.keys(RECIPES.paper),
  "frozenPrecision",
  "clipGrad",
];

/** The names of all settings. */
const SETTINGS: readonly string[] = [...SHORT, ...PARTS];

const isShort = (name: string): name is keyof ShortSettings =>
  Object.hasOwn(PART_OF, name);

/** Names that no setting has, and fields that are given twice. */
function settingFaults(settings: Settings): readonly Fault[] {
  return Object.entries(settings).flatMap(([path, found]): Fault[] => {
    if (!SETTINGS.includes(path)) {
      const wanted = `no such setting${nearestHint(path, SETTINGS)}`;
      return [{ _tag: "UnknownField", path, found, wanted }];
    }
    if (!isShort(path) || found === undefined) return [];
    const part: Readonly<Record<string, unknown>> = settings[PART_OF[path]] ??
      {};
    return part[path] === undefined ? [] : [{
      _tag: "Inconsistent",
      path,
      found,
      wanted: `${path} or ${PART_OF[path]}.${path}, one of both`,
    }];
  });
}

/** Settings with short names in their parts. */
function changesOf(settings: Settings): Changes<PretrainConfig> {
  const parts: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(settings)) {
    const part = isShort(name) ? PART_OF[name] : name;
    const more = isShort(name) ? { [name]: value } : value;
    const isRecord = typeof more === "object" && more !== null;
    parts[part] = isRecord
      ? { ...parts[part] as object | undefined, ...more }
      : more;
  }
  return parts;
}

/** The recipe that a name stands for: that of small images for `nano`, the papers' otherwise. */
function recipeNamed(name: string): Result<Faults, PretrainConfig> {
  if (Object.hasOwn(RECIPES, name)) {
    return changedConfig(RECIPES[name as RecipeName], {});
  }
  if (!Object.hasOwn(MODEL_PRESETS, name)) {
    const known = [...Object.keys(MODEL_PRESETS), ...Object.keys(RECIPES)];
    const wanted = `one of ${known.join(", ")}${nearestHint(name, known)}`;
    return left([{ _tag: "OutOfRange", path: "model", found: name, wanted }]);
  }
  const model = MODEL_PRESETS[name as ModelName];
  return changedConfig(name === "nano" ? RECIPES.small : RECIPES.paper, {
    model,
  });
}

/**
 * The configuration that a name and some settings stand for.
 *
 * @returns The configuration, or every fault in the settings.
 */
export function configOf(
  beginning: Beginning,
  settings: Settings,
): Result<Faults, PretrainConfig> {
  const [first, ...others] = settingFaults(settings);
  if (first !== undefined) return left([first, ...others]);
  if (typeof beginning !== "string") {
    return changedConfig(beginning, changesOf(settings));
  }
  const base = recipeNamed(beginning);
  return base._tag === "Left"
    ? base
    : changedConfig(base.right, changesOf(settings));
}

/**
 * A configuration in a line: a model or a recipe by its name, and what differs from it.
 * The rate goes with the images of a step by the linear rule, unless it is given.
 *
 * @param beginning A model: `nano` has the recipe for small images, all others that of the
 * papers; a recipe by its own name; or any configuration.
 * @param settings What differs: `epochs`, `warmupEpochs`, `batchSize`, `accumIter`, `seed`,
 * `t0`, `scale`, or parts of the configuration as they are there.
 * @throws {Error} With the text of every fault.
 *
 * @example
 * ```ts
 * import { recipe } from "@vitfreeze/vitfreeze/notebook";
 * import { deepStrictEqual, throws } from "node:assert/strict";
 *
 * const { training, freeze } = recipe("nano", { epochs: 3, t0: 0.6, freeze: { scale: "linear" } });
 *
 * deepStrictEqual([training.epochs, freeze.t0, freeze.scale], [3, 0.6, "linear"]);
 * throws(() => recipe("nano", JSON.parse('{ "epoch": 3 }')), /the nearest is epochs/);
 * ```
 */
export function recipe(
  beginning: Beginning,
  settings: Settings = {},
): PretrainConfig {
  return orThrow(configOf(beginning, settings));
}
