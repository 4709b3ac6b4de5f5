/**
 * PyTorch's checkpoint files.
 *
 * @module
 */
import { left, type Result, right } from "../../core/mod.ts";
import { readBytes, type Reading } from "../byte_reading.ts";
import type { StoredTensor } from "../safetensors.ts";
import { readPickle } from "./pickle.ts";
import {
  zipContentReading,
  zipEntriesReading,
  type ZipEntry,
} from "./stored_zip.ts";
import { storageKeys, TORCH_RULES, torchTensors } from "./torch_tensors.ts";

/** Why bytes are not a PyTorch file that can be read. */
export interface TorchFormatError {
  /** Discriminant. */
  readonly _tag: "NotTorch";
  /** What was found and what is wanted. */
  readonly reason: string;
}

const refuse = (reason: string): Result<TorchFormatError, never> =>
  left({ _tag: "NotTorch", reason });

/** Whether bytes begin like a zip archive, as files of PyTorch 1.6 and later do. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

/** Files of an archive, each read when it is asked for. */
interface Archive {
  readonly size: number;
  readonly entries: ReadonlyMap<string, ZipEntry>;
}

/** Contents by name of those files of an archive that are in it. */
function* readContents(
  { size, entries }: Archive,
  names: Iterable<string>,
): Reading<Result<string, ReadonlyMap<string, Uint8Array>>> {
  const contents = new Map<string, Uint8Array>();
  for (const name of names) {
    const entry = entries.get(name);
    if (entry === undefined) continue;
    const content = yield* zipContentReading(size, entry);
    if (content._tag === "Left") return content;
    contents.set(name, content.right);
  }
  return right(contents);
}

const damaged = (reason: string): Result<TorchFormatError, never> =>
  refuse(`the archive cannot be read: ${reason}`);

/** Tensors of an archive whose pickle is at this path. */
function* readArchive(
  archive: Archive,
  pickle: string,
): Reading<Result<TorchFormatError, ReadonlyMap<string, StoredTensor>>> {
  const root = pickle.slice(0, -"data.pkl".length);
  const files = yield* readContents(archive, [pickle, `${root}byteorder`]);
  if (files._tag === "Left") return damaged(files.left);
  const order = files.right.get(`${root}byteorder`);
  if (order !== undefined && new TextDecoder().decode(order) !== "little") {
    return refuse("its numbers are not little-endian");
  }
  const value = readPickle(TORCH_RULES, files.right.get(pickle)!);
  if (value._tag === "Left") return refuse(`data.pkl: ${value.left}`);
  const placeOf = (key: string): string => `${root}data/${key}`;
  const wanted = new Set([...storageKeys(value.right)].map(placeOf));
  const storages = yield* readContents(archive, wanted);
  if (storages._tag === "Left") return damaged(storages.left);
  const tensors = torchTensors(
    (key) => storages.right.get(placeOf(key)),
    archive.size,
    value.right,
  );
  return tensors._tag === "Left" ? refuse(tensors.left) : tensors;
}

/**
 * Reads a file of PyTorch by ranges: its list of files, the pickle, and the
 * storages of those tensors that are given back.
 *
 * @param size Bytes of the file.
 * @returns Tensors by name, or why the file cannot be trusted; see `decodeTorchFile`.
 */
export function* torchReading(
  size: number,
): Reading<Result<TorchFormatError, ReadonlyMap<string, StoredTensor>>> {
  if (!isZip(yield { start: 0, end: Math.min(size, 2) })) {
    return refuse(
      "it is no zip archive; a file of PyTorch before 1.6 has to be loaded and saved again",
    );
  }
  const entries = yield* zipEntriesReading(size);
  if (entries._tag === "Left") return damaged(entries.left);
  const pickle = [...entries.right.keys()].find((name) =>
    /^[^/]*\/data\.pkl$/.test(name)
  );
  return pickle === undefined
    ? refuse("the archive holds no data.pkl")
    : yield* readArchive({ size, entries: entries.right }, pickle);
}

/**
 * Reads a file that `torch.save` wrote: a state dictionary, or a dictionary of
 * state dictionaries, whose names then begin with their key, as in
 * `model.blocks.0.norm1.weight`. What is no tensor is passed over.
 *
 * Nothing in the file is run. It may hold tensors, numbers, texts, lists and
 * dictionaries; any other class or function in it is refused by its name.
 * Half-precision numbers become `float32`, which holds them exactly.
 *
 * @param bytes The whole file, of PyTorch 1.6 or later.
 * @returns Tensors by name, or why the file cannot be trusted; never a part of it.
 */
export function decodeTorchFile(
  bytes: Uint8Array,
): Result<TorchFormatError, ReadonlyMap<string, StoredTensor>> {
  return readBytes(bytes, torchReading);
}
