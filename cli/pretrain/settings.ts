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
  type Fault,
  type Faults,
  left,
  type PretrainConfig,
  type Result,
  right,
} from "../../core/mod.ts";
import { classNamesFrom, holdsFashionMnist } from "../../data/mod.ts";
import {
  describeTrainError,
  holdsRun,
  latestCheckpoint,
  runFolderAt,
} from "../../train/mod.ts";
import { configFromFlags } from "../flags/config_from_flags.ts";
import { namedByFlags } from "../flags/faults_by_flags.ts";
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
import { REFERENCE_RECIPE, SMALL_RECIPE } from "./recipes.ts";
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

const refuse = (
  path: string,
  found: unknown,
  wanted: string,
): Result<Faults, never> =>
  left([{ _tag: "Inconsistent", path, found, wanted }]);

async function readConfig(
  flag: string,
  path: string,
): Promise<Result<Faults, PretrainConfig>> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return refuse(flag, path, "a file that can be read");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return refuse(flag, path, `a file with JSON in it (${error})`);
  }
  const config = decodePretrainConfig(json);
  if (config._tag === "Right") return config;
  const inFile = (fault: Fault): Fault => ({
    ...fault,
    path: `${path}: ${fault.path || "content"}`,
  });
  const [first, ...rest] = config.left;
  return left([inFile(first), ...rest.map(inFile)]);
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
): Promise<Result<Faults, readonly string[] | null>> {
  if (classes === undefined) return right(null);
  const names = await classNamesFrom(classes);
  if (names._tag === "Right") return names;
  const { left: error } = names;
  const wanted = "a subset, names or a file of names";
  return error._tag === "BadOptions"
    ? left(namedByFlags(error.faults))
    : refuse("--classes", classes, wanted);
}

/** The configuration of a run that goes on: its own, or by `auto` that of a file. */
async function earlierConfig(
  folder: string,
  { config }: PretrainValues,
): Promise<Result<Faults, PretrainConfig>> {
  return config === undefined
    ? await readConfig("--resume", join(folder, "config.json"))
    : await readConfig("--config", config);
}

/** What flags make of a run; the channels of its images stay as they are. */
function changedConfig(
  base: PretrainConfig,
  values: PretrainValues,
): Result<Faults, PretrainConfig> {
  const config = configFromFlags(base, values);
  if (config._tag === "Left") return config;
  const { inChannels } = base.model;
  return right({
    ...config.right,
    model: { ...config.right.model, inChannels },
  });
}

async function resumed(
  from: string,
  values: PretrainValues,
  classes: readonly string[] | null,
): Promise<Result<Faults, Settings>> {
  const isRun = await holdsRun(from);
  const checkpoint = await latestCheckpoint(from);
  if (!isRun && checkpoint._tag === "Left") {
    const reason = describeTrainError(checkpoint.left);
    return refuse("--resume", from, `a run or a checkpoint. ${reason}`);
  }
  const folder = await runFolderAt(from);
  const base = await earlierConfig(folder, values);
  if (base._tag === "Left") return base;
  const images = await readImagesFile(folder);
  if (images._tag === "Left") {
    return refuse("--resume", from, `the folder of a run. ${images.left}`);
  }
  const config = changedConfig(base.right, values);
  return config._tag === "Left" ? config : right({
    config: config.right,
    channelsOfImages: false,
    data: absolute(values.data) ?? images.right.data,
    limit: values.limit ?? images.right.limit,
    classes: classes ?? images.right.classes,
    valShare: values["val-share"] ?? images.right.valShare,
    heldOut: images.right.heldOut,
    earlier: {
      from,
      allowScheduleChange: values["allow-schedule-change"] ?? false,
      allowDataChange: values["allow-data-change"] ?? false,
      images: images.right,
    },
    outputDir: values["output-dir"] ?? folder,
  });
}

/** The configuration that flags change: a file's, or the recipe for the images. */
async function baseConfig(
  { config, data }: PretrainValues,
): Promise<Result<Faults, PretrainConfig>> {
  if (config !== undefined) return readConfig("--config", config);
  const isSmall = data === undefined || await holdsFashionMnist(data);
  return right((isSmall ? SMALL_RECIPE : REFERENCE_RECIPE).config);
}

async function anew(
  values: PretrainValues,
  classes: readonly string[] | null,
): Promise<Result<Faults, Settings>> {
  const base = await baseConfig(values);
  if (base._tag === "Left") return base;
  const config = configFromFlags(base.right, values);
  return config._tag === "Left" ? config : right({
    config: config.right,
    channelsOfImages: values.config === undefined,
    data: absolute(values.data),
    limit: values.limit ?? null,
    classes,
    valShare: values["val-share"] ?? null,
    heldOut: "by class",
    earlier: null,
    outputDir: values["output-dir"] ?? null,
  });
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
): Promise<Result<Faults, Settings | null>> {
  const fitting = new Map<string, Settings>();
  const choices: RunChoice[] = [];
  for (const folder of await runsIn(RUNS_FOLDER)) {
    const settings = await resumed(folder, values, classes);
    if (settings._tag === "Left") return settings;
    const own = await readConfig("--resume", join(folder, "config.json"));
    if (own._tag === "Left") return own;
    const { config, earlier } = settings.right;
    if (earlier === null || !hasImages(settings.right, earlier)) continue;
    const allowsChange = earlier.allowScheduleChange;
    if (!isSameRun(config, own.right, allowsChange)) continue;
    fitting.set(folder, settings.right);
    const { images } = earlier;
    const progress = await runProgress(folder);
    choices.push({ ...progress, folder, config: own.right, images });
  }
  const chosen = chosenRun(choices);
  return chosen._tag === "Left"
    ? chosen
    : right(fitting.get(chosen.right?.folder ?? "") ?? null);
}

/**
 * Goes on with the run in a folder, or begins one where there is none: the same
 * command serves the first time and every time after.
 */
async function resumedOrAnew(
  values: PretrainValues,
  classes: readonly string[] | null,
): Promise<Result<Faults, Settings>> {
  const folder = values["output-dir"];
  if (folder !== undefined) {
    return await holdsRun(folder)
      ? await resumed(folder, values, classes)
      : await anew(values, classes);
  }
  const fitting = await fittingRun(values, classes);
  if (fitting._tag === "Left") return fitting;
  return fitting.right === null
    ? await anew(values, classes)
    : right(fitting.right);
}

/**
 * Puts together what a run is to be.
 *
 * @param values Flags as they were given.
 * @returns The settings, or every fault, named by flag or field.
 */
export async function settingsFrom(
  values: PretrainValues,
): Promise<Result<Faults, Settings>> {
  const { resume, config } = values;
  if (hasTwoIntervals(values)) {
    const found = values["save-every-steps"];
    return refuse("--save-every-steps", found, "either this or --save-every");
  }
  const classes = await classesFrom(values.classes);
  if (classes._tag === "Left") return classes;
  for (const name of ["allow-schedule-change", "allow-data-change"] as const) {
    if (resume === undefined && values[name]) {
      return refuse(`--${name}`, true, "--resume beside it");
    }
  }
  if (resume === undefined) return await anew(values, classes.right);
  if (resume === "auto") return await resumedOrAnew(values, classes.right);
  return config === undefined
    ? await resumed(resume, values, classes.right)
    : refuse(
      "--config",
      config,
      "no --resume DIR beside it: a run goes on as it was",
    );
}
