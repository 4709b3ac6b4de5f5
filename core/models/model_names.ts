/** Models by the names that other libraries give them. */
import { type Fault, left, type Result, right } from "../result.ts";
import { MODEL_PRESETS, type ModelName, type ModelSpec } from "./model_spec.ts";

/** Presets by the word for their size in the names of timm, MAE and transformers. */
export const SIZE_PRESETS = {
  tiny: "vit-ti",
  small: "vit-s",
  base: "vit-b",
  large: "vit-l",
  huge: "vit-h",
} as const satisfies Readonly<Record<string, ModelName>>;

const SIZE_WORDS = Object.keys(SIZE_PRESETS) as (keyof typeof SIZE_PRESETS)[];

/** A preset with the sizes that a name gives. */
export interface NamedModel {
  /** The preset. */
  readonly preset: ModelName;
  /** Side of a patch, pixels: the preset's where the name gives none. */
  readonly patchSize: number;
  /** Side of the images, pixels: the preset's where the name gives none. */
  readonly imageSize: number;
}

/** `vit_base_patch16_224`, `mae_vit_large_patch16`, `deit-tiny-patch16-224`, `vit-mae-base`, `vit_base_patch16_224_in21k`. */
const LONG =
  /^(?:(?:mae|mim)_)?(?:vit|deit)(?:_mae|_msn)?_(?<size>[a-z]+\d*)(?:_patch(?<patch>\d{1,4}))?(?:_(?<image>\d{1,5}))?(?:_in\d+k)*$/;

/** `ViT-B/16`, `vit_b_16`, `vit-b`, `dino-vitb16`. */
const SHORT =
  /^(?:dino_)?vit_?(?<size>ti|[tsblhg])(?:[_/]?(?<patch>\d{1,4}))?$/;

/** A name without capitals, organisation and tag of the weights, its words joined by `_`. */
const plainName = (name: string): string =>
  name.toLowerCase().replaceAll("-", "_").replace(/\.[^/]*$/, "")
    .replace(/^.*[:/](?!\d+$)/, "");

const presetOf = (size: string): ModelName | null =>
  SIZE_PRESETS[
    SIZE_WORDS.find((word) =>
      word === size || word[0] === size || size === "ti" && word === "tiny"
    )!
  ] ?? null;

const refuse = (found: string, wanted: string): Result<Fault, never> =>
  left({ _tag: "OutOfRange", path: "model", found, wanted });

const KNOWN = `one of ${Object.keys(MODEL_PRESETS).join(", ")}`;

/**
 * The preset that a name means: its own name, or that of the same Vision Transformer
 * in timm, MAE, LocalMIM, transformers, torchvision or the papers. Capitals, the
 * organisation before a name (`facebook/`) and the tag of its weights behind it
 * (`.augreg_in21k`) do not count.
 *
 * @see {@link https://huggingface.co/docs/timm/models/vision-transformer}
 *
 * @example
 * ```ts
 * import { modelNamed } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * deepStrictEqual(modelNamed("vit_base_patch32_384.augreg_in21k_ft_in1k"), {
 *   _tag: "Right",
 *   right: { preset: "vit-b", patchSize: 32, imageSize: 384 },
 * });
 * ```
 */
export function modelNamed(name: string): Result<Fault, NamedModel> {
  const own = Object.keys(MODEL_PRESETS).find((known) => known === name);
  const plain = plainName(name);
  const found = SHORT.exec(plain) ?? LONG.exec(plain);
  const { size = "", patch, image } = found?.groups ?? {};
  const preset = own as ModelName | undefined ?? presetOf(size);
  if (preset === null) {
    return refuse(
      name,
      found === null
        ? `${KNOWN}, or timm's name of a plain Vision Transformer`
        : `a size that has a preset (${SIZE_WORDS.join(", ")}), or ${KNOWN}`,
    );
  }
  const { patchSize, imageSize } = MODEL_PRESETS[preset];
  return right({
    preset,
    patchSize: Number(patch ?? patchSize),
    imageSize: Number(image ?? imageSize),
  });
}

/**
 * timm's name of the Vision Transformer with a model's width, depth, heads and side of
 * a patch.
 *
 * @param model The model; its images may have any size.
 * @returns For example `vit_base_patch16_224`; `null` if timm has none of these sizes.
 */
export function timmModelName(model: ModelSpec): string | null {
  const word = SIZE_WORDS.find((word) => {
    const preset = MODEL_PRESETS[SIZE_PRESETS[word]];
    return (["embedDim", "depth", "numHeads", "patchSize"] as const)
      .every((field) => preset[field] === model[field]);
  });
  return word === undefined ? null : `vit_${word}_patch${model.patchSize}_224`;
}
