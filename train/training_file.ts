/**
 * Training that is stopped, as a file.
 *
 * @module
 */
import {
  excerpt,
  left,
  type Result,
  right,
  type Shape,
  shown,
} from "../core/mod.ts";
import { differences } from "./differences.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type FormatError,
  type StoredTensor,
} from "./safetensors.ts";
import type { TensorSnapshot } from "./stepped_training.ts";

/** What a file of training must be of. */
export interface TrainingIdentity {
  /** Everything that determines the training, as JSON. */
  readonly config: unknown;
  /** Shapes of what a snapshot after so many steps holds, by name. */
  readonly shapesAt: (step: number) => Readonly<Record<string, Shape>>;
  /** Steps of the whole training. */
  readonly totalSteps: number;
}

/**
 * Bytes of a safetensors file of a moment of training, with step and configuration
 * as metadata.
 *
 * @param training What it is of.
 * @param snapshot The moment.
 */
export function encodeTraining(
  { config, shapesAt, totalSteps }: TrainingIdentity,
  { step, tensors }: TensorSnapshot,
): Uint8Array<ArrayBuffer> {
  const metadata = {
    format: "pt",
    step: String(step),
    totalSteps: String(totalSteps),
    config: JSON.stringify(config),
  };
  const stored = Object.entries(shapesAt(step)).map(([name, shape]) =>
    [name, { shape, data: tensors.get(name) ?? new Float32Array() }] as const
  );
  return encodeSafetensors({ metadata, tensors: new Map(stored) });
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
    const [first] = differences(JSON.parse(found ?? "null"), now);
    return first === undefined
      ? null
      : `it is of other training: ${
        excerpt(first.path)
      } was ${first.a}, now ${first.b}`;
  } catch {
    return "its configuration is not JSON";
  }
}

/**
 * Reads a moment of training.
 *
 * @param training The training that is to go on.
 * @param bytes The whole file.
 * @returns The moment, or why the file is refused; it is never read in part.
 */
export function decodeTraining(
  { config, shapesAt, totalSteps }: TrainingIdentity,
  bytes: Uint8Array,
): Result<FormatError, TensorSnapshot> {
  const file = decodeSafetensors(bytes);
  if (file._tag === "Left") return file;
  const { metadata, tensors } = file.right;
  const other = mismatch(config, metadata["config"]);
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
  return right({ step, tensors: read });
}
