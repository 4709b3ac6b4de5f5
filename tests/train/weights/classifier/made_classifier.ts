/**
 * Classifiers made for tests, none of whose parameters is 0 or 1.
 *
 * @module
 */
import sharp from "sharp";
import {
  type HeadInput,
  imageClassifierParameters,
  initialValues,
  type ModelSpec,
  rootKey,
  split,
  uniforms,
} from "../../../../core/mod.ts";
import { IMAGENET_NORMALIZATION } from "../../../../data/mod.ts";
import {
  exportClassifier,
  type OpenedClassifier,
  orThrow,
} from "../../../../train/mod.ts";
import { TINY_MODEL } from "../../tiny_run.ts";

/** A small encoder of colour pictures. */
export const COLOUR_MODEL: ModelSpec = {
  ...TINY_MODEL,
  imageSize: 32,
  patchSize: 8,
  inChannels: 3,
  embedDim: 16,
  numHeads: 4,
};

/** Names of classes with characters that files and pages treat as their own. */
export const CLASS_NAMES = ["cat", "dog, wet", 'the "other"', "naïve_*fox*"];

/** A classifier of these names. */
export function madeClassifier(
  headInput: HeadInput,
  model: ModelSpec = COLOUR_MODEL,
): OpenedClassifier {
  const spec = { model, headInput, classes: CLASS_NAMES.length };
  const key = rootKey(21);
  const parameters = imageClassifierParameters(spec).map((parameter) => {
    const { name } = parameter;
    const first = initialValues(parameter, split(key, name));
    const noise = uniforms(split(rootKey(22), name), first.length);
    const size = name.startsWith("head") ? 4 : 0.4;
    return [name, first.map((v, i) => v + size * (noise[i]! - 0.5))] as const;
  });
  return {
    ...spec,
    parameters: new Map(parameters),
    classNames: CLASS_NAMES,
    normalization: IMAGENET_NORMALIZATION,
    ...{ resizeSize: 32, background: "white" },
    ...{ path: "made", steps: null, skipped: [] },
  };
}

/** Writes noise of the model's own size, so that nobody has to resize it; gives the paths. */
export async function writeNoise(
  folder: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const paths = names.map((name) => `${folder}/${name}.png`);
  for (const [k, path] of paths.entries()) {
    const levels = uniforms(split(rootKey(13), k), 32 * 32 * 3);
    const pixels = Uint8Array.from(levels, (u) => Math.floor(256 * u));
    const raw = { width: 32, height: 32, channels: 3 } as const;
    await sharp(pixels, { raw }).png().toFile(path);
  }
  return paths;
}

/** Writes a classifier for the programs; gives its folder. */
export async function writeMade(folder: string): Promise<string> {
  const made = madeClassifier("normOfMean");
  const card = { title: "Made", history: [] };
  orThrow(await exportClassifier(`${folder}/made`, { ...made, ...card }));
  return `${folder}/made`;
}
