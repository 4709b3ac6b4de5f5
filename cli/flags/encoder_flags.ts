/** Flags for encoders that come from elsewhere, and what is said of them. */
import { left, type Result, right } from "../../core/mod.ts";
import type { Normalization } from "../../data/mod.ts";
import type {
  EncoderNormalization,
  EncoderReport,
  OpenedEncoder,
  OpenEncoderOptions,
} from "../../train/mod.ts";
import {
  type Flag,
  type FlagValues,
  textFlag,
  under,
  wholeFlag,
} from "./flags.ts";

/** Numbers for the channels of an image. */
function channelsFlag(
  help: string,
  initial: string,
  wanted: string,
  holds: (value: number) => boolean,
): Flag<readonly number[]> {
  return {
    initial,
    metavar: "X[,X,X]",
    help,
    parse: (text) => {
      const words = text.split(",").map((word) => word.trim());
      const numbers = words.map((word) => word === "" ? NaN : Number(word));
      const isRight = [1, 3].includes(numbers.length) &&
        numbers.every((value) => Number.isFinite(value) && holds(value));
      return isRight ? right(numbers) : left(`one or three ${wanted}`);
    },
  };
}

/** The flag for what stands before an encoder's names. */
export const PREFIX_FLAG = textFlag(
  "TEXT",
  "what stands before the encoder's names in a file of weights",
  { at: "prefix", initial: "that of the only encoder in the file" },
);

/** Flags of what files of weights do not tell. */
export const ENCODER_FLAGS = under("Encoder", {
  "prefix": PREFIX_FLAG,
  "heads": wholeFlag(1, "attention heads, for weights of an unusual model", {
    at: "model.numHeads",
    initial: "those of the usual model of its width and depth",
  }),
});

/** Flags of the statistics that pixels are normalised with. */
export const STATISTICS_FLAGS = under("Images", {
  "mean": channelsFlag(
    "mean of the levels of a channel, 0 to 1, taken from its pixels",
    "what the encoder's run, export or configuration says, else the images' own",
    "numbers such as 0.5",
    () => true,
  ),
  "std": channelsFlag(
    "deviation of the levels of a channel that its pixels are divided by",
    "as for --mean",
    "numbers above 0 such as 0.5",
    (value) => value > 0,
  ),
});

/** Flags as options of opening an encoder. */
export const encoderOptions = (
  { prefix, heads }: FlagValues<typeof ENCODER_FLAGS>,
): OpenEncoderOptions => ({
  ...prefix === undefined ? {} : { prefix },
  numHeads: heads,
});

/** The first of many names. */
function listed(names: readonly string[]): string {
  const most = 4;
  const rest = names.length - most;
  return [
    ...names.slice(0, most),
    ...rest > 0 ? [`${rest} more`] : [],
  ].join(", ");
}

/** A line of a report, if there is anything to list. */
const line = (words: string, names: readonly string[]): readonly string[] =>
  names.length === 0 ? [] : [`${words}: ${listed(names)}`];

/** Use of the content of a file of weights. */
export function describeReport(
  { prefix, missing, zeros, leftOver, opaque, positions }: EncoderReport,
): readonly string[] {
  return [
    ...prefix === "" ? [] : [`found under: ${prefix}`],
    ...line("not in it, as untrained", missing),
    ...line("not in it, zeros compute the same", zeros),
    ...positions.grid === null
      ? ["not in it, the fixed sines and cosines: pos_embed"]
      : [],
    ...line("of no use here", leftOver),
    ...line("objects that stay closed", opaque),
  ];
}

/** Statistics in words. */
export const describeStatistics = (
  { mean, deviation }: Normalization,
): string => {
  const list = (numbers: readonly number[]) =>
    numbers.map((value) => Number(value.toPrecision(6))).join(", ");
  return `mean ${list(mean)}, deviation ${list(deviation)}`;
};

/** Statistics, and in words who says them. */
export interface ToldStatistics {
  readonly normalization: Normalization;
  readonly from: string;
}

/** As many numbers as there are of the other. */
const spread = (
  numbers: readonly number[],
  { length }: readonly number[],
): readonly number[] =>
  numbers.length === 1 ? Array(length).fill(numbers[0]) : numbers;

/**
 * Statistics for the images of an encoder: those of the flags, else what its
 * run, its export or the configuration beside its weights says, else the images' own.
 *
 * @returns The statistics, or what is wrong with the flags.
 */
export function statisticsFrom(
  { mean, std }: FlagValues<typeof STATISTICS_FLAGS>,
  { normalization: said }: Pick<OpenedEncoder, "normalization">,
  own: ToldStatistics,
): Result<string, ToldStatistics> {
  if (mean !== undefined && std !== undefined) {
    const normalization = {
      mean: spread(mean, std),
      deviation: spread(std, mean),
    };
    return right({ normalization, from: "as --mean and --std say" });
  }
  const [given, missing] = mean === undefined
    ? ["std", "mean"]
    : ["mean", "std"];
  if (mean !== undefined || std !== undefined) {
    return left(
      `--${given}: found nothing beside it, wanted --${missing}, too`,
    );
  }
  return right(said === null ? own : ofEncoder(said));
}

const ofEncoder = ({ mean, deviation, from }: EncoderNormalization) => ({
  normalization: { mean, deviation },
  from: `as ${from} says`,
});
