/** Regularisation of fine-tuning: mixup, CutMix, smoothed classes, stochastic depth. */
import {
  betaDraw,
  epochKey,
  type Key,
  type MixingConfig,
  split,
  uniforms,
} from "../../core/mod.ts";
import type { Batch } from "../../data/mod.ts";
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

/**
 * Images of a batch after mixing.
 *
 * @param batch Images `[B, C, S, S]`.
 * @returns As many images; the batch stays as it is.
 */
export function mixImages(
  mixing: Mixing,
  { images, shape: [count, channels, height, width] }: Pick<
    Batch,
    "images" | "shape"
  >,
): Float32Array {
  if (mixing._tag === "None") return images;
  const size = channels * height * width;
  const out = images.slice();
  const partnerOf = (sample: number): number => (count - 1 - sample) * size;
  for (let sample = 0; sample < count; sample++) {
    const [own, other] = [sample * size, partnerOf(sample)];
    if (mixing._tag === "Mixup") {
      const { lambda } = mixing;
      for (let i = 0; i < size; i++) {
        out[own + i] = lambda * images[own + i]! +
          (1 - lambda) * images[other + i]!;
      }
      continue;
    }
    const { top, bottom, left, right } = mixing.box;
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
