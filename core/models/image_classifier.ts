/** Classifiers of images as they are used: an encoder, a feature and a linear head. */
import type { Graph, NodeId } from "../graph/node.ts";
import { traceGraph } from "../graph/trace.ts";
import { memoized } from "../memo.ts";
import { linear } from "../nn/layers.ts";
import { modelScope, recorded } from "../nn/scope.ts";
import type { Faults, Result } from "../result.ts";
import { type ClassifierSpec, classify } from "./classifier.ts";
import { featureNodes, type FeatureSpec } from "./feature.ts";
import type { Owner, ParameterSpec, VitScope } from "./model_spec.ts";

/**
 * The numbers that a head scores: of a fine-tuned encoder the mean of the patch tokens
 * through a norm of its own, `fc_norm`, or a feature of an encoder that stayed as it was.
 */
export type HeadInput = "normOfMean" | FeatureSpec;

/** An image classifier of either kind. */
export interface ImageClassifierSpec extends ClassifierSpec {
  /** The numbers that its head scores. */
  readonly headInput: HeadInput;
}

/** The numbers that the head of a classifier scores, `[B, F]`, of images `[B, C, S, S]`. */
function headInputNodes(
  scope: VitScope,
  spec: ImageClassifierSpec,
  images: NodeId,
): NodeId {
  const { model, headInput } = spec;
  return headInput === "normOfMean"
    ? classify(scope, spec, images).pooled
    : featureNodes(scope, model, images, headInput, "learned");
}

/** Scores `[B, classes]` of images `[B, C, S, S]`. */
function scoresOf(
  scope: VitScope,
  spec: ImageClassifierSpec,
  images: NodeId,
): NodeId {
  const { model, classes, headInput } = spec;
  if (headInput === "normOfMean") return classify(scope, spec, images).scores;
  const feature = headInputNodes(scope, spec, images);
  const head = scope.of({ _tag: "Stage", index: model.stages.length - 1 });
  return linear(head, "head", feature, classes);
}

/**
 * Scores of whole images.
 *
 * Inputs: the parameters by name and the images `[B, C, S, S]`. Output, named as in
 * Hugging Face's libraries: `logits [B, classes]`.
 *
 * @param batch Images at a time.
 * @param input Name of the images.
 */
export function imageClassifierGraph(
  spec: ImageClassifierSpec,
  batch: number,
  input: "images" | "pixel_values" = "images",
): Result<Faults, Graph> {
  const { inChannels: C, imageSize: S } = spec.model;
  return traceGraph((g) => {
    const images = g.input(input, [batch, C, S, S]);
    return { logits: scoresOf(modelScope<Owner>(g), spec, images) };
  });
}

/**
 * What the head of a classifier sees of whole images.
 *
 * Inputs: the parameters by name, those of the head left out, and `images [B, C, S, S]`.
 * Output: `features [B, F]`.
 *
 * @param batch Images at a time.
 */
export function headInputGraph(
  spec: ImageClassifierSpec,
  batch: number,
): Result<Faults, Graph> {
  const { inChannels: C, imageSize: S } = spec.model;
  return traceGraph((g) => {
    const images = g.input("images", [batch, C, S, S]);
    return { features: headInputNodes(modelScope<Owner>(g), spec, images) };
  });
}

/**
 * Every parameter of a classifier: the encoder's under the model's names, the position
 * table `pos_embed`, and `head`; before it `fc_norm` or the norms of the taps.
 */
export const imageClassifierParameters: (
  spec: ImageClassifierSpec,
) => readonly ParameterSpec[] = memoized((spec: ImageClassifierSpec) => {
  const { inChannels: C, imageSize: S } = spec.model;
  return recorded<Owner>((scope) =>
    scoresOf(scope, spec, scope.g.input("images", [1, C, S, S]))
  ).parameters;
});
