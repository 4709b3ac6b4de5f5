/**
 * Tensors in a pickle of PyTorch.
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
import { NUMBER_WIDTHS, type NumberKind, numbersOf } from "../number_kinds.ts";
import type { StoredTensor, TensorData } from "../safetensors.ts";
import {
  isTagged,
  type PickledCall,
  type PickleRules,
  type PickleValue,
} from "./pickle_machine.ts";

const STORAGES: ReadonlyMap<string, NumberKind> = new Map([
  ["torch.FloatStorage", "F32"],
  ["torch.DoubleStorage", "F64"],
  ["torch.HalfStorage", "F16"],
  ["torch.BFloat16Storage", "BF16"],
  ["torch.LongStorage", "I64"],
  ["torch.IntStorage", "I32"],
  ["torch.ByteStorage", "U8"],
  ["torch.BoolStorage", "U8"],
]);

const REBUILD = "torch._utils._rebuild_tensor_v2";
const PARAMETER = "torch._utils._rebuild_parameter";
const ORDERED_DICT = "collections.OrderedDict";

/** The names that a file of tensors needs, and no other. */
export const TORCH_RULES: PickleRules = {
  names: new Set([...STORAGES.keys(), REBUILD, PARAMETER, ORDERED_DICT]),
  dicts: new Set([ORDERED_DICT]),
};

/** A file with more tensors is refused: the largest models have some thousands. */
const MOST_TENSORS = 100_000;

/** PyTorch's own limit. */
const MOST_AXES = 64;

/** Bytes of a storage by its key. */
export type StorageBytes = (key: string) => Uint8Array | undefined;

/** Reads storages, each once, and counts what is copied. */
interface Storages {
  readonly bytesOf: StorageBytes;
  readonly known: Map<string, TensorData>;
  /** Numbers that may still be copied out of storages. */
  copies: number;
}

const isCount = (x: unknown): x is number =>
  Number.isSafeInteger(x) && (x as number) >= 0;

const itemsOf = (value: PickleValue | undefined): readonly PickleValue[] =>
  isTagged(value, "List") ? value.items : [];

/** Counts in a tuple, or `null` if it is none of counts for at most `MOST_AXES` axes. */
function countsOf(value: PickleValue | undefined): readonly number[] | null {
  if (!isTagged(value, "List") || value.items.length > MOST_AXES) return null;
  return value.items.every(isCount) ? value.items as number[] : null;
}

/** Numbers of a storage: `('storage', type, key, location, count)`. */
function storageOf(
  storages: Storages,
  reference: PickleValue | undefined,
): Result<string, TensorData> {
  const id = isTagged(reference, "Reference") ? itemsOf(reference.id) : [];
  const [word, type, key, , count] = id;
  const kind = isTagged(type, "Name") ? STORAGES.get(type.name) : undefined;
  if (
    word !== "storage" || kind === undefined || typeof key !== "string" ||
    !isCount(count)
  ) return left("is of no storage");
  const place = `${kind} ${key}`;
  const known = storages.known.get(place);
  if (known !== undefined) return right(known);
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

/** The tensor that `_rebuild_tensor_v2(storage, offset, shape, strides, …)` stands for. */
function rebuilt(
  storages: Storages,
  { arguments: given }: PickledCall,
): Result<string, StoredTensor> {
  const storage = storageOf(storages, given[0]);
  if (storage._tag === "Left") return storage;
  const [offset, shape, strides] = [
    given[1],
    countsOf(given[2]),
    countsOf(given[3]),
  ];
  if (
    !isCount(offset) || shape === null || strides === null ||
    strides.length !== shape.length
  ) return left("has no offset, shape and strides");
  const data = storage.right;
  const size = shape.includes(0) ? 0 : sizeOf(shape);
  const last = shape.reduce(
    (at, extent, axis) => at + (extent - 1) * strides[axis]!,
    offset,
  );
  if (size === 0) return right({ shape, data: data.subarray(0, 0) });
  if (!(size <= data.length) || !(last < data.length)) {
    return left(
      `[${shape}] reaches beyond its storage of ${data.length} numbers`,
    );
  }
  if (isContiguous(shape, strides)) {
    return right({ shape, data: data.subarray(offset, offset + size) });
  }
  storages.copies -= size;
  return storages.copies < 0
    ? left("is one of many views of the same numbers")
    : right({ shape, data: gathered(data, offset, shape, strides) });
}

/** A tensor or parameter, or `null` for anything else. */
function tensorOf(
  storages: Storages,
  value: PickleValue,
): Result<string, StoredTensor> | null {
  if (!isTagged(value, "Call")) return null;
  if (value.name === REBUILD) return rebuilt(storages, value);
  const [inner] = value.arguments;
  return value.name === PARAMETER && isTagged(inner, "Call") &&
      inner.name === REBUILD
    ? rebuilt(storages, inner)
    : null;
}

/** Names and values of a dictionary and of those in it; a key that is no text has no name. */
function* named(
  value: PickleValue,
): Generator<readonly [name: string | null, value: PickleValue]> {
  if (!isTagged(value, "Dict")) return;
  for (const [key, inner] of value.entries) {
    yield [typeof key === "string" ? key : null, inner];
    if (!isTagged(inner, "Dict") || typeof key !== "string") continue;
    for (const [name, deep] of inner.entries) {
      yield [typeof name === "string" ? `${key}.${name}` : null, deep];
    }
  }
}

/**
 * Keys of the storages that `torchTensors` asks for.
 *
 * @param value What the pickle holds.
 */
export function* storageKeys(value: PickleValue): Generator<string> {
  for (const [, inner] of named(value)) {
    if (!isTagged(inner, "Call")) continue;
    const [first] = inner.arguments;
    const call = isTagged(first, "Call") ? first : inner;
    const [reference] = call.arguments;
    const id = isTagged(reference, "Reference") ? itemsOf(reference.id) : [];
    if (typeof id[2] === "string") yield id[2];
  }
}

/**
 * Tensors of a state dictionary and of the dictionaries in it.
 *
 * @param bytesOf Storages by key.
 * @param most Numbers that may be copied where a tensor is no run of its storage.
 * @param value What the pickle holds.
 * @returns Tensors by name, or what is wrong with one of them.
 */
export function torchTensors(
  bytesOf: StorageBytes,
  most: number,
  value: PickleValue,
): Result<string, ReadonlyMap<string, StoredTensor>> {
  const storages: Storages = { bytesOf, known: new Map(), copies: most };
  const tensors = new Map<string, StoredTensor>();
  let seen = 0;
  for (const [name, inner] of named(value)) {
    if (++seen > MOST_TENSORS) {
      return left(`it has more than ${MOST_TENSORS} entries`);
    }
    const tensor = name === null ? null : tensorOf(storages, inner);
    if (name === null || tensor === null) continue;
    if (tensor._tag === "Left") {
      return left(`tensor ${excerpt(name)} ${tensor.left}`);
    }
    tensors.set(name, tensor.right);
  }
  return right(tensors);
}
