/** The files of a model repository that other programs load, and their writing. */
import { mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { onnxFiles } from "../../../backends/mod.ts";
import {
  describeFaults,
  type Faults,
  type Graph,
  left,
  type ModelSpec,
  type Result,
  right,
} from "../../../core/mod.ts";
import { LUMA_WEIGHTS } from "../../../data/mod.ts";
import { type FileContent, replaceFile } from "../../files/atomic_file.ts";
import { fileResult } from "../../files/file_result.ts";
import { safetensorsParts, SEAL } from "../../files/safetensors.ts";
import type { StoredTensor } from "../../files/tensor_data.ts";
import type { TrainError } from "../../train_error.ts";

/** Content of files by their paths in the folder; the numbers in it are not copied. */
export type RepositoryFiles = ReadonlyMap<string, FileContent>;

/** Parameters with their shapes, by the model's names. */
export type ShapedParameters = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;

/** What a repository holds. */
export interface Repository {
  /** Sizes of the encoder. */
  readonly model: ModelSpec;
  /** All parameters of its graph. */
  readonly parameters: ShapedParameters;
  /** The graph of a model of these sizes, with the input `pixel_values`. */
  readonly graphAt: (model: ModelSpec, batch: number) => Result<Faults, Graph>;
  /** Content of `config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Content of `preprocessor_config.json`. */
  readonly preprocessor: unknown;
  /** The model card. */
  readonly card: string;
  /** Most bytes of numbers in `model.onnx`; what ONNX allows by default. */
  readonly mostOnnxBytes?: number | undefined;
}

/** Name of the file with the numbers of a large ONNX model, as transformers.js looks for it. */
const ONNX_NUMBERS = "model.onnx_data";

/** The setting that makes transformers.js load that file. */
const WITH_NUMBERS = {
  "transformers.js_config": { use_external_data_format: { "model.onnx": 1 } },
};

const PATCHES = "patch_embed.proj.weight";

/**
 * An encoder of grey images as one of colour images: its patch embedding weighs red,
 * green and blue as `toGrey` does. With the same statistics in every channel it is the
 * same function, for the weights sum to 1.
 */
function ofColours(
  model: ModelSpec,
  parameters: ShapedParameters,
): readonly [ModelSpec, ShapedParameters] {
  const grey = parameters.get(PATCHES);
  if (model.inChannels === 3 || grey === undefined) return [model, parameters];
  const [width = 0, , ...sides] = grey.shape;
  const area = model.patchSize ** 2;
  const data = new Float32Array(width * 3 * area);
  grey.data.forEach((value, i) => {
    const [row, pixel] = [Math.floor(i / area), i % area];
    LUMA_WEIGHTS.forEach((weight, c) => {
      data[(row * 3 + c) * area + pixel] = weight * value;
    });
  });
  const colours = { shape: [width, 3, ...sides], data };
  return [
    { ...model, inChannels: 3 },
    new Map([...parameters, [PATCHES, colours] as const]),
  ];
}

/** timm has one norm, behind the last block. */
const timmName = (name: string): string =>
  name.replace(/^norm\.\d+\./, "norm.");

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/**
 * Files of a model repository:
 *
 * ```text
 * model.safetensors          the parameters with timm's names
 * config.json                sizes, for timm and transformers
 * preprocessor_config.json   what is done to an image
 * onnx/model.onnx            its graph, for any number of images
 * onnx/model.onnx_data       its numbers, if they are too many for one file
 * README.md                  the model card
 * ```
 *
 * The ONNX model takes colour pictures, also where the encoder was trained from grey ones:
 * it makes them grey itself. `model.safetensors` is as it was trained.
 *
 * @returns Content by path, or why there is no ONNX file.
 */
export function repositoryFiles(
  repository: Repository,
): Result<Faults, RepositoryFiles> {
  const { model, parameters, graphAt, mostOnnxBytes } = repository;
  const [colourModel, colourParameters] = ofColours(model, parameters);
  const graph = {
    graphAt: (batch: number) => graphAt(colourModel, batch),
    parameters: colourParameters,
    batch: "any",
    input: "pixel_values",
  } as const;
  const onnx = onnxFiles(graph, ONNX_NUMBERS, mostOnnxBytes);
  if (onnx._tag === "Left") return onnx;
  const { model: onnxModel, numbers } = onnx.right;
  const tensors = new Map<string, StoredTensor>(
    [...parameters].map(([name, tensor]) => [timmName(name), tensor]),
  );
  const metadata = { format: "pt", [SEAL]: "" };
  const config = {
    ...repository.config,
    ...numbers === null ? {} : WITH_NUMBERS,
  };
  return right(
    new Map<string, FileContent>([
      ["model.safetensors", safetensorsParts({ metadata, tensors })],
      ["config.json", json(config)],
      ["preprocessor_config.json", json(repository.preprocessor)],
      ["onnx/model.onnx", onnxModel],
      ...numbers === null ? [] : [[`onnx/${ONNX_NUMBERS}`, numbers] as const],
      ["README.md", repository.card],
    ]),
  );
}

/** A folder that nothing is in, made if it does not exist. */
async function emptyFolder(path: string): Promise<Result<TrainError, void>> {
  const made = await fileResult(path, () => mkdir(path, { recursive: true }));
  if (made._tag === "Left") return made;
  const entries = await fileResult(path, () => readdir(path));
  if (entries._tag === "Left") return entries;
  const reason = `it holds ${entries.right[0]}; choose a folder without files`;
  return entries.right.length === 0
    ? right(undefined)
    : left({ _tag: "FileFailed", path, reason });
}

/**
 * Writes the files of a model repository.
 *
 * @param folder The target; made if missing, refused if anything is in it.
 * @param files The files, or why there are none.
 * @returns Paths of the files in the folder, or why there are none.
 */
export async function writeRepository(
  folder: string,
  files: Result<Faults, RepositoryFiles>,
): Promise<Result<TrainError, readonly string[]>> {
  if (files._tag === "Left") {
    const reason = describeFaults(files.left);
    return left({ _tag: "FileFailed", path: folder, reason });
  }
  const empty = await emptyFolder(folder);
  if (empty._tag === "Left") return empty;
  for (const [name, content] of files.right) {
    const path = join(folder, name);
    const made = await fileResult(
      path,
      () => mkdir(dirname(path), { recursive: true }),
    );
    if (made._tag === "Left") return made;
    const written = await replaceFile(path, content);
    if (written._tag === "Left") return written;
  }
  return right([...files.right.keys()]);
}
