/** Statistics that the images of an encoder are normalised with. */
import { type Fault, left, type Result, right } from "../../core/mod.ts";
import type { Normalization } from "../../data/mod.ts";

/** Statistics of an encoder's images, and who says so. */
export interface EncoderNormalization extends Normalization {
  /** The file that says them. */
  readonly from: string;
}

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Tells an object from other JSON. */
export const isObject = (json: unknown): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json);

/** A field that is an object; empty if it is none. */
export function objectIn(json: JsonObject, field: string): JsonObject {
  const value = json[field];
  return isObject(value) ? value : {};
}

const fault = (path: string, found: unknown, wanted: string) =>
  left<Fault>({ _tag: "OutOfRange", path, found, wanted });

/** Numbers for one or three channels; one number alone stands for all. */
function channelNumbers(
  path: string,
  raw: unknown,
  least: number,
): Result<Fault, readonly number[]> {
  const numbers = typeof raw === "number" ? [raw] : raw;
  const isGood = Array.isArray(numbers) && [1, 3].includes(numbers.length) &&
    numbers.every((n) => Number.isFinite(n) && n >= least);
  return isGood
    ? right(numbers)
    : fault(path, raw, `one or three numbers of at least ${least}`);
}

/** Deviations that are smaller would make numbers of no use. */
const LEAST_DEVIATION = 1e-6;

/** Fields that say means and deviations, and how many levels of a pixel are 1. */
interface StatisticsFields {
  readonly mean: string;
  readonly deviation: string;
  /** Prefix of these names in messages. */
  readonly path: string;
  /** Levels that are 1 before the mean is taken away. */
  readonly levels: number;
}

/**
 * Statistics out of a configuration.
 *
 * @returns Statistics of levels divided by 255; `null` if it says none.
 */
function statisticsIn(
  json: JsonObject,
  { mean, deviation, path, levels }: StatisticsFields,
): Result<Fault, Normalization | null> {
  if (json[mean] === undefined && json[deviation] === undefined) {
    return right(null);
  }
  const means = channelNumbers(path + mean, json[mean], -Infinity);
  if (means._tag === "Left") return means;
  const least = LEAST_DEVIATION;
  const deviations = channelNumbers(path + deviation, json[deviation], least);
  if (deviations._tag === "Left") return deviations;
  const channels = Math.max(means.right.length, deviations.right.length);
  const scaled = (numbers: readonly number[]) =>
    Array.from(
      { length: channels },
      (_, c) => (numbers[c] ?? numbers[0] ?? NaN) * levels / 255,
    );
  return right({
    mean: scaled(means.right),
    deviation: scaled(deviations.right),
  });
}

/** Statistics that timm's `config.json` says. */
export function timmStatistics(
  config: JsonObject,
): Result<Fault, Normalization | null> {
  const names = { mean: "mean", deviation: "std", levels: 255 };
  const own = objectIn(config, "pretrained_cfg");
  return own["mean"] === undefined
    ? statisticsIn(config, { ...names, path: "" })
    : statisticsIn(own, { ...names, path: "pretrained_cfg." });
}

/** Statistics that a `preprocessor_config.json` of transformers says. */
export function processorStatistics(
  config: JsonObject,
): Result<Fault, Normalization | null> {
  const { do_rescale: rescales = true, rescale_factor: factor = 1 / 255 } =
    config;
  if (typeof factor !== "number" || !(factor > 0)) {
    return fault("rescale_factor", factor, "a number above 0");
  }
  const levels = rescales === false ? 1 : 1 / factor;
  if (config["do_normalize"] === false) {
    const plain = { mean: [0], deviation: [levels / 255] };
    return right(plain);
  }
  const path = "";
  const fields = { mean: "image_mean", deviation: "image_std", path, levels };
  return statisticsIn(config, fields);
}

/** Statistics that the file of a run's images says; files of older runs do not. */
export function runStatistics(
  images: JsonObject,
): Result<Fault, Normalization | null> {
  return statisticsIn(objectIn(images, "normalization"), {
    mean: "mean",
    deviation: "deviation",
    path: "normalization.",
    levels: 255,
  });
}
