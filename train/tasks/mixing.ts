/** Regularisation of fine-tuning: mixup, CutMix, smoothed classes, stochastic depth. */
import {
  betaDraw,
  epochKey,
  type Key,
  type MixingConfig,
  split,
  uniforms,
} from "../../core/mod.ts";
import type { Batch, LevelBatch } from "../../data/mod.ts";
import type { Images } from "./batch_images.ts";
import type { EpochDraw } from "./batch_tensors.ts";

/** A rectangle of pixels, the ends not included. */
export interface CutBox {
  /** First row. */
  readonly top: number;
  /** Row behind the last. */
  readonly bottom: number;
  /** First column. */
  readonly left: number;
  /** Column behind the last. */
  readonly right: number;
}

/** Mixing of a batch. Its partner is the batch in opposite order. */
export type Mixing =
  /** Nothing. */
  | { readonly _tag: "None" }
  /** `λ·image + (1 − λ)·partner`. */
  | { readonly _tag: "Mixup"; readonly lambda: number }
  /** The partner's pixels in a box; `λ` is the part of the image that is left. */
  | { readonly _tag: "CutMix"; readonly lambda: number; readonly box: CutBox };

const clamp = (x: number, most: number): number =>
  Math.min(Math.max(x, 0), most);

/** A box of `1 − λ` of the area around a random pixel, cut at the border. */
function cutBox(key: Key, lambda: number, side: number): CutBox {
  const half = Math.floor(Math.floor(side * Math.sqrt(1 - lambda)) / 2);
  const [u = 0, v = 0] = uniforms(key, 2);
  const [y, x] = [Math.floor(u * side), Math.floor(v * side)];
  return {
    top: clamp(y - half, side),
    bottom: clamp(y + half, side),
    left: clamp(x - half, side),
    right: clamp(x + half, side),
  };
}

/**
 * Draws the mixing of a batch.
 *
 * @param side Side of the square images, pixels.
 * @see Zhang et al., mixup, 2018; Yun et al., CutMix, 2019, section 3.
 */
export function drawMixing(
  config: MixingConfig,
  side: number,
  key: Key,
): Mixing {
  const { mixupAlpha, cutmixAlpha, probability, switchProbability } = config;
  const [u = 0, v = 0] = uniforms(split(key, "choice"), 2);
  if (u >= probability || (mixupAlpha === 0 && cutmixAlpha === 0)) {
    return { _tag: "None" };
  }
  const cuts = cutmixAlpha > 0 && (mixupAlpha === 0 || v < switchProbability);
  const alpha = cuts ? cutmixAlpha : mixupAlpha;
  const lambda = betaDraw(split(key, "lambda"), alpha, alpha);
  if (!cuts) return { _tag: "Mixup", lambda };
  const box = cutBox(split(key, "box"), lambda, side);
  const area = (box.bottom - box.top) * (box.right - box.left);
  return { _tag: "CutMix", lambda: 1 - area / side ** 2, box };
}

/** `λ·image + (1 − λ)·partner` of numbers. */
function mixedNumbers(
  lambda: number,
  images: Float32Array,
  count: number,
): Float32Array {
  const size = images.length / count;
  const out = new Float32Array(images.length);
  for (let sample = 0; sample < count; sample++) {
    const [own, other] = [sample * size, (count - 1 - sample) * size];
    for (let i = 0; i < size; i++) {
      out[own + i] = lambda * images[own + i]! +
        (1 - lambda) * images[other + i]!;
    }
  }
  return out;
}

/** The same of levels: numbers between those of two levels, equal to the bit. */
function mixedLevels(
  lambda: number,
  { images, levels }: Pick<LevelBatch, "images" | "levels">,
  count: number,
): Float32Array {
  const size = images.length / count;
  const plane = size / levels.length;
  const out = new Float32Array(images.length);
  levels.forEach((table, c) => {
    const [most, rest] = [lambda, 1 - lambda].map((part) =>
      Float64Array.from(table, (number) => part * number)
    ) as [Float64Array, Float64Array];
    for (let sample = 0; sample < count; sample++) {
      const own = sample * size + c * plane;
      const other = (count - 1 - sample) * size + c * plane;
      for (let i = 0; i < plane; i++) {
        out[own + i] = most[images[own + i]!]! + rest[images[other + i]!]!;
      }
    }
  });
  return out;
}

/** Images with a box of their partners, in numbers or in levels. */
function cutMixed<Pixels extends Float32Array | Uint8Array>(
  { top, bottom, left, right }: CutBox,
  images: Pixels,
  [count, channels, height, width]: Batch["shape"],
): Pixels {
  const size = channels * height * width;
  const out = images.slice() as Pixels;
  for (let sample = 0; sample < count; sample++) {
    const [own, other] = [sample * size, (count - 1 - sample) * size];
    for (let c = 0; c < channels; c++) {
      for (let y = top; y < bottom; y++) {
        const row = (c * height + y) * width;
        const part = images.subarray(other + row + left, other + row + right);
        out.set(part, own + row + left);
      }
    }
  }
  return out;
}

/**
 * Images of a batch after mixing. Levels stay levels but in mixup, whose numbers lie
 * between those of levels.
 *
 * @param batch Images `[B, C, S, S]`.
 * @returns As many images; the batch stays as it is.
 */
export function mixImages(
  mixing: Mixing,
  batch: Images & Pick<Batch, "shape">,
): Images {
  const { shape } = batch;
  switch (mixing._tag) {
    case "None":
      return batch;
    case "Mixup":
      return {
        images: "levels" in batch
          ? mixedLevels(mixing.lambda, batch, shape[0])
          : mixedNumbers(mixing.lambda, batch.images, shape[0]),
      };
    case "CutMix":
      return "levels" in batch
        ? {
          images: cutMixed(mixing.box, batch.images, shape),
          levels: batch.levels,
        }
        : { images: cutMixed(mixing.box, batch.images, shape) };
  }
}

/**
 * Classes of a batch as distributions: `1 − s + s/classes` for the class and
 * `s/classes` for each other, mixed as the images are.
 *
 * @param labels Classes, `[B]`; −1 is none and fails.
 * @param smoothing `s`.
 * @returns `[B, classes]`, each row with sum 1.
 * @see Szegedy et al., Rethinking the Inception Architecture, 2016, section 7.
 */
export function mixTargets(
  mixing: Mixing,
  labels: Int32Array,
  classes: number,
  smoothing: number,
): Float32Array {
  const off = smoothing / classes;
  const lambda = mixing._tag === "None" ? 1 : mixing.lambda;
  const targets = new Float32Array(labels.length * classes).fill(off);
  labels.forEach((label, sample) => {
    const partner = labels[labels.length - 1 - sample] ?? 0;
    const add = (to: number, part: number): void => {
      const at = sample * classes + to;
      targets[at] = (targets[at] ?? NaN) + part * (1 - smoothing);
    };
    add(label, lambda);
    add(partner, 1 - lambda);
  });
  return targets;
}

/**
 * Factors of the branches of every block: 0 where a branch is dropped, else
 * `1/(1 − p)`. Block `i` of `depth` drops with probability `p = rate·i/(depth − 1)`.
 * The factors of a sample are a function of seed, epoch and its index.
 *
 * @param rate Probability in the last block, in `[0, 1)`.
 * @returns `[B, 2·depth]`: attention, then MLP of each block.
 * @see Huang et al., Deep Networks with Stochastic Depth, 2016.
 */
export function branchFactors(
  rate: number,
  depth: number,
  indices: Int32Array,
  { seed, epoch }: EpochDraw,
): Float32Array {
  const factors = new Float32Array(2 * depth * indices.length);
  indices.forEach((index, sample) => {
    const key = split(split(epochKey(seed, epoch), index), "dropPath");
    uniforms(key, 2 * depth).forEach((u, branch) => {
      const block = Math.floor(branch / 2);
      const drop = depth === 1 ? rate : rate * block / (depth - 1);
      factors[sample * 2 * depth + branch] = u < drop ? 0 : 1 / (1 - drop);
    });
  });
  return factors;
}
