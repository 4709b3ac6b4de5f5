/** What a classifier needs beside its weights: its classes, and how its images are made ready. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  excerpt,
  type FeatureSpec,
  left,
  type Result,
  right,
} from "../../../core/mod.ts";
import {
  type Background,
  BACKGROUNDS,
  type Normalization,
} from "../../../data/mod.ts";
import { replaceFile } from "../../files/atomic_file.ts";
import {
  type FileFailed,
  isMissing,
  reasonOf,
} from "../../files/file_result.ts";
import { isObject } from "../image_statistics.ts";
import type { EncoderStartOptions } from "../encoder/encoder_start.ts";
import type { UnseenSizes } from "../encoder/encoder_sizes.ts";

/** The encoder of a probe, which is not among its weights. */
export interface ProbedEncoder
  extends
    Pick<EncoderStartOptions, "prefix">,
    Omit<UnseenSizes, "layerNormEps"> {
  /** Its file of weights. */
  readonly path: string;
  /** Digest of its parameters, `numbersDigest`. */
  readonly digest: string;
}

/** Facts of a classifier that its weights do not state. */
export interface ClassifierFacts {
  /** Names of the classes in the order of the scores. */
  readonly classNames: readonly string[];
  /** Statistics that its images are normalised with. */
  readonly normalization: Normalization;
  /** Length that the shorter side of an image gets before the middle is cut out, pixels. */
  readonly resizeSize: number;
  /** Colour that transparent parts are blended onto. */
  readonly background: Background;
  /** Of a probe: the encoder and the feature that it scores. */
  readonly probed?: {
    readonly encoder: ProbedEncoder;
    readonly feature: FeatureSpec;
  };
}

/** Name of their file in the folder of a run. */
export const CLASSIFIER_FILE = "classifier.json";

const isList = (x: unknown, holds: (one: unknown) => boolean): boolean =>
  Array.isArray(x) && x.length > 0 && x.every(holds);

const isText = (x: unknown): x is string => typeof x === "string";

const isOptionalSize = (x: unknown): boolean =>
  x === undefined || Number.isSafeInteger(x);

function isNormalization(x: unknown): x is Normalization {
  const { mean, deviation } = isObject(x) ? x : {};
  return isList(mean, Number.isFinite) &&
    isList(deviation, (value) => Number.isFinite(value) && Number(value) > 0);
}

function isProbed(x: unknown): x is ClassifierFacts["probed"] {
  if (x === undefined) return true;
  if (!isObject(x) || !isObject(x["encoder"]) || !isObject(x["feature"])) {
    return false;
  }
  const { path, digest, prefix, numHeads, imageSize } = x["encoder"];
  const { tokens, stages, regions } = x["feature"];
  return isText(path) && isText(digest) &&
    (prefix === undefined || isText(prefix)) &&
    isOptionalSize(numHeads) && isOptionalSize(imageSize) &&
    (tokens === "patches" || tokens === "classToken") &&
    isOptionalSize(regions) &&
    isList(
      stages,
      (stage) => Number.isSafeInteger(stage) && Number(stage) >= 0,
    );
}

function isFacts(x: unknown): x is ClassifierFacts {
  if (!isObject(x)) return false;
  const { classNames, normalization, resizeSize, background, probed } = x;
  return isList(classNames, isText) && isNormalization(normalization) &&
    Number.isSafeInteger(resizeSize) && Number(resizeSize) > 0 &&
    BACKGROUNDS.some((one) => one === background) && isProbed(probed);
}

/** Facts as the text of a file. */
export const factsText = (facts: ClassifierFacts): string =>
  JSON.stringify({ version: 1, ...facts }, null, 2);

/**
 * Reads facts.
 *
 * @returns The facts, or that the text does not hold them.
 */
export function parseFacts(text: string): Result<string, ClassifierFacts> {
  const wanted =
    "wanted classNames, normalization, resizeSize and background of a classifier";
  try {
    const json: unknown = JSON.parse(text);
    return isFacts(json)
      ? right(json)
      : left(`found ${excerpt(text)}, ${wanted}`);
  } catch {
    return left(`it is not JSON, ${wanted}`);
  }
}

/** Writes facts into the folder of a run. */
export const writeClassifierFacts = (
  folder: string,
  facts: ClassifierFacts,
): Promise<Result<FileFailed, void>> =>
  replaceFile(join(folder, CLASSIFIER_FILE), `${factsText(facts)}\n`);

/**
 * Reads the facts in the folder of a run.
 *
 * @returns The facts, `null` where the run has written none, as those of earlier versions;
 * or what is wrong with them.
 */
export async function readClassifierFacts(
  folder: string,
): Promise<Result<FileFailed, ClassifierFacts | null>> {
  const path = join(folder, CLASSIFIER_FILE);
  const failed = (reason: string): Result<FileFailed, never> =>
    left({ _tag: "FileFailed", path, reason });
  try {
    const facts = parseFacts(await readFile(path, "utf8"));
    return facts._tag === "Left" ? failed(facts.left) : facts;
  } catch (thrown) {
    return isMissing(thrown) ? right(null) : failed(reasonOf(thrown));
  }
}
