/**
 * The files of a checkpoint, read only as a whole.
 *
 * @module
 */
import { basename, join } from "node:path";
import {
  excerpt,
  left,
  type ModelSpec,
  parameterSpecs,
  type Result,
  right,
  shown,
} from "../../core/mod.ts";
import { digested, readRanges, wholeReading } from "../files/byte_reading.ts";
import { digestFault, type Digests, readDigests } from "./digests.ts";
import {
  CHECKPOINT_FILES,
  type NamedShape,
  optimizerTensors,
  positionTables,
  type RunFile,
  type RunIdentity,
} from "./layout.ts";
import { safetensorsReading, type TensorFile } from "../files/safetensors.ts";
import type { HostTensors, Snapshot } from "../engine/snapshot.ts";

/** A checkpoint that is not as it was written. */
export interface BrokenCheckpoint {
  /** Discriminant. */
  readonly kind: "broken";
  /** The checkpoint, or a file of it. */
  readonly path: string;
  /** What is wrong. */
  readonly reason: string;
}

/** A checkpoint that is not as it was written, as a failure. */
export const broken = (
  path: string,
  reason: string,
): Result<BrokenCheckpoint, never> => left({ kind: "broken", path, reason });

/** A wanted tensor of a file, or what is wrong with it. */
function wantedTensor(
  { tensors }: TensorFile,
  { name, shape }: NamedShape,
): Result<string, Float32Array> {
  const tensor = tensors.get(name);
  if (tensor === undefined) return left(`tensor ${name} is missing`);
  const { data } = tensor;
  const fits = String(tensor.shape) === String(shape);
  if (!fits || !(data instanceof Float32Array)) {
    const kind = data.constructor.name.replace(/Array$/, "").toLowerCase();
    return left(
      `tensor ${name} is ${kind} [${
        tensor.shape.join(", ")
      }], wanted float32 [${shape.join(", ")}]`,
    );
  }
  return data.every(Number.isFinite)
    ? right(data)
    : left(`tensor ${name} is not finite`);
}

/** What a file of a checkpoint must hold. */
interface WantedTensors {
  readonly wanted: readonly NamedShape[];
  /** Names of others that it may hold. */
  readonly allowed: ReadonlySet<string>;
}

/** Tensors of a file, if it is as it was written and holds exactly what it must. */
async function readTensors(
  path: string,
  digests: Digests | null,
  { wanted, allowed }: WantedTensors,
): Promise<Result<BrokenCheckpoint, TensorFile["tensors"]>> {
  const read = await readRanges(path, digested(safetensorsReading));
  if (read._tag === "Left") {
    return broken(path, "it is missing or cannot be read");
  }
  const { value: file, sha512 } = read.right;
  if (file._tag === "Left") return broken(path, file.left.reason);
  const changed = digests === null
    ? null
    : digestFault(digests, basename(path), sha512);
  if (changed !== null) return broken(path, changed);
  const names = new Set(allowed);
  for (const named of wanted) {
    const tensor = wantedTensor(file.right, named);
    if (tensor._tag === "Left") return broken(path, tensor.left);
    names.add(named.name);
  }
  const { tensors } = file.right;
  const extra = [...tensors.keys()].find((name) => !names.has(name));
  return extra === undefined
    ? right(tensors)
    : broken(path, `tensor ${excerpt(extra)} is none of this run at this step`);
}

/** Numbers of tensors that were found to be as wanted. */
const hostTensors = (
  tensors: TensorFile["tensors"],
  wanted: readonly NamedShape[],
): HostTensors =>
  new Map(
    wanted.map(({ name }) => [name, tensors.get(name)?.data as Float32Array]),
  );

/** What a checkpoint says it is. */
export interface DescribedCheckpoint {
  /** Content of its `run.json`. */
  readonly file: RunFile;
  /** Digests of its files; `null` in version 1, which has none. */
  readonly digests: Digests | null;
}

const isCount = (x: unknown): boolean =>
  Number.isSafeInteger(x) && (x as number) >= 0;

/** The content of `run.json`, or what is wrong with it. */
function parseRunFile(text: string): Result<string, RunFile> {
  try {
    const run = (JSON.parse(text) ?? {}) as Partial<RunFile>;
    return (run.version === 1 || run.version === 2) &&
        isCount(run.step) && isCount(run.totalSteps) &&
        isCount(run.skipped ?? 0)
      ? right(run as RunFile)
      : left(
        `${CHECKPOINT_FILES.run} has version ${
          shown(run.version)
        }, wanted 1 or 2 with whole numbers step, totalSteps and, if any, skipped`,
      );
  } catch {
    return left(`${CHECKPOINT_FILES.run} is not JSON`);
  }
}

/** Reads what a checkpoint says it is. */
export async function readDescription(
  path: string,
): Promise<Result<BrokenCheckpoint, DescribedCheckpoint>> {
  const place = join(path, CHECKPOINT_FILES.run);
  const read = await readRanges(place, digested(wholeReading));
  if (read._tag === "Left") {
    return broken(path, `it has no readable ${CHECKPOINT_FILES.run}`);
  }
  const { value: bytes, sha512 } = read.right;
  const file = parseRunFile(new TextDecoder().decode(bytes));
  if (file._tag === "Left") return broken(path, file.left);
  if (file.right.version === 1) {
    return right({ file: file.right, digests: null });
  }
  const digests = await readDigests(path);
  if (digests._tag === "Left") return broken(path, digests.left);
  const changed = digestFault(digests.right, CHECKPOINT_FILES.run, sha512);
  return changed === null
    ? right({ file: file.right, digests: digests.right })
    : broken(place, changed);
}

/**
 * Reads the weights of a checkpoint.
 *
 * @param path Folder of the checkpoint.
 * @param model Sizes of its model.
 * @param digests Digests of its files; `null` in version 1.
 * @returns Every tensor of the file: parameters, finite and of their shapes, and
 * position tables.
 */
export function readModel(
  path: string,
  model: ModelSpec,
  digests: Digests | null,
): Promise<Result<BrokenCheckpoint, TensorFile["tensors"]>> {
  return readTensors(join(path, CHECKPOINT_FILES.model), digests, {
    wanted: parameterSpecs(model),
    allowed: new Set(positionTables(model).keys()),
  });
}

/**
 * Reads the moment of a checkpoint.
 *
 * @param path Folder of the checkpoint.
 * @param run The run that it is of.
 * @param described What it says it is.
 */
export async function readSnapshot(
  path: string,
  run: RunIdentity,
  { file: { step, skipped = 0 }, digests }: DescribedCheckpoint,
): Promise<Result<BrokenCheckpoint, Snapshot>> {
  const { model } = run.config;
  const weights = await readModel(path, model, digests);
  if (weights._tag === "Left") return weights;
  const wanted = optimizerTensors(run, step);
  const file = join(path, CHECKPOINT_FILES.optimizer);
  const state = await readTensors(file, digests, {
    wanted,
    allowed: new Set(),
  });
  return state._tag === "Left" ? state : right({
    step,
    parameters: hostTensors(weights.right, parameterSpecs(model)),
    optimizer: hostTensors(state.right, wanted),
    statistics: new Map(),
    averages: new Map(),
    skipped,
  });
}
