/**
 * The state of a training in a single file: what versions before run folders kept, and
 * what is written where a file of its own is asked for.
 */
import {
  excerpt,
  left,
  type Result,
  right,
  type Shape,
  shown,
  withNewWords,
} from "../../core/mod.ts";
import { differences } from "../checkpoint/schedule_change.ts";
import type { Snapshot } from "../engine/state.ts";
import type { HostTensors } from "../engine/tensors.ts";
import type { TrainingIdentity } from "../engine/task.ts";
import { readRanges } from "../files/byte_reading.ts";
import {
  decodeSafetensors,
  safetensorsParts,
  safetensorsReading,
  SEAL,
  type TensorFile,
} from "../files/safetensors.ts";
import type { FormatError } from "../files/safetensors_header.ts";
import type { StoredTensor } from "../files/tensor_data.ts";
import type { TrainError } from "../train_error.ts";

/** What a file says of a training. */
export interface FiledTraining {
  /** The state. */
  readonly snapshot: Snapshot;
  /** A text that is kept with it, if there is one. */
  readonly note?: string;
}

/** Kinds of tensors in the order of a file. */
const KINDS = ["parameters", "statistics", "averages", "optimizer"] as const;

/**
 * A state as a safetensors file, with step and configuration as metadata and a digest of
 * the file in it.
 *
 * @param identity The training.
 * @param filed The state after some of its steps.
 * @returns The file in parts that follow one another; the numbers are not copied.
 */
export function trainingParts(
  identity: TrainingIdentity,
  { snapshot, note }: FiledTraining,
): readonly Uint8Array[] {
  const { step } = snapshot;
  const shapes = identity.stateShapes(step);
  const metadata = {
    format: "pt",
    version: "2",
    step: String(step),
    totalSteps: String(identity.plan.totalSteps),
    config: JSON.stringify(identity.config),
    ...note === undefined ? {} : { note },
    [SEAL]: "",
  };
  const stored = KINDS.flatMap((kind) =>
    shapes[kind].map(({ name, shape }): readonly [string, StoredTensor] => [
      name,
      { shape, data: snapshot[kind].get(name) ?? new Float32Array() },
    ])
  );
  return safetensorsParts({ metadata, tensors: new Map(stored) });
}

const refuse = (reason: string): Result<FormatError, never> =>
  left({ _tag: "NotSafetensors", reason });

/** Whether a tensor is there, finite and of the wanted shape. */
const isWhole = (tensor: StoredTensor | undefined, shape: Shape): boolean =>
  tensor?.data instanceof Float32Array &&
  String(tensor.shape) === String(shape) && tensor.data.every(Number.isFinite);

/** A count as `String` writes it, else `NaN`. */
const countOf = (text: string | undefined): number =>
  /^(0|[1-9]\d{0,14})$/.test(text ?? "") ? Number(text) : NaN;

/** A text without quotation marks, or `nothing`. */
const words = (text: string | undefined): string =>
  text === undefined ? shown(text) : excerpt(text);

/** Why a configuration is that of another training, or `null`. */
function mismatch(config: unknown, found: string | undefined): string | null {
  try {
    const now: unknown = JSON.parse(JSON.stringify(config));
    const [first] = differences(withNewWords(JSON.parse(found ?? "null")), now);
    return first === undefined
      ? null
      : `it is of other training: ${
        excerpt(first.path)
      } was ${first.a}, now ${first.b}`;
  } catch {
    return "its configuration is not JSON";
  }
}

/** Why a file cannot be of training at all, or `null`. Files of version 1 have neither number nor digest. */
function versionFault({ version, [SEAL]: seal }: TensorFile["metadata"]) {
  if (version === undefined || (version === "2" && seal !== undefined)) {
    return null;
  }
  return version === "2"
    ? `it lacks its digest ${SEAL}`
    : `its version is ${words(version)}, wanted 2`;
}

/** Why a file is not of a training, or `null`. */
function misfit(
  { config, plan: { totalSteps } }: TrainingIdentity,
  { config: its, totalSteps: total, step, ...rest }: TensorFile["metadata"],
): string | null {
  const other = versionFault(rest) ?? mismatch(config, its);
  if (other !== null) return other;
  if (total !== String(totalSteps)) {
    return `its training has ${
      words(total)
    } steps, this one ${totalSteps}: other images`;
  }
  return countOf(step) <= totalSteps
    ? null
    : `its step is ${words(step)}, wanted 0 to ${totalSteps}`;
}

/** The state that a file holds. */
function stateIn(
  identity: TrainingIdentity,
  { metadata, tensors }: TensorFile,
): Result<FormatError, FiledTraining> {
  const reason = misfit(identity, metadata);
  if (reason !== null) return refuse(reason);
  const step = countOf(metadata["step"]);
  const shapes = identity.stateShapes(step);
  const bad = KINDS.flatMap((kind) => shapes[kind])
    .find(({ name, shape }) => !isWhole(tensors.get(name), shape));
  if (bad !== undefined) {
    const { name, shape } = bad;
    return refuse(`tensor ${name} is missing or not finite float32 [${shape}]`);
  }
  const of = (kind: typeof KINDS[number]): HostTensors =>
    new Map(shapes[kind].map(({ name }) => [
      name,
      tensors.get(name)?.data as Float32Array,
    ]));
  const { note } = metadata;
  return right({
    snapshot: {
      ...{ step, skipped: 0 },
      parameters: of("parameters"),
      optimizer: of("optimizer"),
      statistics: of("statistics"),
      averages: of("averages"),
    },
    ...note === undefined ? {} : { note },
  });
}

/**
 * Reads the state of a training.
 *
 * @param identity The training that is to go on.
 * @param bytes The whole file.
 * @returns The state, or why the file is refused: it is not as it was written, or of
 * other training. It is never read in part.
 */
export function decodeTraining(
  identity: TrainingIdentity,
  bytes: Uint8Array,
): Result<FormatError, FiledTraining> {
  const file = decodeSafetensors(bytes);
  return file._tag === "Left" ? file : stateIn(identity, file.right);
}

/**
 * Reads the state of a training from a file of any size, see `decodeTraining`.
 *
 * @param identity The training that is to go on.
 * @param path The file.
 */
export async function readTraining(
  identity: TrainingIdentity,
  path: string,
): Promise<Result<TrainError, FiledTraining>> {
  const read = await readRanges(path, safetensorsReading);
  if (read._tag === "Left") return read;
  const state = read.right._tag === "Left"
    ? read.right
    : stateIn(identity, read.right.right);
  return state._tag === "Right" ? state : left({
    _tag: "CheckpointRefused",
    path,
    reason: state.left.reason,
  });
}
