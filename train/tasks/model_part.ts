/** Parts of a Vision Transformer in words, and the activations of its blocks. */
import {
  type FreezePlan,
  layerOfOwner,
  type NodeId,
  type Owner,
} from "../../core/mod.ts";
import type { ActivationGraph } from "../engine/task.ts";

/** A part of a model, counted from 1. */
function nameOfPart(owner: Owner, stage: (index: number) => string): string {
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
 * @param stage Words for the parts of a stage, by its number from 0; by default its norm and decoder.
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

/** The parts of tensors in words, by the names of the tensors; empty for unknown ones. */
export function partsByName(
  tensors: readonly { readonly name: string; readonly owner: Owner }[],
  part: (owner: Owner) => string,
): (name: string) => string {
  const owners = new Map(tensors.map(({ name, owner }) => [name, owner]));
  return (name) => {
    const owner = owners.get(name);
    return owner === undefined ? "" : part(owner);
  };
}

/** Names and parts of what the first blocks of a model give. */
export const blockActivations = (
  count: number,
  part: (owner: Owner) => string,
): ActivationGraph["activations"] =>
  Array.from({ length: count }, (_, index) => ({
    name: `blocks.${index}`,
    part: part({ _tag: "Block", index }),
  }));

/** Outputs of these blocks as those of a graph, under these names. */
export const blockOutputs = (
  blocks: readonly NodeId[],
): Readonly<Record<string, NodeId>> =>
  Object.fromEntries(blocks.map((id, index) => [`blocks.${index}`, id]));
