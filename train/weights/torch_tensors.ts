/**
 * Tensors out of the storages of a PyTorch file.
 *
 * @module
 */
import {
  excerpt,
  left,
  type Result,
  right,
  type Shape,
  sizeOf,
} from "../../core/mod.ts";
import {
  NUMBER_WIDTHS,
  numbersOf,
  type StoredTensor,
  type TensorData,
} from "../files/tensor_data.ts";
import type { TensorPlace } from "./torch_contents.ts";

/** Bytes of a storage by its key. */
export type StorageBytes = (key: string) => Uint8Array | undefined;

/** Reads storages, each once, and counts what is copied. */
interface Storages {
  readonly bytesOf: StorageBytes;
  readonly known: Map<string, TensorData>;
  /** Numbers that may still be copied out of storages. */
  copies: number;
}

/** Numbers of the storage that a tensor lies in. */
function storageOf(
  storages: Storages,
  { key, kind, count }: TensorPlace,
): Result<string, TensorData> {
  const place = `${kind} ${key}`;
  const known = storages.known.get(place);
  // Another tensor may claim another count of the same storage.
  if (known?.length === count) return right(known);
  const bytes = storages.bytesOf(key);
  if (bytes === undefined) {
    return left(`is of storage ${excerpt(key)}, which is missing`);
  }
  const wanted = count * NUMBER_WIDTHS[kind];
  if (bytes.length !== wanted) {
    return left(
      `is of storage ${
        excerpt(key)
      }, which has ${bytes.length} bytes, wanted ${wanted}`,
    );
  }
  const numbers = numbersOf(kind, bytes);
  storages.known.set(place, numbers);
  return right(numbers);
}

const isContiguous = (shape: Shape, strides: readonly number[]): boolean =>
  shape.every((extent, axis) =>
    extent === 1 || strides[axis] === sizeOf(shape.slice(axis + 1))
  );

/** Row-major numbers of a strided view. */
function gathered(
  from: TensorData,
  offset: number,
  shape: Shape,
  strides: readonly number[],
): TensorData {
  const size = sizeOf(shape);
  const out = from.slice(0, size);
  const place = shape.map(() => 0);
  for (let i = 0, at = offset; i < size; i++) {
    out[i] = from[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++place[axis]! < shape[axis]!) break;
      at -= place[axis]! * strides[axis]!;
      place[axis] = 0;
    }
  }
  return out;
}

/** The tensor at a place, all of which lies in its storage. */
function tensorAt(
  storages: Storages,
  place: TensorPlace,
): Result<string, StoredTensor> {
  const storage = storageOf(storages, place);
  if (storage._tag === "Left") return storage;
  const { offset, shape, strides } = place;
  const data = storage.right;
  if (shape.includes(0)) return right({ shape, data: data.subarray(0, 0) });
  const size = sizeOf(shape);
  if (isContiguous(shape, strides)) {
    return right({ shape, data: data.subarray(offset, offset + size) });
  }
  storages.copies -= size;
  return storages.copies < 0
    ? left("is one of many views of the same numbers")
    : right({ shape, data: gathered(data, offset, shape, strides) });
}

/**
 * Reads tensors out of storages.
 *
 * @param bytesOf Storages by key.
 * @param most Numbers that may be copied where a tensor is no run of its storage.
 * @param places Where the tensors are, by name.
 * @returns Tensors by name, or what is wrong with one of them.
 */
export function torchTensors(
  bytesOf: StorageBytes,
  most: number,
  places: ReadonlyMap<string, TensorPlace>,
): Result<string, ReadonlyMap<string, StoredTensor>> {
  const storages: Storages = { bytesOf, known: new Map(), copies: most };
  const tensors = new Map<string, StoredTensor>();
  for (const [name, place] of places) {
    const tensor = tensorAt(storages, place);
    if (tensor._tag === "Left") {
      return left(`tensor ${excerpt(name)} ${tensor.left}`);
    }
    tensors.set(name, tensor.right);
  }
  return right(tensors);
}
