/** The files of a checkpoint, read only as a whole. */
import { basename, join } from "node:path";
import {
  excerpt,
  left,
  type NamedShape,
  type Result,
  right,
} from "../../core/mod.ts";
import type { Snapshot } from "../engine/state.ts";
import type { HostTensors } from "../engine/tensors.ts";
import type { StateShapes, TrainingIdentity } from "../engine/task.ts";
import { digested, readRanges, wholeReading } from "../files/byte_reading.ts";
import { safetensorsReading, type TensorFile } from "../files/safetensors.ts";
import {
  CHECKPOINT_FILES,
  digestFault,
  type Digests,
  parseDigests,
  parseRunFile,
  type RunFile,
  STATE_FILES,
  storedTensors,
} from "./layout.ts";

/** A checkpoint that is not as it was written. */
export interface BrokenCheckpoint {
  /** Discriminant. */
  readonly kind: "broken";
  /** The checkpoint, or a file of it. */
  readonly path: string;
  /** The fault. */
  readonly reason: string;
}

/** A checkpoint that is not as it was written, as a failure. */
export const broken = (
  path: string,
  reason: string,
): Result<BrokenCheckpoint, never> => left({ kind: "broken", path, reason });

/** Numbers of a wanted tensor of a file. */
export function wantedTensor(
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

/** Tensors of a file, if it is as it was written and holds exactly what it must. */
async function readTensors(
  path: string,
  digests: Digests | null,
  wanted: readonly NamedShape[],
  allowed: Iterable<string> = [],
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

/** A checkpoint's description of itself. */
export interface DescribedCheckpoint {
  /** Content of its `run.json`. */
  readonly file: RunFile;
  /** Digests of its files; `null` in version 1, which has none. */
  readonly digests: Digests | null;
}

/** Text of a small file of a checkpoint with its digest, or that it cannot be read. */
async function readText(checkpoint: string, name: string) {
  const path = join(checkpoint, name);
  const read = await readRanges(path, digested(wholeReading));
  if (read._tag === "Left") {
    return broken(checkpoint, `it has no readable ${name}`);
  }
  const { value, sha512 } = read.right;
  return right({ text: new TextDecoder().decode(value), sha512 });
}

/** Reads a checkpoint's own description. */
export async function readDescription(
  path: string,
): Promise<Result<BrokenCheckpoint, DescribedCheckpoint>> {
  const { run, digests: list } = CHECKPOINT_FILES;
  const described = await readText(path, run);
  if (described._tag === "Left") return described;
  const file = parseRunFile(described.right.text);
  if (file._tag === "Left") return broken(path, file.left);
  if (file.right.version === 1) {
    return right({ file: file.right, digests: null });
  }
  const listed = await readText(path, list);
  if (listed._tag === "Left") return listed;
  const digests = parseDigests(listed.right.text);
  if (digests._tag === "Left") return broken(path, digests.left);
  const changed = digestFault(digests.right, run, described.right.sha512);
  return changed === null
    ? right({ file: file.right, digests: digests.right })
    : broken(join(path, run), changed);
}

/**
 * Reads the file of the parameters of a checkpoint.
 *
 * @returns Every tensor of the file: parameters and statistics, finite and of their
 * shapes, and constants.
 */
export function readModel(
  path: string,
  { stateShapes, constants }: TrainingIdentity,
  { file: { step }, digests }: DescribedCheckpoint,
): Promise<Result<BrokenCheckpoint, TensorFile["tensors"]>> {
  const { parameters, statistics } = stateShapes(step);
  const wanted = [...parameters, ...statistics];
  const file = join(path, CHECKPOINT_FILES.model);
  return readTensors(file, digests, wanted, constants?.keys());
}

/** Tensors of one kind; they were found to be as wanted. */
const tensorsOf = (
  tensors: TensorFile["tensors"],
  shapes: StateShapes,
  kind: keyof StateShapes,
): HostTensors =>
  new Map(
    storedTensors(shapes, kind).map(({ name, stored }) => [
      name,
      tensors.get(stored)?.data as Float32Array,
    ]),
  );

/** Reads the state of a training in a checkpoint. */
export async function readSnapshot(
  path: string,
  training: TrainingIdentity,
  described: DescribedCheckpoint,
): Promise<Result<BrokenCheckpoint, Snapshot>> {
  const { file: { step, skipped = 0 }, digests } = described;
  const shapes = training.stateShapes(step);
  const state: Record<keyof StateShapes, HostTensors> = {
    parameters: new Map(),
    optimizer: new Map(),
    statistics: new Map(),
    averages: new Map(),
  };
  for (const { file, kinds } of STATE_FILES) {
    const wanted = kinds.flatMap((kind) =>
      storedTensors(shapes, kind).map(({ stored, shape }) => ({
        name: stored,
        shape,
      }))
    );
    if (wanted.length === 0 && kinds.includes("averages")) continue;
    const read = file === CHECKPOINT_FILES.model
      ? await readModel(path, training, described)
      : await readTensors(join(path, file), digests, wanted);
    if (read._tag === "Left") return read;
    for (const kind of kinds) state[kind] = tensorsOf(read.right, shapes, kind);
  }
  return right({ step, skipped, ...state });
}
