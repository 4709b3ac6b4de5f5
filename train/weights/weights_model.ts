/**
 * Sizes of an encoder, read off its weights.
 *
 * @module
 */
import {
  checkModel,
  type Faults,
  left,
  MODEL_PRESETS,
  type ModelSpec,
  type Result,
} from "../../core/mod.ts";
import type { StoredTensor } from "../safetensors.ts";

/** Heads of the usual models by width and depth; their weights do not tell. */
const USUAL_HEADS: ReadonlyMap<string, number> = new Map([
  ["192 12", 3],
  ["384 12", 6],
  ["768 12", 12],
  ["1024 24", 16],
  ["1280 32", 16],
]);

/** What weights do not tell. */
export interface UnseenSizes {
  /** Heads; those of the usual model of this width and depth when left out. */
  readonly numHeads?: number | undefined;
  /** Side of the images, pixels; that of the position table when left out. */
  readonly imageSize?: number | undefined;
}

const refuse = (
  path: string,
  found: unknown,
  wanted: string,
): Result<Faults, never> =>
  left([{ _tag: "Inconsistent", path, found, wanted }]);

/** One more than the highest number of a block. */
function depthOf(names: Iterable<string>, prefix: string): number {
  const start = `${prefix}blocks.`;
  let depth = 0;
  for (const name of names) {
    const [block = ""] = name.startsWith(start)
      ? name.slice(start.length).split(".", 1)
      : [];
    if (/^\d{1,6}$/.test(block)) depth = Math.max(depth, Number(block) + 1);
  }
  return depth;
}

/** A model with these encoder sizes; its decoders are those of the smallest preset. */
export function encoderModel(
  sizes: Pick<
    ModelSpec,
    | "imageSize"
    | "patchSize"
    | "inChannels"
    | "embedDim"
    | "depth"
    | "numHeads"
    | "mlpRatio"
  >,
): Result<Faults, ModelSpec> {
  const stages = [{ tap: sizes.depth - 1, scale: 1, weight: 1 }];
  return checkModel({ ...MODEL_PRESETS.nano, ...sizes, stages });
}

/**
 * The encoder that some weights are of, with one tap behind the last block.
 *
 * @param tensors Tensors by their names in a file.
 * @param prefix What stands before the encoder's names.
 * @param unseen What weights do not tell.
 * @returns Its sizes, or what has to be said beside the weights.
 */
export function weightsModel(
  tensors: ReadonlyMap<string, StoredTensor>,
  prefix: string,
  unseen: UnseenSizes,
): Result<Faults, ModelSpec> {
  const shapeOf = (name: string) => tensors.get(prefix + name)?.shape ?? [];
  const [embedDim = 0, inChannels = 0, patchSize = 0] = shapeOf(
    "patch_embed.proj.weight",
  );
  const [hidden = 0] = shapeOf("blocks.0.mlp.fc1.weight");
  const depth = depthOf(tensors.keys(), prefix);
  const grid = Math.floor(Math.sqrt(shapeOf("pos_embed").at(-2) ?? 0));
  const imageSize = unseen.imageSize ?? grid * patchSize;
  const numHeads = unseen.numHeads ?? USUAL_HEADS.get(`${embedDim} ${depth}`);
  if (numHeads === undefined) {
    const wanted =
      `the heads of a model of width ${embedDim} and depth ${depth}`;
    return refuse("numHeads", undefined, wanted);
  }
  if (imageSize === 0) {
    return refuse("imageSize", undefined, "a side, for there is no pos_embed");
  }
  const mlpRatio = hidden / embedDim;
  return encoderModel({
    imageSize,
    patchSize,
    inChannels,
    embedDim,
    depth,
    numHeads,
    mlpRatio,
  });
}
