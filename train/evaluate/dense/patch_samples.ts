/** Patches of many images as samples of a linear probe. */
import { type Result, right } from "../../../core/mod.ts";
import type { Batch, DataError } from "../../../data/mod.ts";
import type { LabelledFeatures } from "../../tasks/probe_batches.ts";
import { fromSource, type TrainError } from "../../train_error.ts";
import { type WorkOptions, yieldToOthers } from "../../work_options.ts";
import type { RowMaker } from "../image_rows.ts";

/** Patches that are wanted of the images of a source. */
export interface WantedPatches {
  /** Patches of an image, `L`. */
  readonly patches: number;
  /** Class of each patch of each image of the source, `[images, L]`. */
  readonly labels: Int32Array;
  /** Numbers of the patches that are wanted, `image · L + patch`, rising. */
  readonly drawn: Int32Array;
}

/** Place of the first of some rising numbers that is not below a bound. */
function placeOf(numbers: Int32Array, bound: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Numbers of the wanted patches of an image. */
const drawnOf = (
  { drawn, patches }: WantedPatches,
  image: number,
): Int32Array =>
  drawn.subarray(
    placeOf(drawn, image * patches),
    placeOf(drawn, (image + 1) * patches),
  );

/** Samples that are filled image by image. */
interface Filling {
  readonly width: number;
  readonly features: Float32Array;
}

/** Copies the wanted patches of a batch behind those of earlier ones; gives their number. */
function addPatches(
  { width, features }: Filling,
  rows: Float32Array,
  wanted: readonly Int32Array[],
  from: number,
  patches: number,
): number {
  let to = from;
  for (const [place, drawn] of wanted.entries()) {
    for (const at of drawn) {
      const first = (place * patches + at % patches) * width;
      features.set(rows.subarray(first, first + width), to * width);
      to++;
    }
  }
  return to;
}

/**
 * Makes samples of the patches of images in several ways: each image is made ready once.
 *
 * @param makers Each gives an image the features of its patches, one behind the other.
 * @param batches Images in order.
 * @param wanted The patches.
 * @param work Progress in images, and a signal that stops it.
 * @returns For each maker the features and classes of the wanted patches of all images that
 * could be read; or the first error.
 */
export async function patchSamples(
  makers: readonly RowMaker[],
  batches: AsyncIterable<Result<DataError, Batch>>,
  wanted: WantedPatches,
  { signal, onProgress }: WorkOptions = {},
): Promise<Result<TrainError, readonly LabelledFeatures[]>> {
  const { patches, drawn, labels: all } = wanted;
  const filling = makers.map(({ width }): Filling => ({
    width: width / patches,
    features: new Float32Array(drawn.length * width / patches),
  }));
  const labels: number[] = [];
  let images = 0;
  for await (const batch of batches) {
    if (batch._tag === "Left") {
      return { _tag: "Left", left: fromSource(batch.left) };
    }
    const { indices, images: pixels } = batch.right;
    const own = Array.from(indices, (image) => drawnOf(wanted, image));
    const before = labels.length;
    for (const one of own) for (const at of one) labels.push(all[at] ?? -1);
    for (const [k, maker] of makers.entries()) {
      const rows = await maker.rows(pixels);
      if (rows._tag === "Left") return rows;
      addPatches(filling[k]!, rows.right, own, before, patches);
      const goOn = await yieldToOthers(signal);
      if (goOn._tag === "Left") return goOn;
    }
    images += indices.length;
    onProgress?.(images);
  }
  return right(filling.map(({ width, features }) => ({
    width,
    features: features.subarray(0, labels.length * width),
    labels: Int32Array.from(labels),
  })));
}
