/** A classifier put together from weights and facts. */
import {
  type HeadInput,
  imageClassifierParameters,
  type ImageClassifierSpec,
  left,
  type ModelSpec,
  type ProbeSpec,
  type Result,
  right,
} from "../../../core/mod.ts";
import type { HostTensors } from "../../engine/tensors.ts";
import { foldedProbe, type TrainedProbe } from "../../tasks/folded_probe.ts";
import type { TrainError } from "../../train_error.ts";
import type { ImagePreparation } from "../image_preparation.ts";
import type { Normalization } from "../../../data/mod.ts";
import type { SkippedCheckpoint } from "../../run/latest_checkpoint.ts";
import type { OpenedEncoder } from "../open_encoder.ts";
import { openEncoder } from "../open_encoder.ts";
import { numbersDigest } from "../numbers_digest.ts";
import type { ClassifierFacts, ProbedEncoder } from "./classifier_facts.ts";

/** A classifier of images, and where it is from. */
export interface OpenedClassifier
  extends ImageClassifierSpec, Required<ImagePreparation> {
  /** All its parameters by name, `imageClassifierParameters`. */
  readonly parameters: HostTensors;
  /** Names of the classes in the order of the scores. */
  readonly classNames: readonly string[];
  /** Statistics that its images are normalised with. */
  readonly normalization: Normalization;
  /** The file of its weights. */
  readonly path: string;
  /** Steps of its training done and planned, if it is of a run of this library. */
  readonly steps: readonly [done: number, total: number] | null;
  /** Newer checkpoints that are not as they were written and were passed over, newest first. */
  readonly skipped: readonly SkippedCheckpoint[];
}

/** Where a classifier is from. */
export type ClassifierOrigin = Pick<
  OpenedClassifier,
  "path" | "steps" | "skipped"
>;

/** A refusal of what lies at a path. */
export const refuse = (
  path: string,
  reason: string,
): Result<TrainError, never> =>
  left({ _tag: "CheckpointRefused", path, reason });

/** The numbers of a classifier and what they compute. */
export interface ClassifierNumbers {
  readonly model: ModelSpec;
  readonly headInput: HeadInput;
  readonly parameters: HostTensors;
}

/**
 * A classifier of its parameters and facts.
 *
 * @returns The classifier, or which of its parameters is missing.
 */
export function classifierOf(
  origin: ClassifierOrigin,
  { classNames, normalization, resizeSize, background }: ClassifierFacts,
  { model, headInput, parameters }: ClassifierNumbers,
): Result<TrainError, OpenedClassifier> {
  const spec = { model, headInput, classes: classNames.length };
  const wanted = imageClassifierParameters(spec);
  const missing = wanted.find(({ name, shape }) =>
    parameters.get(name)?.length !== shape.reduce((size, n) => size * n, 1)
  );
  if (missing !== undefined) {
    const { name, shape } = missing;
    const found = parameters.get(name)?.length;
    return refuse(
      origin.path,
      `${name}: found ${
        found === undefined ? "nothing" : `${found} numbers`
      }, wanted [${shape.join(", ")}] for ${classNames.length} classes`,
    );
  }
  const own = wanted.map(({ name }) =>
    [name, parameters.get(name) ?? new Float32Array()] as const
  );
  return right({
    ...{ ...spec, ...origin, parameters: new Map(own) },
    ...{ classNames, normalization, resizeSize, background },
  });
}

/** The encoder that a probe was trained on, if it still is what it was. */
async function probedEncoder(
  { path, digest, ...options }: ProbedEncoder,
  elsewhere: string | undefined,
): Promise<Result<TrainError, OpenedEncoder>> {
  const place = elsewhere ?? path;
  const opened = await openEncoder(place, options);
  if (opened._tag === "Left") {
    return opened.left._tag === "FileFailed"
      ? refuse(
        place,
        `the probe scores features of this encoder, and ${opened.left.reason}; if it was moved, say where it is (--encoder)`,
      )
      : opened;
  }
  return numbersDigest(opened.right.parameters) === digest ? opened : refuse(
    place,
    "it is not the encoder that the probe was trained on, or was trained since",
  );
}

/**
 * The classifier of a probe: the encoder that it was trained on, and its scores as one
 * linear layer.
 *
 * @param spec Sizes of the probe.
 * @param probe Its weights and running statistics.
 * @param elsewhere Path of the encoder, where it is not at the one that the facts say.
 */
export async function probedClassifier(
  origin: ClassifierOrigin,
  facts: ClassifierFacts,
  spec: ProbeSpec,
  probe: TrainedProbe,
  elsewhere?: string,
): Promise<Result<TrainError, OpenedClassifier>> {
  if (facts.probed === undefined) {
    return refuse(origin.path, "nothing says which encoder the probe is of");
  }
  const { encoder, feature } = facts.probed;
  const opened = await probedEncoder(encoder, elsewhere);
  if (opened._tag === "Left") return opened;
  const { model, parameters } = opened.right;
  const { weight, bias } = foldedProbe(spec, probe);
  const head = [["head.weight", weight], ["head.bias", bias]] as const;
  return classifierOf(origin, facts, {
    ...{ model, headInput: feature },
    parameters: new Map([...parameters, ...head]),
  });
}
