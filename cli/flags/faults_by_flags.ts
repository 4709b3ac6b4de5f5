/**
 * Faults in the words of the command line.
 *
 * @module
 */
import type { Fault, Faults } from "../../core/mod.ts";

/** Flag that sets a field, by the path of the field in one configuration or another. */
const FLAG_OF_FIELD: ReadonlyMap<string, string> = new Map([
  ["model.imageSize", "image-size"],
  ["model.patchSize", "patch-size"],
  ["model.numHeads", "heads"],
  ["model.maskRatio", "mask-ratio"],
  ["model.hogNbins", "hog-nbins"],
  ["model.depth", "depth"],
  ["model.width", "width"],
  ["training.epochs", "epochs"],
  ["training.warmupEpochs", "warmup-epochs"],
  ["training.batchSize", "batch-size"],
  ["training.accumIter", "accum-iter"],
  ["training.seed", "seed"],
  ["rate.endRate", "min-lr"],
  ["rate.mode.power", "lr-lr"],
  ["rate.stagePower", "sr-lr"],
  ["rate.layerDecay", "layer-decay"],
  ["optimizer.weightDecay", "weight-decay"],
  ["freeze.t0", "t0"],
  ["dropPath", "drop-path"],
  ["emaDecay", "ema"],
  ["clipGrad", "clip-grad"],
  ["prefix", "prefix"],
  ["classes", "classes"],
  ["saving", "saving"],
]);

/** The same by the last part of the path, as other fields and smaller configurations have it. */
const FLAG_OF_NAME: ReadonlyMap<string, string> = new Map(
  [...FLAG_OF_FIELD].map(([field, flag]) => [
    field.slice(field.lastIndexOf(".") + 1),
    flag,
  ]),
);

/** Names of fields in a sentence: those with a capital letter, and all that stand alone in brackets. */
const MENTIONED = /\b[a-z]+[A-Z]\w*|(?<=\()[a-z]+(?=\))/g;

/** What the number of samples is called: no flag sets it, but where a plan is made without images. */
export const IMAGES_OF_EPOCH = "images to learn from";

/**
 * A sentence with flags in place of the fields that it mentions.
 *
 * @param sentence What is wanted.
 */
export const withFlags = (sentence: string): string =>
  sentence.replace(MENTIONED, (name) => {
    const flag = FLAG_OF_NAME.get(name);
    return flag === undefined ? name : `--${flag}`;
  });

/**
 * What a field is called on the command line.
 *
 * @param path Its path in a configuration.
 * @returns The flag, or `undefined` where none sets it.
 */
export function flagOf(path: string): string | undefined {
  if (path === "samples") return IMAGES_OF_EPOCH;
  const flag = FLAG_OF_FIELD.get(path) ?? FLAG_OF_NAME.get(path);
  return flag === undefined ? undefined : `--${flag}`;
}

/**
 * Names faults of a configuration or plan by the flags that set the fields.
 *
 * @param faults Faults with paths into the configuration.
 */
export function namedByFlags([first, ...others]: Faults): Faults {
  const named = (fault: Fault): Fault => ({
    ...fault,
    path: flagOf(fault.path) ?? fault.path,
    wanted: withFlags(fault.wanted),
  });
  return [named(first), ...others.map(named)];
}
