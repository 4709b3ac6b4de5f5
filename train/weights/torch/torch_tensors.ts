/** Tensors in the storages of a PyTorch file. */
import {
  excerpt,
  left,
  type Result,
  right,
  type Shape,
  sizeOf,
} from "../../../core/mod.ts";
import type { Reading } from "../../files/byte_reading.ts";
import {
  type ChooseTensors,
  NUMBER_WIDTHS,
  numbersOf,
  type StoredTensor,
  type TensorData,
  type Weights,
} from "../../files/tensor_data.ts";
import type { PickleValue } from "./pickle_machine.ts";
import { type TensorPlace, torchContents } from "./torch_contents.ts";

/** Bytes of storages by their keys. */
export type StorageBytes = ReadonlyMap<string, Uint8Array>;

/** Reads storages, each once, and counts what is copied. */
interface Storages {
  readonly bytes: StorageBytes;
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
  const bytes = storages.bytes.get(key);
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

/** Reads tensors out of storages; only so many numbers are copied where a tensor is no run of its storage. */
function tensorsIn(
  bytes: StorageBytes,
  places: ReadonlyMap<string, TensorPlace>,
  mostCopied: number,
): Result<string, ReadonlyMap<string, StoredTensor>> {
  const storages: Storages = { bytes, known: new Map(), copies: mostCopied };
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

/** Divides tensors into those that are to be read, and the others in words. */
function chosenOf(
  all: ReadonlyMap<string, TensorPlace>,
  choose: ChooseTensors,
): readonly [ReadonlyMap<string, TensorPlace>, ReadonlyMap<string, string>] {
  const isChosen = choose(
    new Map([...all].map(([name, { shape }]) => [name, shape])),
  );
  const [chosen, others] = [
    new Map<string, TensorPlace>(),
    new Map<string, string>(),
  ];
  for (const [name, place] of all) {
    if (isChosen(name)) chosen.set(name, place);
    else others.set(name, `${place.kind} [${place.shape.join(", ")}]`);
  }
  return [chosen, others];
}

/**
 * Reads the tensors of a pickle that are chosen.
 *
 * @param size Bytes of the file: so many numbers are copied at most.
 * @param storagesReading Reads storages by their keys; one that is not there is skipped.
 * @returns Contents of the file, or its fault.
 */
export function* torchWeightsReading(
  value: PickleValue,
  size: number,
  choose: ChooseTensors,
  storagesReading: (
    keys: ReadonlySet<string>,
  ) => Reading<Result<string, StorageBytes>>,
): Reading<Result<string, Weights>> {
  const contents = torchContents(value);
  if (contents._tag === "Left") return contents;
  const { tensors: all, unread, opaque } = contents.right;
  const [chosen, others] = chosenOf(all, choose);
  const keys = new Set([...chosen.values()].map(({ key }) => key));
  const storages = yield* storagesReading(keys);
  if (storages._tag === "Left") return storages;
  const tensors = tensorsIn(storages.right, chosen, size);
  return tensors._tag === "Left" ? tensors : right({
    tensors: tensors.right,
    unread: new Map([...unread, ...others]),
    opaque,
  });
}
