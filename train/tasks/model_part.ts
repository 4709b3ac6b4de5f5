/**
 * Parts of a Vision Transformer in words.
 *
 * @module
 */
import { type FreezePlan, layerOfOwner, type Owner } from "../../core/mod.ts";

/** A part of a model, counted from 1. */
function nameOfPart(
  owner: Owner,
  stage: (index: number) => string,
): string {
  switch (owner._tag) {
    case "ClassToken":
      return "the class token";
    case "PatchEmbed":
      return "the patch embedding";
    case "Block":
      return `block ${owner.index + 1}`;
    case "Stage":
      return stage(owner.index);
  }
}

const decoderOf = (stage: number): string =>
  `norm and decoder of stage ${stage + 1}`;

/**
 * A part of a model and its layer in words, for example `block 3, layer 3`.
 *
 * @param plan Its layers, numbered from 0.
 * @param owner The part.
 * @param stage What belongs to a stage, by its number from 0; by default its norm and decoder.
 */
export function describePart(
  plan: FreezePlan,
  owner: Owner,
  stage: (index: number) => string = decoderOf,
): string {
  const layer = layerOfOwner(plan)(owner);
  const place = layer === null ? "in no layer" : `layer ${layer}`;
  return `${nameOfPart(owner, stage)}, ${place}`;
}
