/** Sizes of an encoder, read off its weights. */
import {
  checkModel,
  type Fault,
  type Faults,
  left,
  MODEL_PRESETS,
  type ModelSpec,
  type Result,
  right,
  SIZE_PRESETS,
} from "../../../core/mod.ts";
import { POSITION_TABLE, tableRows } from "./encoder_positions.ts";
import {
  encoderShape,
  type EncoderTensors,
  tensorFault,
} from "./encoder_tensors.ts";

/** Heads of the preset of this width and depth, which cannot be read off weights. */
const usualHeads = (width: number, depth: number): number | undefined =>
  Object.values(SIZE_PRESETS).map((name) => MODEL_PRESETS[name])
    .find((preset) => preset.embedDim === width && preset.depth === depth)
    ?.numHeads;

/** Sizes that cannot be read off weights. */
export interface UnseenSizes {
  /** Heads; those of the usual model of this width and depth when left out. */
  readonly numHeads?: number | undefined;
  /** Side of the images, pixels; that of the position table when left out. */
  readonly imageSize?: number | undefined;
  /** `ε` of the layer normalisations; that of the library whose names they have when left out. */
  readonly layerNormEps?: number | undefined;
}

const refuse = (
  path: string,
  found: unknown,
  wanted: string,
): Result<Faults, never> => left([tensorFault(path, found, wanted)]);

/** One more than the highest number of a block. */
function depthOf({ sources }: EncoderTensors): number {
  let depth = 0;
  for (const name of sources.keys()) {
    const [, block] = /^blocks\.(\d{1,6})\./.exec(name) ?? [];
    if (block !== undefined) depth = Math.max(depth, Number(block) + 1);
  }
  return depth;
}

/**
 * Sizes by which an encoder in a file is not the wanted one; each tensor would say it
 * again.
 */
export function unlikeSizes(
  file: EncoderTensors,
  { embedDim, inChannels, patchSize, depth }: ModelSpec,
): readonly Fault[] {
  const patches = "patch_embed.proj.weight";
  const shape = encoderShape(file, patches);
  const wanted = [embedDim, inChannels, patchSize, patchSize];
  const [found, blocks] = [`float32 [${shape.join(", ")}]`, depthOf(file)];
  const path = file.prefix + patches;
  return [
    ...String(shape) === String(wanted)
      ? []
      : [tensorFault(path, found, `float32 [${wanted.join(", ")}]`)],
    ...blocks === depth
      ? []
      : [tensorFault(`${file.prefix}blocks`, blocks, String(depth))],
  ];
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
    | "layerNormEps"
  >,
): Result<Faults, ModelSpec> {
  const stages = [{ tap: sizes.depth - 1, scale: 1, weight: 1 }];
  return checkModel({ ...MODEL_PRESETS.nano, ...sizes, stages });
}

/** An MLP's first layer, whose shape says its width. */
const FIRST_LAYER = "blocks.0.mlp.fc1.weight";

/** Side of the images that a position table is for, pixels. */
function sideOf(
  file: EncoderTensors,
  patchSize: number,
): Result<Faults, number> {
  const rows = encoderShape(file, POSITION_TABLE).at(-2);
  if (rows === undefined) {
    const path = file.prefix + POSITION_TABLE;
    return refuse(path, undefined, "a table of positions");
  }
  const divided = tableRows(rows, file.sources.has("cls_token"));
  return divided._tag === "Left"
    ? left([divided.left])
    : right(divided.right.grid * patchSize);
}

/**
 * The encoder that some weights are of, with one tap behind the last block.
 *
 * @returns Its sizes, or what has to be said beside the weights.
 */
export function weightsModel(
  file: EncoderTensors,
  unseen: UnseenSizes,
): Result<Faults, ModelSpec> {
  const [embedDim = 0, inChannels = 0, patchSize = 0] = encoderShape(
    file,
    "patch_embed.proj.weight",
  );
  const [hidden] = encoderShape(file, FIRST_LAYER);
  if (hidden === undefined) {
    const found = [...file.sources.keys()].filter((name) =>
      name.startsWith("blocks.0.")
    );
    return refuse(file.prefix + FIRST_LAYER, found, "the weights of an MLP");
  }
  const depth = depthOf(file);
  const side = unseen.imageSize === undefined
    ? sideOf(file, patchSize)
    : right(unseen.imageSize);
  if (side._tag === "Left") return side;
  const numHeads = unseen.numHeads ?? usualHeads(embedDim, depth);
  if (numHeads === undefined) {
    const wanted =
      `the heads of a model of width ${embedDim} and depth ${depth}`;
    return refuse("numHeads", undefined, wanted);
  }
  return encoderModel({
    imageSize: side.right,
    patchSize,
    inChannels,
    embedDim,
    depth,
    numHeads,
    mlpRatio: hidden / embedDim,
    layerNormEps: unseen.layerNormEps ?? file.naming.layerNormEps,
  });
}
