/**
 * What a user wants of a run: flags, a file, an earlier run.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  decodePretrainConfig,
  type Fault,
  type Faults,
  left,
  type PretrainConfig,
  type Result,
  right,
} from "../../core/mod.ts";
import { latestCheckpoint, runFolderOf } from "../../train/mod.ts";
import { configFromFlags } from "../config_from_flags.ts";
import {
  choiceFlag,
  type FlagValues,
  switchFlag,
  textFlag,
  wholeFlag,
} from "../flags.ts";
import { METHOD_FLAGS } from "../method_flags.ts";
import { REFERENCE_RECIPE, SMALL_RECIPE } from "./recipes.ts";

/** All flags of the program. */
export const PRETRAIN_FLAGS = {
  "data": textFlag(
    "DIR",
    "images: a folder by class or flat, or Fashion-MNIST's files",
  ),
  "limit": wholeFlag(1, "learn from so many of the images"),
  "config": textFlag("FILE", "start from this configuration (JSON)"),
  ...METHOD_FLAGS,
  "backend": choiceFlag(["auto", "webgpu", "wasm", "cpu"], "where to compute"),
  "output-dir": textFlag("DIR", "folder of the run"),
  "resume": textFlag(
    "DIR",
    "go on from a run's folder or one of its checkpoints",
  ),
  "save-every": wholeFlag(1, "epochs between checkpoints"),
  "keep": wholeFlag(1, "newest checkpoints to keep"),
  "json": switchFlag(
    "end with one line of JSON on stdout; all else goes to stderr",
  ),
  "help": switchFlag("print this and stop"),
} as const;

/** Flags as they were given. */
export type PretrainValues = FlagValues<typeof PRETRAIN_FLAGS>;

/** Which images a run has; kept in its folder so that a resume finds them. */
export interface ImageSettings {
  /** Folder of images, or `null` for the embedded ones. */
  readonly data: string | null;
  /** How many images to learn from, or `null` for all. */
  readonly limit: number | null;
}

/** What a run is to be. */
export interface Settings extends ImageSettings {
  /** Everything that determines it; channels may still follow the images. */
  readonly config: PretrainConfig;
  /** Checkpoint to go on from, or `null`. */
  readonly checkpoint: string | null;
  /** Folder of the run, or `null` for a new one. */
  readonly outputDir: string | null;
}

/** Name of the file that remembers the images of a run. */
export const IMAGES_FILE = "images.json";

const refuse = (
  path: string,
  found: unknown,
  wanted: string,
): Result<Faults, never> =>
  left([{ _tag: "Inconsistent", path, found, wanted }]);

async function readJson(
  flag: string,
  path: string,
): Promise<Result<Faults, unknown>> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return refuse(flag, path, "a file that can be read");
  try {
    return right(JSON.parse(text));
  } catch {
    return refuse(flag, path, "a file with JSON in it");
  }
}

async function readConfig(
  flag: string,
  path: string,
): Promise<Result<Faults, PretrainConfig>> {
  const json = await readJson(flag, path);
  if (json._tag === "Left") return json;
  const config = decodePretrainConfig(json.right);
  if (config._tag === "Right") return config;
  const inFile = (fault: Fault): Fault => ({
    ...fault,
    path: `${path}: ${fault.path}`,
  });
  const [first, ...rest] = config.left;
  return left([inFile(first), ...rest.map(inFile)]);
}

async function resumed(
  from: string,
  values: PretrainValues,
): Promise<Result<Faults, Settings>> {
  const checkpoint = await latestCheckpoint(from);
  if (checkpoint._tag === "Left") {
    const reason = checkpoint.left._tag === "CheckpointRefused"
      ? checkpoint.left.reason
      : "";
    return refuse("--resume", from, `a run or checkpoint; ${reason}`);
  }
  const folder = runFolderOf(checkpoint.right);
  const base = await readConfig("--resume", join(folder, "config.json"));
  if (base._tag === "Left") return base;
  const images = await readJson("--resume", join(folder, IMAGES_FILE));
  if (images._tag === "Left") return images;
  const remembered = images.right as ImageSettings;
  const config = configFromFlags(base.right, values);
  return config._tag === "Left" ? config : right({
    config: config.right,
    data: values.data ?? remembered.data,
    limit: values.limit ?? remembered.limit,
    checkpoint: checkpoint.right,
    outputDir: values["output-dir"] ?? folder,
  });
}

/** The configuration that flags change: a file's, or the recipe for the images. */
function baseConfig(
  values: PretrainValues,
): Promise<Result<Faults, PretrainConfig>> {
  if (values.config !== undefined) return readConfig("--config", values.config);
  const recipe = values.data === undefined ? SMALL_RECIPE : REFERENCE_RECIPE;
  return Promise.resolve(right(recipe.config));
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
  if (values.resume !== undefined) {
    return values.config === undefined
      ? resumed(values.resume, values)
      : refuse(
        "--config",
        values.config,
        "no --resume beside it: a run goes on as it was",
      );
  }
  const base = await baseConfig(values);
  if (base._tag === "Left") return base;
  const config = configFromFlags(base.right, values);
  return config._tag === "Left" ? config : right({
    config: config.right,
    data: values.data ?? null,
    limit: values.limit ?? null,
    checkpoint: null,
    outputDir: values["output-dir"] ?? null,
  });
}
