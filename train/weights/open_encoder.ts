/**
 * Encoders by their path.
 *
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  checkModel,
  describeFaults,
  type Fault,
  type Faults,
  left,
  type ModelSpec,
  type Result,
  right,
} from "../../core/mod.ts";
import { fileResult } from "../atomic_file.ts";
import { CHECKPOINT_FILES } from "../checkpoint_layout.ts";
import { candidatesIn, type SkippedCheckpoint } from "../latest_checkpoint.ts";
import type { HostTensors } from "../snapshot.ts";
import type { TrainError } from "../train_error.ts";
import { newestWholeWeights } from "./checkpoint_weights.ts";
import { encoderPrefix } from "./encoder_prefix.ts";
import {
  type EncoderReport,
  encoderStart,
  type EncoderStartOptions,
  type StoredTensors,
} from "./encoder_start.ts";
import { readWeights } from "./read_weights.ts";
import {
  encoderModel,
  type UnseenSizes,
  weightsModel,
} from "./weights_model.ts";

/** An encoder and where it is from. */
export interface OpenedEncoder {
  /** Its sizes. */
  readonly model: ModelSpec;
  /** Its parameters and its position table `pos_embed`. */
  readonly parameters: HostTensors;
  /** What became of the tensors of the file. */
  readonly report: EncoderReport;
  /** The file of its weights. */
  readonly path: string;
  /** Steps of pre-training done and planned, if it is of a run of this library. */
  readonly steps: readonly [done: number, total: number] | null;
  /** Newer checkpoints that are not as they were written and were passed over, newest first. */
  readonly skipped: readonly SkippedCheckpoint[];
}

/** How a path is read as an encoder. */
export interface OpenEncoderOptions extends EncoderStartOptions, UnseenSizes {
  /** The model that it has to fit, whatever the path says of it; positions are brought to its grid. */
  readonly model?: ModelSpec;
}

/** Weights, and what is known of their encoder besides. */
interface Described extends Pick<OpenedEncoder, "path" | "steps" | "skipped"> {
  readonly model: ModelSpec | null;
  readonly tensors: StoredTensors;
}

/** What is known of weights that no checkpoint has. */
const FOREIGN = { model: null, steps: null, skipped: [] } as const;

const refuse = (path: string, reason: string): Result<TrainError, never> =>
  left({ _tag: "CheckpointRefused", path, reason });

/** A value, or faults as the reason why a file is refused. */
const orRefuse = <A>(
  path: string,
  result: Result<Faults, A>,
): Result<TrainError, A> =>
  result._tag === "Right" ? result : refuse(path, describeFaults(result.left));

async function readJson(
  path: string,
): Promise<Result<TrainError, Readonly<Record<string, unknown>>>> {
  const text = await fileResult(path, () => readFile(path, "utf8"));
  if (text._tag === "Left") return text;
  try {
    const json: unknown = JSON.parse(text.right);
    return typeof json === "object" && json !== null
      ? right(json as Readonly<Record<string, unknown>>)
      : refuse(path, "it is no JSON object");
  } catch {
    return refuse(path, "it is not JSON");
  }
}

/** Sizes as Hugging Face's files name them. */
const SIZE_FIELDS = [
  "hidden_size",
  "image_size",
  "patch_size",
  "num_channels",
  "num_hidden_layers",
  "num_attention_heads",
  "intermediate_size",
] as const;

/** Sizes that a file says, by its names. */
type SaidSizes = Readonly<Record<typeof SIZE_FIELDS[number], number>>;

function saidSizes(
  config: Readonly<Record<string, unknown>>,
): Result<Faults, SaidSizes> {
  const [first, ...others] = SIZE_FIELDS
    .filter((path) => typeof config[path] !== "number")
    .map((path): Fault => {
      const found = config[path];
      return { _tag: "WrongType", path, found, wanted: "a number" };
    });
  return first === undefined
    ? right(config as SaidSizes)
    : left([first, ...others]);
}

/** The model of a folder as `exportEncoder` writes it, by Hugging Face's names. */
async function exportedModel(
  folder: string,
): Promise<Result<TrainError, ModelSpec>> {
  const path = join(folder, "config.json");
  const config = await readJson(path);
  if (config._tag === "Left") return config;
  const said = saidSizes(config.right);
  if (said._tag === "Left") return orRefuse(path, said);
  const sizes = said.right;
  const model = encoderModel({
    imageSize: sizes.image_size,
    patchSize: sizes.patch_size,
    inChannels: sizes.num_channels,
    embedDim: sizes.hidden_size,
    depth: sizes.num_hidden_layers,
    numHeads: sizes.num_attention_heads,
    mlpRatio: sizes.intermediate_size / sizes.hidden_size,
  });
  return orRefuse(path, model);
}

async function ofExport(
  folder: string,
): Promise<Result<TrainError, Described>> {
  const model = await exportedModel(folder);
  if (model._tag === "Left") return model;
  const file = await ofFile(join(folder, CHECKPOINT_FILES.model));
  return file._tag === "Left"
    ? file
    : right({ ...file.right, model: model.right });
}

/** A file of weights; that of a checkpoint is read as the checkpoint. */
async function ofFile(path: string): Promise<Result<TrainError, Described>> {
  if (basename(path) === CHECKPOINT_FILES.model) {
    const beside = await candidatesIn(dirname(path));
    if (beside._tag === "Right" && beside.right.isChosen) {
      return newestWholeWeights(path, beside.right);
    }
  }
  const tensors = await readWeights(path);
  return tensors._tag === "Left"
    ? tensors
    : right({ ...FOREIGN, path, tensors: tensors.right });
}

async function describe(path: string): Promise<Result<TrainError, Described>> {
  const found = await fileResult(path, () => stat(path));
  if (found._tag === "Left") return found;
  if (!found.right.isDirectory()) return ofFile(path);
  const checkpoints = await candidatesIn(path);
  if (checkpoints._tag === "Right") {
    return newestWholeWeights(path, checkpoints.right);
  }
  const exported = await fileResult(
    path,
    () => stat(join(path, CHECKPOINT_FILES.model)),
  );
  return exported._tag === "Right" ? ofExport(path) : checkpoints;
}

/** The wanted model, unless the path is known to be of one that computes another thing with such weights. */
function fitting(
  wanted: ModelSpec,
  known: ModelSpec | null,
): Result<Faults, ModelSpec> {
  const differs = (["numHeads", "layerNormEps"] as const).find((field) =>
    known !== null && known[field] !== wanted[field]
  );
  return differs === undefined ? checkModel(wanted) : left([{
    _tag: "Inconsistent",
    path: `model.${differs}`,
    found: known?.[differs],
    wanted: String(wanted[differs]),
  }]);
}

/** The model of an encoder: what is asked for, else what the path or the weights say. */
function modelOf(
  known: ModelSpec | null,
  tensors: StoredTensors,
  prefix: string,
  options: OpenEncoderOptions,
): Result<Faults, ModelSpec> {
  const { model: wanted, imageSize } = options;
  if (wanted !== undefined) return fitting(wanted, known);
  return known === null
    ? weightsModel(tensors, prefix, options)
    : checkModel({ ...known, imageSize: imageSize ?? known.imageSize });
}

/**
 * Opens an encoder: of a run of this library or one of its checkpoints, of a folder
 * that `exportEncoder` wrote, or of a file of weights with timm's names. Of a run the
 * newest checkpoint counts that is as it was written; `skipped` names newer ones.
 *
 * @param path The folder or file.
 * @param options What the path does not tell: prefix, heads, the side of the images; or
 * the whole model.
 * @returns The encoder, or why there is none.
 */
export async function openEncoder(
  path: string,
  options: OpenEncoderOptions = {},
): Promise<Result<TrainError, OpenedEncoder>> {
  const described = await describe(path);
  if (described._tag === "Left") return described;
  const { model: known, tensors, path: file, steps, skipped } = described.right;
  const prefix = encoderPrefix([...tensors.keys()], options.prefix);
  if (prefix._tag === "Left") return orRefuse(file, left([prefix.left]));
  const model = orRefuse(
    file,
    modelOf(known, tensors, prefix.right, options),
  );
  if (model._tag === "Left") return model;
  const asked = { ...options, prefix: prefix.right };
  const start = orRefuse(file, encoderStart(model.right, tensors, asked));
  return start._tag === "Left" ? start : right({
    ...start.right,
    model: model.right,
    path: file,
    steps,
    skipped,
  });
}
