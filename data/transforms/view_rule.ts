/**
 * How a view is chosen, as data, so that it can be sent to a worker.
 *
 * @module
 */
import { sampleKey } from "../../core/mod.ts";
import type { Size } from "../image/image_source.ts";
import type { EvalTransform, LearningTransform } from "./transform.ts";
import { evalView, learningView, type View } from "./view.ts";

/** A random view that belongs to an epoch of a run. */
export interface TrainRule {
  /** What is done to the images. */
  readonly transform: LearningTransform;
  /** Seed of the run. */
  readonly seed: number;
  /** Epoch, counted from 0. */
  readonly epoch: number;
}

/** The same view every time. */
export interface EvalRule {
  /** What is done to the images. */
  readonly transform: EvalTransform;
}

/** Which pixels of images are seen. */
export type ViewRule = TrainRule | EvalRule;

/**
 * The view of one image: a function of the rule, of the index of the image in
 * its source, and of its size.
 *
 * @param rule How views are chosen.
 * @param index The image, in `[0, length)` of its source.
 * @returns From the size of the image in pixels to the geometry.
 */
export function viewBy(rule: ViewRule, index: number): (image: Size) => View {
  if (!("seed" in rule)) return (image) => evalView(rule.transform, image);
  const { transform, seed, epoch } = rule;
  return (image) =>
    learningView(
      transform,
      image,
      (purpose) => sampleKey(seed, epoch, index, purpose),
    );
}
