/**
 * Files of PyTorch before 1.6.
 *
 * ```text
 * pickle    0x1950a86a20f9469cfc6c
 * pickle    1001, the version of the format
 * pickle    what the machine was like
 * pickle    the value, which refers to storages by key
 * pickle    the keys in the order of the storages
 * storages  each its count of numbers (64 bits), then these
 * ```
 */
import { excerpt, left, type Result, right } from "../../../core/mod.ts";
import type { ByteRange, Reading } from "../../files/byte_reading.ts";
import type { ChooseTensors, Weights } from "../../files/tensor_data.ts";
import { readPickle } from "./pickle.ts";
import { isTagged, type PickleValue } from "./pickle_machine.ts";
import { storageOf } from "./torch_contents.ts";
import { torchWeightsReading } from "./torch_tensors.ts";

const MAGIC = 0x1950a86a20f9469cfc6cn;

const VERSION = 1001;

const MOST_PICKLED = 2 ** 26;

interface Pickles {
  readonly value: PickleValue;
  /** All storages that the value refers to, used or not. */
  readonly references: readonly PickleValue[];
  readonly keys: readonly string[];
  /** Begin of the storages. */
  readonly end: number;
}

function keysOf(value: PickleValue): readonly string[] | null {
  const items = isTagged(value, "List") ? value.items : [null];
  return items.every((key) => typeof key === "string")
    ? items as string[]
    : null;
}

function readPickles(bytes: Uint8Array): Result<string, Pickles> {
  const values: PickleValue[] = [];
  const references: (readonly PickleValue[])[] = [];
  let end = 0;
  for (const what of ["mark", "version", "machine", "value", "keys"]) {
    const read = readPickle(bytes.subarray(end));
    if (read._tag === "Left") return left(`its ${what}: ${read.left}`);
    values.push(read.right.value);
    references.push(read.right.references);
    end += read.right.length;
    if (values[0] !== MAGIC) {
      return left("it is a pickle that torch.save() did not write");
    }
  }
  const [, version, , value = null, last = null] = values;
  const keys = keysOf(last);
  if (version !== VERSION) {
    return left(`its version is ${version}, wanted ${VERSION}`);
  }
  return keys === null
    ? left("its storages have no keys")
    : right({ value, references: references.flat(), keys, end });
}

/** Bytes of each number of the storages, and how many there are, by key. */
function sizesOf(references: readonly PickleValue[]): Result<
  string,
  ReadonlyMap<string, readonly [count: number, width: number]>
> {
  const sizes = new Map<string, readonly [number, number]>();
  for (const reference of references) {
    const storage = storageOf(reference);
    // A module refers to its source so; its own storages come on their own.
    if (storage === null) continue;
    const { key, count, width, isPart } = storage;
    if (isPart) return left(`storage ${excerpt(key)} is part of another`);
    if (width === null) {
      return left(`storage ${excerpt(key)} is of no known kind`);
    }
    sizes.set(key, [count, width]);
  }
  return right(sizes);
}

/** Reads where each storage is; they must fill the rest of the file. */
function* readRanges(
  size: number,
  { keys, end, references }: Pickles,
): Reading<Result<string, ReadonlyMap<string, ByteRange>>> {
  const sizes = sizesOf(references);
  if (sizes._tag === "Left") return sizes;
  const ranges = new Map<string, ByteRange>();
  let at = end;
  for (const key of keys) {
    const [count = NaN, width = NaN] = sizes.right.get(key) ?? [];
    const start = at + 8;
    at = start + count * width;
    if (!(at <= size)) {
      return left(`it ends before its storage ${excerpt(key)} does`);
    }
    const header = yield { start: start - 8, end: start };
    const found = new DataView(header.buffer, header.byteOffset)
      .getBigUint64(0, true);
    if (found !== BigInt(count)) {
      return left(
        `storage ${excerpt(key)} has ${found} numbers, wanted ${count}`,
      );
    }
    ranges.set(key, { start, end: at });
  }
  return at === size
    ? right(ranges)
    : left(`${size - at} bytes follow the last storage`);
}

/**
 * Reads a file of PyTorch before 1.6 by ranges: its pickles, and the storages of those
 * tensors that are chosen.
 *
 * @returns Its contents, or why it cannot be trusted.
 */
export function* legacyTorchReading(
  size: number,
  choose: ChooseTensors,
): Reading<Result<string, Weights>> {
  const pickles = readPickles(
    yield { start: 0, end: Math.min(size, MOST_PICKLED) },
  );
  if (pickles._tag === "Left") return pickles;
  return yield* torchWeightsReading(
    pickles.right.value,
    size,
    choose,
    function* (keys) {
      const ranges = yield* readRanges(size, pickles.right);
      if (ranges._tag === "Left") return ranges;
      const storages = new Map<string, Uint8Array>();
      for (const key of keys) {
        const range = ranges.right.get(key);
        if (range !== undefined) storages.set(key, yield range);
      }
      return right(storages);
    },
  );
}
