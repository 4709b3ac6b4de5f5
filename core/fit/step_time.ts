/** Times of steps that were measured, and of others by their operations. */
import type { ModelSpec } from "../models/model_spec.ts";

/** A step of a model that was timed, with its images. */
export interface TimedModel {
  /** The model. */
  readonly model: ModelSpec;
  /** Floating-point operations of a step before anything freezes, for one image. */
  readonly flops: number;
  /** Images of the step. */
  readonly images: number;
  /** Seconds of the step, above 0. */
  readonly seconds: number;
}

/** A model of which a step's time is wanted. */
export type WantedTime = Pick<TimedModel, "model" | "flops">;

/**
 * Operations a second where nothing has been measured: what plain JavaScript does on one
 * core, so that the first model to be timed is one that every device can.
 */
const FIRST_GUESS = 1e9;

/**
 * Growth of the time of an image with its operations, between models: engines do more
 * operations a second the larger the matrices are.
 *
 * Measured on two cores in native code: 16 · 10⁹ a second with `nano`, 60 · 10⁹ with
 * `vit-ti`, which has 32 times as many.
 */
const WITH_FLOPS = 0.6;

const secondsOfImage = ({ seconds, images }: TimedModel): number =>
  seconds / images;

/** True if two models have steps of the same graph. */
const isSame = (a: ModelSpec, b: ModelSpec): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** The steps of a model among those that were timed. */
export const timesOf = (
  { model }: Pick<WantedTime, "model">,
  timed: readonly TimedModel[],
): readonly TimedModel[] => timed.filter((one) => isSame(one.model, model));

const nearest = (
  timed: readonly TimedModel[],
  distance: (one: TimedModel) => number,
): TimedModel | undefined =>
  timed.toSorted((a, b) => distance(a) - distance(b))[0];

/** How many times one number is the other, whichever is greater. */
const apart = (a: number, b: number): number => Math.abs(Math.log(a / b));

/** What was timed. */
export interface TimedModels {
  /** The steps; without any a slow device is assumed. */
  readonly timed: readonly TimedModel[];
  /** True if nothing is to be guessed from them. */
  readonly isLast: boolean;
}

/**
 * Seconds that an image takes in the steps of a model: as timed, in steps of the most
 * similar size, or else by the operations of the most similar model that was timed.
 *
 * A model that was not timed is promised the gain of its size; it is for the caller to
 * time it before it is chosen. Where nothing is guessed it takes for ever.
 *
 * @returns A function from a model and the images of its steps to seconds.
 */
export function imageSeconds(
  { timed, isLast }: TimedModels,
): (wanted: WantedTime, images: number) => number {
  return (wanted, images) => {
    const own = nearest(
      timesOf(wanted, timed),
      (one) => apart(one.images, images),
    );
    if (own !== undefined) return secondsOfImage(own);
    if (isLast) return Infinity;
    const other = nearest(timed, ({ flops }) => apart(flops, wanted.flops));
    return other === undefined
      ? wanted.flops / FIRST_GUESS
      : secondsOfImage(other) * (wanted.flops / other.flops) ** WITH_FLOPS;
  };
}
