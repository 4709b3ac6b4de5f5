/**
 * What stands before the names of an encoder in a file.
 *
 * @module
 */
import {
  excerpt,
  type Fault,
  left,
  type Result,
  right,
} from "../../../core/mod.ts";
import { type EncoderNaming, NAMINGS } from "./encoder_names.ts";

/** Where the encoder is among the tensors of a file. */
export interface EncoderPlace {
  /** What stands before its names, possibly nothing. */
  readonly prefix: string;
  /** How they are named. */
  readonly naming: EncoderNaming;
}

const refuse = (found: unknown, wanted: string): Result<Fault, never> =>
  left({ _tag: "Inconsistent", path: "prefix", found, wanted });

/** Names of other networks, and what they are. */
const STRANGERS: readonly (readonly [RegExp, string])[] = [
  [/(^|\.)transformer\.resblocks\.0\./, "CLIP's encoder"],
  [/(^|\.)vision_model\.encoder\.layers\.0\./, "CLIP's or SigLIP's encoder"],
  [/(^|\.)layers\.0\.blocks\.0\./, "a Swin Transformer"],
  [/(^|\.)stages\.0\./, "a network of stages, such as ConvNeXt"],
  [/(^|\.)layer1\.0\.conv1\./, "a ResNet"],
  [/(^|\.)Transformer\/encoderblock_0\//, "JAX's weights of a ViT"],
];

/** Why there is no encoder in a file. */
function refuseNames(names: readonly string[]): Result<Fault, never> {
  const wanted = `a Vision Transformer's tensor ${NAMINGS[0]?.landmark}`;
  const stranger = STRANGERS.find(([pattern]) =>
    names.some((name) => pattern.test(name))
  );
  return refuse(stranger?.[1] ?? names.slice(0, 3), wanted);
}

/** All encoders in a file. */
function placesIn(names: readonly string[]): readonly EncoderPlace[] {
  return NAMINGS.flatMap((naming) => {
    const { landmark } = naming;
    return names
      .filter((name) => name === landmark || name.endsWith(`.${landmark}`))
      .map((name) => ({ prefix: name.slice(0, -landmark.length), naming }));
  });
}

/** Of more encoders none is looked into. */
const MOST_COMPARED = 50;

const quoted = (places: readonly EncoderPlace[]): string =>
  excerpt(places.map(({ prefix }) => `"${prefix}"`).join(", "));

/**
 * Finds the encoder in a file: the only one that there is, whatever stands before its
 * names, or the one that is asked for.
 *
 * @param names Names of the tensors of the file.
 * @param asked The prefix, if it is known, for example `teacher.backbone.`; its last
 * dot may be left out.
 * @param fits Which of several could be meant; any when left out.
 * @returns Its place, or why none can be taken without asking: there is no encoder, or
 * there are several.
 */
export function findEncoder(
  names: readonly string[],
  asked?: string,
  fits: (place: EncoderPlace) => boolean = () => true,
): Result<Fault, EncoderPlace> {
  const places = placesIn(names);
  if (places.length === 0) return refuseNames(names);
  if (asked !== undefined) {
    const known = places.find(({ prefix }) =>
      prefix === asked || prefix === `${asked}.`
    );
    return known !== undefined
      ? right(known)
      : refuse(asked, `one of ${quoted(places)}`);
  }
  const isCompared = places.length > 1 && places.length <= MOST_COMPARED;
  const fitting = isCompared ? places.filter(fits) : places;
  const [only = places[0]!, ...others] = fitting;
  return fitting.length > 0 && others.length === 0
    ? right(only)
    : refuse(undefined, `one of ${quoted(places)}, for there are several`);
}

/**
 * Finds what stands before the encoder's names.
 *
 * @param names Names of the tensors of a file.
 * @param asked The prefix, if it is known, for example `teacher.backbone.`.
 * @returns The prefix, possibly empty, or why none can be taken without asking; see
 * `findEncoder`.
 *
 * @example
 * ```ts
 * import { encoderPrefix } from "@vitfreeze/vitfreeze/train";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const names = ["module.encoder.patch_embed.proj.weight", "module.head.weight"];
 * deepStrictEqual(encoderPrefix(names), { _tag: "Right", right: "module.encoder." });
 * ```
 */
export function encoderPrefix(
  names: readonly string[],
  asked?: string,
): Result<Fault, string> {
  const place = findEncoder(names, asked);
  return place._tag === "Left" ? place : right(place.right.prefix);
}
