/** Tensors as they are stored in files of weights. */
import type { Shape } from "../../core/mod.ts";
import { fromHalfNumbers } from "./half_numbers.ts";

/** Numbers of the kinds that are read and written. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint8Array;

/** A tensor in main memory. */
export interface StoredTensor {
  /** Extents, outermost first. */
  readonly shape: Shape;
  /** Row-major numbers. */
  readonly data: TensorData;
}

/**
 * Choice of the tensors of a file that are read.
 *
 * @returns True if a tensor is wanted, by its name.
 */
export type ChooseTensors = (
  shapes: ReadonlyMap<string, Shape>,
) => (name: string) => boolean;

/** Content of a file of weights, each part by name. */
export interface Weights<Tensor = StoredTensor> {
  /** Tensors that were read. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Tensors that were not read, in words: those that were not chosen, and those of kinds of numbers that are not supported. */
  readonly unread: ReadonlyMap<string, string>;
  /** Objects that stay closed, by what would make them: the class or function that Python would call. */
  readonly opaque: ReadonlyMap<string, string>;
}

/** Reads every tensor. */
export const ALL_TENSORS: ChooseTensors = () => () => true;

/** Bytes of one number, by the names of the safetensors format. */
export const NUMBER_WIDTHS = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  U8: 1,
} as const;

/** A kind of number. */
export type NumberKind = keyof typeof NUMBER_WIDTHS;

/** Numbers whose upper halves are stored: those of `float32`. */
function fromUpperHalves(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves);
  for (let i = 0; i < bits.length; i++) bits[i]! <<= 16;
  return new Float32Array(bits.buffer);
}

/** The buffer of bytes that fill it, or of a copy of them. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer &&
      buffer.byteLength === bytes.byteLength
    ? buffer
    // Not slice(): that of a Node.js Buffer does not copy.
    : new Uint8Array(bytes).buffer;
}

/**
 * Numbers behind little-endian bytes. Those of 16 bits become `float32`, which
 * holds each of them exactly.
 *
 * @param bytes A whole number of numbers. Those that fill a buffer of their own are
 * taken over, others are copied.
 */
export function numbersOf(kind: NumberKind, bytes: Uint8Array): TensorData {
  const buffer = ownBuffer(bytes);
  switch (kind) {
    case "F64":
      return new Float64Array(buffer);
    case "F32":
      return new Float32Array(buffer);
    case "F16":
      return fromHalfNumbers(new Uint16Array(buffer));
    case "BF16":
      return fromUpperHalves(new Uint16Array(buffer));
    case "I64":
      return new BigInt64Array(buffer);
    case "I32":
      return new Int32Array(buffer);
    case "U8":
      return new Uint8Array(buffer);
  }
}

/** The kind of numbers. */
export const kindOf = (data: TensorData): NumberKind =>
  data instanceof Float32Array
    ? "F32"
    : data instanceof Float64Array
    ? "F64"
    : data instanceof Int32Array
    ? "I32"
    : data instanceof BigInt64Array
    ? "I64"
    : "U8";

/** The bytes behind numbers, not copied. */
export const bytesOf = (
  { buffer, byteOffset, byteLength }: TensorData,
): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);
