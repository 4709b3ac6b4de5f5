/** Epochs of a run that is to cost what an unfrozen one would. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  effectiveBatch,
  epochsForEqualCost,
  type Faults,
  left,
  type PretrainConfig,
  type RecipeName,
  RECIPES,
  type Result,
  right,
} from "../../core/mod.ts";
import { type ImagesOfRun, imagesOfRun } from "../images/images_of_run.ts";
import { RUN_FILES } from "../../train/mod.ts";
import type { ConfigKind } from "../runs/settings.ts";
import type { PretrainValues } from "./pretrain_flags.ts";
import { ofChannels } from "./stated.ts";

/** How a run comes by its epochs. */
export interface SameCost {
  /** Sets the epochs of a configuration in which those of the unfrozen run stand. */
  readonly settled: NonNullable<
    ConfigKind<PretrainConfig, PretrainValues>["settled"]
  >;
  /** Epochs of the unfrozen run, once the configuration is settled. */
  epochs(): number | null;
}

const FLAG = "--same-cost-as-unfrozen";

const refusal = (found: unknown, wanted: string): Result<Faults, never> =>
  left([{ _tag: "Inconsistent", path: FLAG, found, wanted }]);

/** What the epochs of the unfrozen run would not follow from, as an error. */
function checked(
  { minutes, epochs, config, resume }: PretrainValues,
  recipe: RecipeName | null,
): Result<Faults, void> {
  if (minutes !== undefined) {
    return refusal(
      true,
      "no --minutes beside it: a run that is fitted to a time spends what freezing saves already",
    );
  }
  if (epochs !== undefined || config !== undefined) return right(undefined);
  const of = resume !== undefined && resume !== "auto"
    ? "a run that goes on has its own, not those of the unfrozen one"
    : recipe === null
    ? "a run that is fitted to a time spends what freezing saves already"
    : null;
  return of === null
    ? right(undefined)
    : refusal(true, `--epochs beside it: ${of}`);
}

/** A whole number that a file of a run says, by the keys that lead to it; else `null`. */
async function countIn(
  path: string,
  ...keys: readonly string[]
): Promise<number | null> {
  try {
    const json: unknown = JSON.parse(await readFile(path, "utf8"));
    const value = keys.reduce<unknown>(
      (inner, key) => (inner as Record<string, unknown>)[key],
      json,
    );
    return Number.isSafeInteger(value) ? value as number : null;
  } catch {
    return null;
  }
}

/** Steps of an epoch of the run in a folder, as its files say; `null` where they do not. */
async function stepsOfEpoch(folder: string): Promise<number | null> {
  const steps = await countIn(join(folder, RUN_FILES.plan), "totalSteps");
  const config = join(folder, RUN_FILES.config);
  const epochs = await countIn(config, "training", "epochs");
  return steps === null || epochs === null ? null : steps / epochs;
}

/** A configuration as the images have it, and how many of them an epoch takes. */
async function imagesOf(
  config: PretrainConfig,
  images: ImagesOfRun,
  folder: string | null,
  isFile: boolean,
): Promise<readonly [seen: PretrainConfig, samples: number]> {
  // The images of a run that goes on may lie elsewhere by now: its files know enough.
  const steps = folder === null ? null : await stepsOfEpoch(folder);
  if (steps !== null) return [config, steps * effectiveBatch(config)];
  const { train } = await imagesOfRun(images);
  const isAsFiled = isFile || folder !== null;
  const channels = train.normalization.mean.length;
  return [isAsFiled ? config : ofChannels(config, channels), train.length];
}

/**
 * Sets the epochs of runs by what an unfrozen one costs.
 *
 * The unfrozen run has the epochs of flags, of a file, or of the recipe: never those of a
 * run that goes on, which are set already. So the same command finds its run again.
 *
 * @param recipe The recipe of a run that is not fitted.
 * @returns Or what the flag contradicts.
 */
export function sameCost(
  values: PretrainValues,
  recipe: RecipeName | null,
): Result<Faults, SameCost> {
  const fit = checked(values, recipe);
  if (fit._tag === "Left") return fit;
  const { epochs: stated, config: file } = values;
  const ofRecipe = recipe === null
    ? undefined
    : RECIPES[recipe].training.epochs;
  let unfrozen: number | null = null;
  return right({
    epochs: () => unfrozen,
    settled: async (config, images, folder) => {
      const own = config.training.epochs;
      const epochs = folder === null || file !== undefined
        ? own
        : stated ?? ofRecipe ?? own;
      const isFile = file !== undefined;
      const [seen, samples] = await imagesOf(config, images, folder, isFile);
      const training = { ...config.training, epochs };
      unfrozen = epochs;
      const longer = epochsForEqualCost({ ...seen, training }, samples);
      // What has no plan is no run that goes on, or its plan will say so.
      return longer._tag === "Left"
        ? { ...config, training }
        : { ...config, training: { ...training, epochs: longer.right } };
    },
  });
}
