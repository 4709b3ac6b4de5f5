/** What a classifier that is trained here keeps beside its weights, so that it can be used. */
import { resolve } from "node:path";
import type { FeatureSpec } from "../../core/mod.ts";
import {
  type ClassifierFacts,
  numbersDigest,
  writeClassifierFacts,
} from "../../train/mod.ts";
import { mustWork } from "../command/describe_errors.ts";
import { encoderOptions } from "../flags/encoder_flags.ts";
import { rememberEncoder } from "./evaluated_encoder.ts";
import type { EvaluatedEncoder, EvaluationValues } from "./open_evaluation.ts";

/** Facts of a fine-tuned encoder with a head for the classes of its images. */
export const tunedFacts = (
  { train, resizeSize }: EvaluatedEncoder,
): ClassifierFacts => ({
  classNames: train.classNames ?? [],
  normalization: train.normalization,
  resizeSize,
  background: train.background ?? "none",
});

/** Facts of a probe on a feature of an encoder. */
export function probeFacts(
  evaluated: EvaluatedEncoder,
  feature: FeatureSpec,
  values: EvaluationValues,
): ClassifierFacts {
  const { encoder: { path, parameters } } = evaluated;
  const { numHeads, ...options } = encoderOptions(values);
  const imageSize = values["image-size"];
  const encoder = {
    path: resolve(path),
    digest: numbersDigest(parameters),
    ...options,
    ...numHeads === undefined ? {} : { numHeads },
    ...imageSize === undefined ? {} : { imageSize },
  };
  return { ...tunedFacts(evaluated), probed: { encoder, feature } };
}

/** Writes down what a run begins with and what its classifier needs to be used. */
export const factsWriter =
  (path: string, facts: ClassifierFacts) =>
  async (folder: string): Promise<void> => {
    await rememberEncoder(folder, path);
    mustWork(await writeClassifierFacts(folder, facts));
  };
