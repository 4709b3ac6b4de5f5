/** Settings of a run: flags, a file, an earlier run. */
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import { isDeepStrictEqual } from "node:util";
import {
  describeFault,
  type Fault,
  type Faults,
  left,
  renamedFields,
  type Result,
} from "../../core/mod.ts";
import {
  describeTrainError,
  holdsRun,
  type ImageChoice,
  latestCheckpoint,
  readImagesFile,
  runFolderAt,
  taskOfRun,
} from "../../train/mod.ts";
import { must } from "../command/command_failed.ts";
import type { FlagValues } from "../flags/flags.ts";
import { classesFrom, type imageFlags } from "../images/image_flags.ts";
import type { ImagesOfRun } from "../images/images_of_run.ts";
import { commandOf } from "../output/program_name.ts";
import {
  chosenRun,
  isSameRun,
  type RunChoice,
  runProgress,
  RUNS_FOLDER,
  runsIn,
} from "./choose_run.ts";
import { hasTwoIntervals, type RunValues } from "./run_flags.ts";

/** Settings of a run. */
export interface Settings<Config> extends ImagesOfRun {
  readonly config: Config;
  /** The run to go on with, or `null` for a new one. */
  readonly earlier: EarlierRun | null;
  /** The single file of an earlier version that a new run begins with, or `null`. */
  readonly file: string | null;
  /** Folder of the run, or `null` for a new one. */
  readonly outputDir: string | null;
}

/** A run that is to go on. */
export type EarlierRun = NonNullable<ImagesOfRun["earlier"]> & {
  /** Its folder, or the one checkpoint that was asked for. */
  readonly from: string;
  readonly allowScheduleChange: boolean;
};

/** Flags that settings are made from. */
export type SettingValues =
  & RunValues
  & FlagValues<ReturnType<typeof imageFlags>>;

/** The configuration of one kind of training. */
export interface ConfigKind<Config, Values extends SettingValues> {
  /** Kind of training, as its folders name it. */
  readonly task: string;
  /**
   * Names of single files in the folders of earlier versions; absent where there
   * never were any.
   */
  readonly files?: readonly string[];
  /** True if the run in a folder began the same way, as far as its configuration does not record it. */
  fits?(folder: string): Promise<boolean>;
  decode(json: unknown): Result<Faults, Config>;
  /** The configuration without any flag or file, for the images of a run that begins. */
  base(values: Values, images: ImagesOfRun): Config | Promise<Config>;
  /** The configuration changed by flags, new or of a run that goes on. */
  changed(
    base: Config,
    values: Values,
    goesOn: boolean,
  ): Result<Faults, Config>;
  /**
   * The configuration with what follows from the images, where anything does: the last to
   * be settled.
   *
   * @param folder The run that goes on; `null` for a new one.
   */
  settled?(
    config: Config,
    images: ImagesOfRun,
    folder: string | null,
  ): Promise<Config>;
}

/** Refuses the value of a flag. */
function refuse(path: string, found: unknown, wanted: string): never {
  const fault: Fault = { _tag: "Inconsistent", path, found, wanted };
  return must(left<Faults>([fault]));
}

class SettingsMaker<Config, Values extends SettingValues> {
  readonly #kind: ConfigKind<Config, Values>;
  readonly #values: Values;
  readonly #classes: readonly string[] | null;

  constructor(
    kind: ConfigKind<Config, Values>,
    values: Values,
    classes: readonly string[] | null,
  ) {
    this.#kind = kind;
    this.#values = values;
    this.#classes = classes;
  }

  async #readConfig(flag: string, path: string): Promise<Config> {
    const text = await readFile(path, "utf8").catch(() => null);
    if (text === null) return refuse(flag, path, "a file that can be read");
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      return refuse(flag, path, `a file with JSON in it (${error})`);
    }
    const note = renamedFields(json);
    if (note !== null) process.stderr.write(`${path}: ${note}\n`);
    // The fields of a file have their own names.
    const named = (fault: Fault): string =>
      describeFault({ ...fault, path: `${path}: ${fault.path || "content"}` });
    return must(
      this.#kind.decode(json),
      (faults) => faults.map(named).join("\n"),
    );
  }

  #configOf(folder: string): Promise<Config> {
    return this.#readConfig("--resume", join(folder, "config.json"));
  }

  /** A run that goes on, under the configuration of a file if `auto` names one. */
  async resumed(from: string): Promise<Settings<Config>> {
    const values = this.#values;
    const isRun = await holdsRun(from);
    const checkpoint = await latestCheckpoint(from);
    if (!isRun && checkpoint._tag === "Left") {
      const reason = describeTrainError(checkpoint.left);
      return refuse("--resume", from, `a run or a checkpoint. ${reason}`);
    }
    const folder = await runFolderAt(from);
    const task = await taskOfRun(folder);
    if (task !== this.#kind.task) {
      return refuse(
        "--resume",
        from,
        `a run of ${commandOf(this.#kind.task)}, not ${commandOf(task)}`,
      );
    }
    const base = values.config === undefined
      ? await this.#configOf(folder)
      : await this.#readConfig("--config", values.config);
    const read = await readImagesFile(folder);
    if (read._tag === "Left") {
      return refuse("--resume", from, `the folder of a run. ${read.left}`);
    }
    return await this.#settings(base, {
      from,
      allowScheduleChange: values["allow-schedule-change"] ?? false,
      allowDataChange: values["allow-data-change"] ?? false,
      images: read.right,
    }, folder);
  }

  /** A run that begins. */
  async fresh(): Promise<Settings<Config>> {
    const { config } = this.#values;
    const base = config === undefined
      ? await this.#kind.base(this.#values, this.#imagesOf(null))
      : await this.#readConfig("--config", config);
    return await this.#settings(base, null, null);
  }

  /** Images that flags name, or else those of the run that goes on. */
  #imagesOf<Earlier extends EarlierRun | null>(
    earlier: Earlier,
  ): ImagesOfRun & { readonly earlier: Earlier } {
    const { data, limit, ...values } = this.#values;
    const images = earlier?.images;
    return {
      // Absolute, so that a resume from another folder finds the images.
      data: data === undefined ? images?.data ?? null : resolve(data),
      limit: limit ?? images?.limit ?? null,
      classes: this.#classes ?? images?.classes ?? null,
      valShare: values["val-share"] ?? images?.valShare ?? null,
      heldOut: images?.heldOut ?? "by class",
      background: values.background ?? images?.background ?? "mean",
      earlier,
    };
  }

  /** Settings of a run, new or earlier, with flags applied. */
  async #settings(
    base: Config,
    earlier: EarlierRun | null,
    folder: string | null,
  ): Promise<Settings<Config>> {
    const images = this.#imagesOf(earlier);
    const { changed, settled } = this.#kind;
    const config = must(changed(base, this.#values, earlier !== null));
    return {
      ...images,
      config: await settled?.(config, images, folder) ?? config,
      file: null,
      outputDir: this.#values["output-dir"] ?? folder,
    };
  }

  /** The run in `runs/` that fits the flags, if there is one. */
  async #fittingRun(): Promise<Settings<Config> | null> {
    const fitting = new Map<string, Settings<Config>>();
    const choices: RunChoice[] = [];
    const { task, fits = () => Promise.resolve(true) } = this.#kind;
    for (const folder of await runsIn(RUNS_FOLDER)) {
      if (await taskOfRun(folder) !== task || !await fits(folder)) continue;
      const settings = await this.resumed(folder);
      const own = await this.#configOf(folder);
      const { config, earlier } = settings;
      if (earlier === null || !hasImages(settings, earlier)) continue;
      if (!isSameRun(config, own, earlier.allowScheduleChange)) continue;
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
  async resumedOrAnew(): Promise<Settings<Config>> {
    const folder = this.#values["output-dir"];
    if (folder === undefined) {
      return await this.#fittingRun() ?? await this.fresh();
    }
    return await holdsRun(folder)
      ? await this.resumed(folder)
      : await this.fresh();
  }
}

const isKind = (
  path: string,
  kind: "isDirectory" | "isFile",
): Promise<boolean> => stat(path).then((found) => found[kind](), () => false);

/** The single file of an earlier version at a path, and the folder that it lies in if that was named. */
async function fileAt(
  path: string | undefined,
  names: readonly string[] | undefined,
): Promise<Pick<Settings<unknown>, "file" | "outputDir"> | null> {
  if (path === undefined || names === undefined) return null;
  if (await isKind(path, "isFile")) return { file: path, outputDir: null };
  if (await holdsRun(path)) return null;
  for (const name of names) {
    const file = join(path, name);
    if (await isKind(file, "isFile")) return { file, outputDir: path };
  }
  return null;
}

/** True if a run has the images that flags name, as far as they name any. */
function hasImages(
  { data, limit, classes, valShare, background }: ImageChoice,
  { images }: EarlierRun,
): boolean {
  return isDeepStrictEqual([data, limit, classes, valShare, background], [
    images.data,
    images.limit,
    images.classes,
    images.valShare,
    images.background,
  ]);
}

/**
 * Puts together what a run is to be.
 *
 * @throws {CommandFailed} with every fault, named by flag or field.
 */
export async function settingsFrom<Config, Values extends SettingValues>(
  kind: ConfigKind<Config, Values>,
  values: Values,
): Promise<Settings<Config>> {
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
  const maker = new SettingsMaker(kind, values, classes);
  if (resume === undefined) return await maker.fresh();
  const place = resume === "auto" ? values["output-dir"] : resume;
  const filed = await fileAt(place, kind.files);
  if (filed !== null) {
    const fresh = await maker.fresh();
    const outputDir = fresh.outputDir ?? filed.outputDir;
    return { ...fresh, file: filed.file, outputDir };
  }
  if (resume === "auto") return await maker.resumedOrAnew();
  return config === undefined ? await maker.resumed(resume) : refuse(
    "--config",
    config,
    "no --resume DIR beside it: a run goes on as it was",
  );
}
