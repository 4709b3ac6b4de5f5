/** An encoder from a path: a run, a hub's folder or a file. */
import {
  checkModel,
  describeFaults,
  type Fault,
  type Faults,
  left,
  type ModelSpec,
  type Result,
  right,
  type Shape,
} from "../../core/mod.ts";
import type { SkippedCheckpoint } from "../run/latest_checkpoint.ts";
import type { ChooseTensors, Weights } from "../files/tensor_data.ts";
import type { HostTensors } from "../engine/tensors.ts";
import type { TrainError } from "../train_error.ts";
import {
  type EncoderPlace,
  encoderSources,
  findEncoder,
} from "./encoder/encoder_names.ts";
import {
  type EncoderReport,
  encoderStart,
  type EncoderStartOptions,
} from "./encoder/encoder_start.ts";
import {
  type EncoderTensors,
  encoderTensors,
} from "./encoder/encoder_tensors.ts";
import { unlikeParts } from "./encoder/foreign_parts.ts";
import { findWeights, type FoundWeights } from "./find_weights.ts";
import { sizeFaults, type StatedEncoder } from "./hub_config.ts";
import type { ImagePreparation } from "./image_preparation.ts";
import type { EncoderNormalization } from "./image_statistics.ts";
import {
  unlikeSizes,
  type UnseenSizes,
  weightsModel,
} from "./encoder/encoder_sizes.ts";

/** An encoder and where it is from; how its images are made ready, as far as a file says it. */
export interface OpenedEncoder extends ImagePreparation {
  /** Its sizes. */
  readonly model: ModelSpec;
  /** Its parameters and its position table `pos_embed`. */
  readonly parameters: HostTensors;
  /** Use of each tensor of the file. */
  readonly report: EncoderReport;
  /** The file of its weights. */
  readonly path: string;
  /** Statistics that its images are normalised with; `null` where nothing says them. */
  readonly normalization: EncoderNormalization | null;
  /** Steps of pre-training done and planned, if it is of a run of this library. */
  readonly steps: readonly [done: number, total: number] | null;
  /** Newer checkpoints that are not as they were written and were passed over, newest first. */
  readonly skipped: readonly SkippedCheckpoint[];
  /** Seed of its run, if it is of a run of this library. */
  readonly seed?: number;
}

/** Options of opening an encoder. */
export interface OpenEncoderOptions extends EncoderStartOptions, UnseenSizes {
  /** The model that it has to fit, whatever the path says of it; positions are brought to its grid. */
  readonly model?: ModelSpec;
}

const refuse = (path: string, reason: string): Result<TrainError, never> =>
  left({ _tag: "CheckpointRefused", path, reason });

/** A value, or faults as the reason why a file is refused. */
const orRefuse = <A>(
  path: string,
  result: Result<Faults, A>,
): Result<TrainError, A> =>
  result._tag === "Right" ? result : refuse(path, describeFaults(result.left));

/** Picks among several encoders in a file one like the wanted one, or one that has blocks. */
const fitsIn =
  (shapes: ReadonlyMap<string, Shape>, wanted: ModelSpec | undefined) =>
  (place: EncoderPlace): boolean => {
    const sources = encoderSources(place.naming, place.prefix, shapes.keys());
    const hasBlock = (i: number) => sources.has(`blocks.${i}.norm1.weight`);
    if (wanted === undefined) return hasBlock(0);
    const { embedDim, inChannels, patchSize, depth } = wanted;
    const [name = ""] = sources.get("patch_embed.proj.weight") ?? [];
    return hasBlock(depth - 1) && !hasBlock(depth) &&
      String(shapes.get(name)) ===
        String([embedDim, inChannels, patchSize, patchSize]);
  };

/** Reads the tensors of the encoder that is meant, or none if it is not to be found. */
const chooseEncoder =
  ({ prefix, model }: OpenEncoderOptions): ChooseTensors => (shapes) => {
    const fits = fitsIn(shapes, model);
    const place = findEncoder([...shapes.keys()], prefix, fits);
    return place._tag === "Left"
      ? () => false
      : (name) => name.startsWith(place.right.prefix);
  };

function encoderIn(
  { tensors, unread, opaque }: Weights,
  { prefix, model }: OpenEncoderOptions,
): Result<Fault, EncoderTensors> {
  const shapes = new Map(
    [...tensors].map(([name, { shape }]) => [name, shape] as const),
  );
  const names = tensors.size > 0 ? tensors.keys() : unread.keys();
  const all = [...names];
  if (all.length === 0 && opaque.size > 0) {
    const found = [...opaque].slice(0, 3)
      .map(([name, made]) => name === "" ? made : `${name}: ${made}`);
    const wanted = "tensors: save the state_dict() of a model";
    return left({ _tag: "Inconsistent", path: "weights", found, wanted });
  }
  const place = findEncoder(all, prefix, fitsIn(shapes, model));
  return place._tag === "Left"
    ? place
    : right(encoderTensors(place.right, tensors, { unread }));
}

/** Fields in which an encoder computes something else with the same weights. */
type Unseen = Partial<Pick<ModelSpec, "numHeads" | "layerNormEps">>;

/** Smaller differences of `ε` are of no account. */
const SAME_EPSILON = 5e-6;

/** The wanted model, unless the path is known to be of one that computes another thing with such weights. */
function fitting(
  wanted: ModelSpec,
  known: { readonly [K in keyof Unseen]: Unseen[K] | undefined },
): Result<Faults, ModelSpec> {
  const differs = (["numHeads", "layerNormEps"] as const).find((field) =>
    Math.abs((known[field] ?? wanted[field]) - wanted[field]) > SAME_EPSILON
  );
  return differs === undefined ? checkModel(wanted) : left([{
    _tag: "Inconsistent",
    path: `model.${differs}`,
    found: known[differs],
    wanted: String(wanted[differs]),
  }]);
}

function agreedModel(
  file: EncoderTensors,
  stated: StatedEncoder | null,
  { imageSize, numHeads = stated?.numHeads }: OpenEncoderOptions,
): Result<Faults, ModelSpec> {
  const layerNormEps = stated?.layerNormEps;
  const unseen = { numHeads, layerNormEps };
  if (stated === null) return weightsModel(file, { ...unseen, imageSize });
  const own = weightsModel(file, unseen);
  if (own._tag === "Left") return own;
  const [first, ...others] = sizeFaults(stated, own.right);
  if (first !== undefined) return left([first, ...others]);
  const asked = { ...own.right, imageSize: imageSize ?? own.right.imageSize };
  const fits = fitting(asked, stated);
  return fits._tag === "Left" ? fits : checkModel(asked);
}

/** The model of an encoder: what is asked for, else what the path or the weights say. */
function modelOf(
  { model: known, stated }: FoundWeights,
  file: EncoderTensors,
  options: OpenEncoderOptions,
): Result<Faults, ModelSpec> {
  const { model: wanted, imageSize, partial = false } = options;
  const [first, ...others] = [
    ...unlikeParts(file, partial),
    ...wanted === undefined ? [] : unlikeSizes(file, wanted),
  ];
  // Differences in size say nothing about another kind of encoder.
  if (first !== undefined) return left([first, ...others]);
  if (wanted !== undefined) return fitting(wanted, known ?? stated ?? {});
  return known === null
    ? agreedModel(file, stated, options)
    : checkModel({ ...known, imageSize: imageSize ?? known.imageSize });
}

/** True if the images may get another side than the path says. */
const isResized = ({ model, imageSize }: OpenEncoderOptions): boolean =>
  model !== undefined || imageSize !== undefined;

/**
 * Opens an encoder: of a run of this library or one of its checkpoints, of a folder
 * that `exportEncoder` wrote or that a hub has of timm or transformers, or of a file of
 * weights with the names of timm, transformers, torchvision or mmpretrain. Of a run
 * the newest checkpoint counts that is as it was written; `skipped` names newer ones.
 *
 * @param path The folder or file.
 * @param options Facts that the path does not hold: prefix, heads, the side of the images;
 * or the whole model.
 * @returns The encoder, or why there is none.
 */
export async function openEncoder(
  path: string,
  options: OpenEncoderOptions = {},
): Promise<Result<TrainError, OpenedEncoder>> {
  const read = await findWeights(path, chooseEncoder(options));
  if (read._tag === "Left") return read;
  const found = read.right;
  const { path: from, weights, model: _, stated: __, ...known } = found;
  const { resizeSize, ...origin } = known;
  const file = encoderIn(weights, options);
  if (file._tag === "Left") return orRefuse(from, left([file.left]));
  const model = orRefuse(from, modelOf(found, file.right, options));
  if (model._tag === "Left") return model;
  const asked = { ...options, prefix: file.right.prefix };
  const { tensors } = weights;
  const start = orRefuse(
    from,
    encoderStart(model.right, tensors, asked, weights),
  );
  return start._tag === "Left" ? start : right({
    ...{ ...start.right, ...origin, model: model.right, path: from },
    // A file's resizing is that of the images of its own side.
    ...resizeSize === undefined || isResized(options) ? {} : { resizeSize },
  });
}
