/** Weights from a path, with the facts about their encoder in files beside them. */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  describeFaults,
  excerpt,
  type Fault,
  left,
  type ModelSpec,
  type Result,
  right,
} from "../../core/mod.ts";
import type { Normalization } from "../../data/mod.ts";
import { fileResult } from "../files/file_result.ts";
import { CHECKPOINT_FILES } from "../checkpoint/layout.ts";
import { IMAGES_FILE } from "../run/images_file.ts";
import {
  type Candidates,
  candidatesIn,
  runFolderOf,
  type SkippedCheckpoint,
} from "../run/latest_checkpoint.ts";
import {
  ALL_TENSORS,
  type ChooseTensors,
  type Weights,
} from "../files/tensor_data.ts";
import type { TrainError } from "../train_error.ts";
import { newestWholeWeights } from "./checkpoint_weights.ts";
import { readHubConfig, type StatedEncoder } from "./hub_config.ts";
import {
  type EncoderNormalization,
  isObject,
  type JsonObject,
  processorStatistics,
  runStatistics,
  timmStatistics,
} from "./image_statistics.ts";
import {
  type ImagePreparation,
  runPreparation,
  statedPreparation,
} from "./image_preparation.ts";
import { readWeights } from "./read_weights.ts";

/** Weights, and what is known of their encoder besides. */
export interface FoundWeights extends ImagePreparation {
  /** Their file; of several the list of them. */
  readonly path: string;
  /** Tensors that were read, and the other contents. */
  readonly weights: Weights;
  /** The model, if they are of a run of this library. */
  readonly model: ModelSpec | null;
  /** Facts of the configuration beside them. */
  readonly stated: StatedEncoder | null;
  /** Statistics that the encoder's images are normalised with; `null` where nothing says them. */
  readonly normalization: EncoderNormalization | null;
  /** Steps of pre-training done and planned, if they are of a run. */
  readonly steps: readonly [done: number, total: number] | null;
  /** Seed of their run, if they are of one. */
  readonly seed?: number;
  /** Newer checkpoints that were passed over. */
  readonly skipped: readonly SkippedCheckpoint[];
}

/** Names of a model's weights on a hub, the first that is there counts. */
const HUB_WEIGHTS = ["model.safetensors", "pytorch_model.bin"];

/** Folder of the versions of a model in the cache of Hugging Face's programs. */
const SNAPSHOTS = "snapshots";

/** Behind the name of weights: the list of the files that they are divided into. */
const INDEX = ".index.json";

const refuse = (path: string, reason: string): Result<TrainError, never> =>
  left({ _tag: "CheckpointRefused", path, reason });

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(() => true, () => false);

/** A JSON object; `null` if there is no such file. */
export async function readJson(
  path: string,
): Promise<Result<TrainError, JsonObject | null>> {
  if (!await isThere(path)) return right(null);
  const text = await fileResult(path, () => readFile(path, "utf8"));
  if (text._tag === "Left") return text;
  try {
    const json: unknown = JSON.parse(text.right);
    return isObject(json) ? right(json) : refuse(path, "it is no JSON object");
  } catch {
    return refuse(path, "it is not JSON");
  }
}

/** Statistics in a file, by one of the readers of configurations. */
async function stated(
  path: string,
  read: (json: JsonObject) => Result<Fault, Normalization | null>,
): Promise<Result<TrainError, EncoderNormalization | null>> {
  const json = await readJson(path);
  if (json._tag === "Left") return json;
  if (json.right === null) return right(null);
  const statistics = read(json.right);
  if (statistics._tag === "Left") {
    return refuse(path, describeFaults([statistics.left]));
  }
  const found = statistics.right;
  return right(found === null ? null : { ...found, from: path });
}

/** Facts in the files beside the weights of a hub. */
async function statedBeside(folder: string): Promise<
  Result<
    TrainError,
    Pick<FoundWeights, "stated" | "normalization"> & ImagePreparation
  >
> {
  const path = join(folder, "config.json");
  const config = await readJson(path);
  if (config._tag === "Left") return config;
  const encoder = readHubConfig(config.right ?? {});
  if (encoder._tag === "Left") {
    return refuse(path, describeFaults(encoder.left));
  }
  const processor = join(folder, "preprocessor_config.json");
  const own = await stated(processor, processorStatistics);
  if (own._tag === "Left") return own;
  const timm = own.right === null ? await stated(path, timmStatistics) : own;
  if (timm._tag === "Left") return timm;
  const prepares = await readJson(processor);
  return prepares._tag === "Left" ? prepares : right({
    ...statedPreparation(config.right ?? {}, prepares.right ?? {}),
    stated: encoder.right,
    normalization: timm.right,
  });
}

function filesOf(index: JsonObject | null): Result<string, readonly string[]> {
  const map = Object.values((index ?? {})["weight_map"] ?? {});
  const names = [...new Set(map)];
  const strange = names.find((name) =>
    typeof name !== "string" || name !== basename(name) || name === ".."
  );
  if (strange !== undefined) {
    return left(`its weight_map names ${excerpt(String(strange))}, no file`);
  }
  return names.length > 0
    ? right(names as string[])
    : left("its weight_map names no file");
}

/** The tensors of all files that an index names. */
async function readDivided(path: string): Promise<Result<TrainError, Weights>> {
  const index = await readJson(path);
  if (index._tag === "Left") return index;
  const files = filesOf(index.right);
  if (files._tag === "Left") return refuse(path, files.left);
  const [tensors, unread, opaque] = [new Map(), new Map(), new Map()];
  for (const name of files.right) {
    const file = join(dirname(path), name);
    const weights = await readWeights(file, ALL_TENSORS);
    if (weights._tag === "Left") return weights;
    for (const [name, tensor] of weights.right.tensors) {
      if (tensors.has(name)) {
        return refuse(file, `${excerpt(name)} is in another file, too`);
      }
      tensors.set(name, tensor);
    }
    for (const [name, what] of weights.right.unread) unread.set(name, what);
    for (const [name, what] of weights.right.opaque) opaque.set(name, what);
  }
  return right({ tensors, unread, opaque });
}

/** Weights of a hub's folder, or a file of weights alone. */
async function ofFile(
  path: string,
  choose: ChooseTensors,
): Promise<Result<TrainError, FoundWeights>> {
  const name = basename(path);
  const isIndex = name.endsWith(INDEX);
  const isHub = HUB_WEIGHTS.includes(isIndex ? name.replace(INDEX, "") : name);
  const beside = isHub
    ? await statedBeside(dirname(path))
    : right({ stated: null, normalization: null });
  if (beside._tag === "Left") return beside;
  const weights = isIndex
    ? await readDivided(path)
    : await readWeights(path, choose);
  if (weights._tag === "Left") return weights;
  const none = { model: null, steps: null, skipped: [] };
  return right({ ...none, ...beside.right, path, weights: weights.right });
}

/** The newest whole checkpoint, with the statistics of its run's images. */
async function ofRun(
  path: string,
  candidates: Candidates,
): Promise<Result<TrainError, FoundWeights>> {
  const found = await newestWholeWeights(path, candidates);
  if (found._tag === "Left") return found;
  const { tensors, ...known } = found.right;
  const run = runFolderOf(dirname(known.path));
  const imagesPath = join(run, IMAGES_FILE);
  const normalization = await stated(imagesPath, runStatistics);
  if (normalization._tag === "Left") return normalization;
  const images = await readJson(imagesPath);
  return images._tag === "Left" ? images : right({
    ...known,
    ...images.right === null ? {} : runPreparation(images.right),
    weights: { tensors, unread: new Map(), opaque: new Map() },
    stated: null,
    normalization: normalization.right,
  });
}

/** The weights in a folder: a hub's names, else the only file that could be weights. */
function weightsIn(
  folder: string,
  names: readonly string[],
): Result<string, string> {
  const hub = HUB_WEIGHTS.flatMap((name) => [name, name + INDEX]);
  const known = hub.find((name) => names.includes(name));
  if (known !== undefined) return right(join(folder, known));
  const some = names.filter((name) =>
    /\.(safetensors|pth|pt|bin|ckpt|tar)$/i.test(name)
  );
  const [only, ...others] = some;
  if (only === undefined) {
    return left("it holds neither a checkpoint nor weights");
  }
  return others.length === 0 ? right(join(folder, only)) : left(
    `it holds several files of weights, name one: ${excerpt(some.join(", "))}`,
  );
}

/** The only version of a model in the cache of Hugging Face's programs. */
async function ofCache(
  path: string,
  choose: ChooseTensors,
): Promise<Result<TrainError, FoundWeights>> {
  const folder = join(path, SNAPSHOTS);
  const names = await fileResult(folder, () => readdir(folder));
  if (names._tag === "Left") return names;
  const [only, ...others] = names.right;
  return only !== undefined && others.length === 0
    ? await findWeights(join(folder, only), choose)
    : refuse(folder, `it holds ${names.right.length} versions, name one`);
}

/**
 * Finds weights: the newest whole checkpoint of a run, a folder of a hub, or a file.
 *
 * @param choose The tensors to read where they are not those of a run.
 * @returns The weights and what is known of them, or why there are none.
 */
export async function findWeights(
  path: string,
  choose: ChooseTensors,
): Promise<Result<TrainError, FoundWeights>> {
  const found = await fileResult(path, () => stat(path));
  if (found._tag === "Left") return found;
  if (!found.right.isDirectory()) {
    // The file of a checkpoint is read as the checkpoint.
    const beside = basename(path) === CHECKPOINT_FILES.model
      ? await candidatesIn(dirname(path))
      : null;
    return beside?._tag === "Right" && beside.right.isChosen
      ? await ofRun(path, beside.right)
      : await ofFile(path, choose);
  }
  const candidates = await candidatesIn(path);
  if (candidates._tag === "Right") return await ofRun(path, candidates.right);
  const names = await fileResult(path, () => readdir(path));
  if (names._tag === "Left") return names;
  if (names.right.includes(SNAPSHOTS)) return await ofCache(path, choose);
  const file = weightsIn(path, names.right);
  return file._tag === "Left"
    ? names.right.includes("checkpoints") ? candidates : refuse(path, file.left)
    : await ofFile(file.right, choose);
}
