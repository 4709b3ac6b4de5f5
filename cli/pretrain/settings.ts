/**
 * What a user wants of a run: flags, a file, an earlier run.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  decodePretrainConfig,
  DEFAULT_PRETRAIN_CONFIG,
  describeFault,
  type Fault,
  type Faults,
  left,
  type PretrainConfig,
} from "../../core/mod.ts";
import { classNamesFrom, holdsFashionMnist } from "../../data/mod.ts";
import {
  describeTrainError,
  holdsRun,
  latestCheckpoint,
  runFolderAt,
} from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import { configFromFlags } from "../flags/method_flags.ts";
import {
  chosenRun,
  isSameRun,
  type RunChoice,
  runProgress,
} from "./choose_run.ts";
import {
  type ImageChoice,
  readImagesFile,
  type RememberedImages,
} from "../images/images_file.ts";
import { RUNS_FOLDER, runsIn } from "./numbered_folders.ts";
import type { PretrainValues } from "./pretrain_flags.ts";
import { SMALL_RECIPE } from "../runs/small_recipe.ts";
import { hasTwoIntervals } from "./save_flags.ts";

/** What a run is to be. */
export interface Settings extends ImageChoice {
  /** Everything that determines it. */
  readonly config: PretrainConfig;
  /** Whether the model takes as many channels as the images have. */
  readonly channelsOfImages: boolean;
  /** Where to go on, or `null` for a new run. */
  readonly earlier: EarlierRun | null;
  /** Folder of the run, or `null` for a new one. */
  readonly outputDir: string | null;
}

/** A run that is to go on. */
export interface EarlierRun {
  /** Its folder, or the one checkpoint that was asked for. */
  readonly from: string;
  /** Whether its schedule may become another. */
  readonly allowScheduleChange: boolean;
  /** Whether its images may have changed under the same names. */
  readonly allowDataChange: boolean;
  /** The images that it had. */
  readonly images: RememberedImages;
}

/** Refuses the value of a flag. */
function refuse(path: string, found: unknown, wanted: string): never {
  const fault: Fault = { _tag: "Inconsistent", path, found, wanted };
  return must(left<Faults>([fault]));
}

async function readConfig(flag: string, path: string): Promise<PretrainConfig> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return refuse(flag, path, "a file that can be read");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return refuse(flag, path, `a file with JSON in it (${error})`);
  }
  // The fields of a file have their own names.
  return must(
    decodePretrainConfig(json),
    (faults) =>
      faults.map((fault) =>
        describeFault({ ...fault, path: `${path}: ${fault.path || "content"}` })
      ).join("\n"),
  );
}

/** Absolute, so that a resume from another folder finds the images. */
const absolute = (data: string | undefined): string | null =>
  data === undefined ? null : resolve(data);

/**
 * The classes that `--classes` says, or `null` where it is not given.
 *
 * @param classes Its value.
 */
export async function classesFrom(
  classes: string | undefined,
): Promise<readonly string[] | null> {
  if (classes === undefined) return null;
  const names = await classNamesFrom(classes);
  if (names._tag === "Right") return names.right;
  const { left: error } = names;
  const wanted = "a subset, names or a file of names";
  return error._tag === "BadOptions"
    ? must(left(error.faults))
    : refuse("--classes", classes, wanted);
}

/** The configuration of a run that goes on: its own, or by `auto` that of a file. */
const earlierConfig = (
  folder: string,
  { config }: PretrainValues,
): Promise<PretrainConfig> =>
  config === undefined
    ? readConfig("--resume", join(folder, "config.json"))
    : readConfig("--config", config);

/** What flags make of a run; the channels of its images stay as they are. */
function changedConfig(
  base: PretrainConfig,
  values: PretrainValues,
): PretrainConfig {
  const config = must(configFromFlags(base, values));
  const { inChannels } = base.model;
  return { ...config, model: { ...config.model, inChannels } };
}

async function resumed(
  from: string,
  values: PretrainValues,
  classes: readonly string[] | null,
): Promise<Settings> {
  const isRun = await holdsRun(from);
  const checkpoint = await latestCheckpoint(from);
  if (!isRun && checkpoint._tag === "Left") {
    const reason = describeTrainError(checkpoint.left);
    return refuse("--resume", from, `a run or a checkpoint. ${reason}`);
  }
  const folder = await runFolderAt(from);
  const base = await earlierConfig(folder, values);
  const read = await readImagesFile(folder);
  if (read._tag === "Left") {
    return refuse("--resume", from, `the folder of a run. ${read.left}`);
  }
  const images = read.right;
  return {
    config: changedConfig(base, values),
    channelsOfImages: false,
    data: absolute(values.data) ?? images.data,
    limit: values.limit ?? images.limit,
    classes: classes ?? images.classes,
    valShare: values["val-share"] ?? images.valShare,
    heldOut: images.heldOut,
    earlier: {
      from,
      allowScheduleChange: values["allow-schedule-change"] ?? false,
      allowDataChange: values["allow-data-change"] ?? false,
      images,
    },
    outputDir: values["output-dir"] ?? folder,
  };
}

/** The configuration that flags change: a file's, or the recipe for the images. */
async function baseConfig(
  { config, data }: PretrainValues,
): Promise<PretrainConfig> {
  if (config !== undefined) return await readConfig("--config", config);
  const isSmall = data === undefined || await holdsFashionMnist(data);
  return isSmall ? SMALL_RECIPE : DEFAULT_PRETRAIN_CONFIG;
}

async function anew(
  values: PretrainValues,
  classes: readonly string[] | null,
): Promise<Settings> {
  const base = await baseConfig(values);
  return {
    config: must(configFromFlags(base, values)),
    channelsOfImages: values.config === undefined,
    data: absolute(values.data),
    limit: values.limit ?? null,
    classes,
    valShare: values["val-share"] ?? null,
    heldOut: "by class",
    earlier: null,
    outputDir: values["output-dir"] ?? null,
  };
}

/** Whether a run has the images that flags name, as far as they name any. */
function hasImages(
  { data, limit, classes, valShare }: ImageChoice,
  { images }: EarlierRun,
): boolean {
  return isDeepStrictEqual([data, limit, classes, valShare], [
    images.data,
    images.limit,
    images.classes,
    images.valShare,
  ]);
}

/** The settings with which the run in `runs/` that fits the flags goes on, or `null`. */
async function fittingRun(
  values: PretrainValues,
  classes: readonly string[] | null,
): Promise<Settings | null> {
  const fitting = new Map<string, Settings>();
  const choices: RunChoice[] = [];
  for (const folder of await runsIn(RUNS_FOLDER)) {
    const settings = await resumed(folder, values, classes);
    const own = await readConfig("--resume", join(folder, "config.json"));
    const { config, earlier } = settings;
    if (earlier === null || !hasImages(settings, earlier)) continue;
    const allowsChange = earlier.allowScheduleChange;
    if (!isSameRun(config, own, allowsChange)) continue;
    fitting.set(folder, settings);
    const { images } = earlier;
    const progress = await runProgress(folder);
    choices.push({ ...progress, folder, config: own, images });
  }
  const chosen = must(chosenRun(choices));
  return fitting.get(chosen?.folder ?? "") ?? null;
}

/**
 * Goes on with the run in a folder, or begins one where there is none: the same
 * command serves the first time and every time after.
 */
async function resumedOrAnew(
  values: PretrainValues,
  classes: readonly string[] | null,
): Promise<Settings> {
  const folder = values["output-dir"];
  if (folder !== undefined) {
    return await holdsRun(folder)
      ? await resumed(folder, values, classes)
      : await anew(values, classes);
  }
  return await fittingRun(values, classes) ?? await anew(values, classes);
}

/**
 * Puts together what a run is to be.
 *
 * @param values Flags as they were given.
 * @throws {CommandFailed} with every fault, named by flag or field.
 */
export async function settingsFrom(
  values: PretrainValues,
): Promise<Settings> {
  const { resume, config } = values;
  if (hasTwoIntervals(values)) {
    const found = values["save-every-steps"];
    return refuse("--save-every-steps", found, "either this or --save-every");
  }
  const classes = await classesFrom(values.classes);
  for (const name of ["allow-schedule-change", "allow-data-change"] as const) {
    if (resume === undefined && values[name]) {
      return refuse(`--${name}`, true, "--resume beside it");
    }
  }
  if (resume === undefined) return await anew(values, classes);
  if (resume === "auto") return await resumedOrAnew(values, classes);
  return config === undefined ? await resumed(resume, values, classes) : refuse(
    "--config",
    config,
    "no --resume DIR beside it: a run goes on as it was",
  );
}
