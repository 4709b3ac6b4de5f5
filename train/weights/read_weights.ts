/**
 * Files of weights by their content.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { left, type Result, right } from "../../core/mod.ts";
import { fileResult } from "../atomic_file.ts";
import { decodeSafetensors, type StoredTensor } from "../safetensors.ts";
import type { TrainError } from "../train_error.ts";
import { decodeTorchFile, isZip } from "./torch_file.ts";

/** Whether bytes begin like a pickle: a file of PyTorch before 1.6. */
const isPickle = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x80 && (bytes[1] ?? 0) <= 5 && bytes.length > 8 &&
  bytes[7] !== 0;

/**
 * Tensors of a safetensors file or of one that PyTorch saved. Which it is, its
 * content tells, not its name. Nothing in the file is run.
 *
 * @param path The file.
 * @returns Tensors by name, or why the file cannot be read or trusted.
 */
export async function readWeights(
  path: string,
): Promise<Result<TrainError, ReadonlyMap<string, StoredTensor>>> {
  const bytes = await fileResult(path, () => readFile(path));
  if (bytes._tag === "Left") return bytes;
  if (isZip(bytes.right) || isPickle(bytes.right)) {
    const tensors = decodeTorchFile(bytes.right);
    return tensors._tag === "Right"
      ? tensors
      : left({ _tag: "FileFailed", path, reason: tensors.left.reason });
  }
  const file = decodeSafetensors(bytes.right);
  return file._tag === "Right"
    ? right(file.right.tensors)
    : left({ _tag: "FileFailed", path, reason: file.left.reason });
}
