/**
 * Training that is stopped, as a file.
 *
 * @module
 */
import {
  excerpt,
  left,
  type NamedShape,
  type Result,
  right,
  type Shape,
  shown,
  withNewWords,
} from "../../core/mod.ts";
import { readRanges } from "../files/byte_reading.ts";
import { differences } from "../checkpoint/schedule_change.ts";
import {
  decodeSafetensors,
  joinedParts,
  safetensorsParts,
  safetensorsReading,
  SEAL,
  type TensorFile,
} from "../files/safetensors.ts";
import type { FormatError } from "../files/safetensors_header.ts";
import type { Snapshot } from "../engine/state.ts";
import type { HostTensors } from "../engine/tensors.ts";
import type { TrainingIdentity } from "../engine/task.ts";
import type { StoredTensor } from "../files/tensor_data.ts";
import type { TrainError } from "../train_error.ts";

/** State of a training with all its tensors side by side, as these files hold it. */
export interface TensorSnapshot {
  /** Steps done. */
  readonly step: number;
  /** Everything that steps change, by name. */
  readonly tensors: HostTensors;
  /** A text that is kept with it in a file, if there is one. */
  readonly note?: string;
}

/** Tensors of a state in the order of a file. */
const namesIn = (identity: TrainingIdentity, step: number) => {
  const { parameters, statistics, averages, optimizer } = identity
    .stateShapes(step);
  return { parameters, statistics, averages, optimizer };
};

/** What files of a training must be of. */
export function fileIdentity(identity: TrainingIdentity): FileIdentity {
  return {
    config: identity.config,
    totalSteps: identity.plan.totalSteps,
    shapesAt: (step) =>
      Object.fromEntries(
        Object.values(namesIn(identity, step)).flat()
          .map(({ name, shape }) => [name, shape]),
      ),
  };
}

/** A state with its tensors side by side. */
export function flatSnapshot(snapshot: Snapshot): TensorSnapshot {
  const { step, parameters, statistics, averages, optimizer } = snapshot;
  const tensors = [parameters, statistics, averages, optimizer];
  return { step, tensors: new Map(tensors.flatMap((kind) => [...kind])) };
}

/** A state with its tensors by kind. */
export function snapshotByKind(
  identity: TrainingIdentity,
  { step, tensors }: TensorSnapshot,
): Snapshot {
  const of = (named: readonly NamedShape[]): HostTensors =>
    new Map(named.flatMap(({ name }) => {
      const data = tensors.get(name);
      return data === undefined ? [] : [[name, data] as const];
    }));
  const names = namesIn(identity, step);
  return {
    step,
    skipped: 0,
    parameters: of(names.parameters),
    statistics: of(names.statistics),
    averages: of(names.averages),
    optimizer: of(names.optimizer),
  };
}

/** What a file of training must be of. */
export interface FileIdentity {
  /** Everything that determines the training, as JSON. */
  readonly config: unknown;
  /** Shapes of what a snapshot after so many steps holds, by name. */
  readonly shapesAt: (step: number) => Readonly<Record<string, Shape>>;
  /** Steps of the whole training. */
  readonly totalSteps: number;
}

/**
 * A moment of training as a safetensors file, with step and configuration as metadata
 * and a digest of the file in it.
 *
 * @param training What it is of.
 * @param snapshot The moment.
 * @returns The file in parts that follow one another; the numbers are not copied.
 */
export function trainingParts(
  { config, shapesAt, totalSteps }: FileIdentity,
  { step, tensors, note }: TensorSnapshot,
): readonly Uint8Array[] {
  const metadata = {
    format: "pt",
    version: "2",
    step: String(step),
    totalSteps: String(totalSteps),
    config: JSON.stringify(config),
    ...note === undefined ? {} : { note },
    [SEAL]: "",
  };
  const stored = Object.entries(shapesAt(step)).map(([name, shape]) =>
    [name, { shape, data: tensors.get(name) ?? new Float32Array() }] as const
  );
  return safetensorsParts({ metadata, tensors: new Map(stored) });
}

/**
 * Bytes of a file of training, see `trainingParts`.
 *
 * @param training What it is of.
 * @param snapshot The moment.
 */
export function encodeTraining(
  training: FileIdentity,
  snapshot: TensorSnapshot,
): Uint8Array<ArrayBuffer> {
  return joinedParts(trainingParts(training, snapshot));
}

const refuse = (reason: string): Result<FormatError, never> =>
  left({ _tag: "NotSafetensors", reason });

/** Numbers of a tensor if it is finite and of the wanted shape. */
function numbersOf(
  tensor: StoredTensor | undefined,
  shape: Shape,
): Float32Array | null {
  return tensor?.data instanceof Float32Array &&
      String(tensor.shape) === String(shape) &&
      tensor.data.every(Number.isFinite)
    ? tensor.data
    : null;
}

/** A count as `String` writes it, else `NaN`. */
const countOf = (text: string | undefined): number =>
  /^(0|[1-9]\d{0,14})$/.test(text ?? "") ? Number(text) : NaN;

/** A text without quotation marks, or `nothing`. */
const words = (text: string | undefined): string =>
  text === undefined ? shown(text) : excerpt(text);

/** Why a file belongs to other training, or `null`. */
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

/** The moment of training that a file holds. */
function snapshotIn(
  { config, shapesAt, totalSteps }: FileIdentity,
  { metadata, tensors }: TensorFile,
): Result<FormatError, TensorSnapshot> {
  const other = versionFault(metadata) ?? mismatch(config, metadata["config"]);
  if (other !== null) return refuse(other);
  const total = metadata["totalSteps"];
  if (total !== String(totalSteps)) {
    return refuse(
      `its training has ${
        words(total)
      } steps, this one ${totalSteps}: other images`,
    );
  }
  const step = countOf(metadata["step"]);
  if (!(step <= totalSteps)) {
    const found = words(metadata["step"]);
    return refuse(`its step is ${found}, wanted 0 to ${totalSteps}`);
  }
  const read = new Map<string, Float32Array>();
  for (const [name, shape] of Object.entries(shapesAt(step))) {
    const numbers = numbersOf(tensors.get(name), shape);
    if (numbers === null) {
      return refuse(
        `tensor ${name} is missing or not finite float32 [${shape}]`,
      );
    }
    read.set(name, numbers);
  }
  const { note } = metadata;
  return right({ step, tensors: read, ...note === undefined ? {} : { note } });
}

/**
 * Reads a moment of training.
 *
 * @param training The training that is to go on.
 * @param bytes The whole file.
 * @returns The moment, or why the file is refused: it is not as it was written, or of
 * other training. It is never read in part.
 */
export function decodeTraining(
  training: FileIdentity,
  bytes: Uint8Array,
): Result<FormatError, TensorSnapshot> {
  const file = decodeSafetensors(bytes);
  return file._tag === "Left" ? file : snapshotIn(training, file.right);
}

/**
 * Reads a moment of training from a file of any size, see `decodeTraining`.
 *
 * @param training The training that is to go on.
 * @param path The file.
 */
export async function readTraining(
  training: FileIdentity,
  path: string,
): Promise<Result<TrainError, TensorSnapshot>> {
  const read = await readRanges(path, safetensorsReading);
  if (read._tag === "Left") return read;
  const file = read.right;
  const start = file._tag === "Left" ? file : snapshotIn(training, file.right);
  return start._tag === "Right" ? start : left({
    _tag: "CheckpointRefused",
    path,
    reason: start.left.reason,
  });
}
