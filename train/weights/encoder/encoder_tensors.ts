/** The tensors of an encoder among those of a file. */
import {
  type Fault,
  left,
  type Result,
  right,
  type Shape,
} from "../../../core/mod.ts";
import { joinedNumbers } from "../../engine/tensors.ts";
import type { StoredTensor, Weights } from "../../files/tensor_data.ts";
import { type EncoderPlace, encoderSources } from "./encoder_names.ts";

/** Tensors of a file by their names in it. */
export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** Contents of a file beside the tensors that were read. */
export type OtherContents = Partial<Pick<Weights, "unread" | "opaque">>;

/** An encoder's tensors as a file has them. */
export interface EncoderTensors extends EncoderPlace {
  /** Tensors that were read, by their names in the file. */
  readonly tensors: StoredTensors;
  /** Those that were not, in words. */
  readonly unread: ReadonlyMap<string, string>;
  /** Names in the file by timm's name; several are concatenated along the rows. */
  readonly sources: ReadonlyMap<string, readonly string[]>;
}

/** Finds the tensors of an encoder. */
export function encoderTensors(
  { prefix, naming }: EncoderPlace,
  tensors: StoredTensors,
  { unread = new Map() }: OtherContents,
): EncoderTensors {
  const names = [...tensors.keys(), ...unread.keys()];
  const sources = encoderSources(naming, prefix, names);
  return { prefix, naming, tensors, unread, sources };
}

/** A fault of one tensor. */
export const tensorFault = (
  path: string,
  found: unknown,
  wanted: string,
): Fault => ({ _tag: "Inconsistent", path, found, wanted });

const wantedKind = (shape: Shape): string => `float32 [${shape.join(", ")}]`;

const show = ({ data, shape }: StoredTensor): string =>
  `${data.constructor.name.replace("Array", "").toLowerCase()} [${
    shape.join(", ")
  }]`;

/** Numbers of a tensor if it is real, finite and of the wanted shape. */
function wantedNumbers(
  path: string,
  tensor: StoredTensor,
  shape: Shape,
): Result<Fault, Float32Array> {
  const { data } = tensor;
  const isReal = data instanceof Float32Array || data instanceof Float64Array;
  if (!isReal || String(tensor.shape) !== String(shape)) {
    return left(tensorFault(path, show(tensor), wantedKind(shape)));
  }
  // Finite numbers of 64 bits may be none of 32.
  const numbers = data instanceof Float32Array ? data : new Float32Array(data);
  return numbers.every(Number.isFinite)
    ? right(numbers)
    : left(tensorFault(path, "a number that is not finite", "finite numbers"));
}

/** Shape of a third of a tensor: queries, keys or values. */
const thirdOf = ([rows = 0, ...others]: Shape): Shape => [rows / 3, ...others];

/**
 * Numbers of one of the encoder's tensors.
 *
 * @returns Its numbers, or what is wrong; also where the file has none.
 */
export function encoderNumbers(
  { prefix, tensors, unread, sources }: EncoderTensors,
  name: string,
  shape: Shape,
): Result<Fault, Float32Array> {
  const names = sources.get(name) ?? [prefix + name];
  const isWhole = names.length < 2;
  const parts: Float32Array[] = [];
  for (const own of isWhole ? names : [names[0], names[1], names[2]]) {
    const part = isWhole ? shape : thirdOf(shape);
    const tensor = tensors.get(own ?? "");
    if (own === undefined || tensor === undefined) {
      const found = unread.get(own ?? "");
      return left(tensorFault(own ?? prefix + name, found, wantedKind(part)));
    }
    const numbers = wantedNumbers(own, tensor, part);
    if (numbers._tag === "Left") return numbers;
    parts.push(numbers.right);
  }
  return right(isWhole ? parts[0]! : joinedNumbers(parts));
}

/** Shape of one of the encoder's tensors, without joining its parts; empty if the file has none. */
export function encoderShape(
  { tensors, sources }: EncoderTensors,
  name: string,
): Shape {
  return tensors.get(sources.get(name)?.[0] ?? "")?.shape ?? [];
}
