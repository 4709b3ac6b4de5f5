/**
 * Files of weights by their content.
 *
 * @module
 */
import { left, type Result, right } from "../../core/mod.ts";
import { type Reading, readRanges } from "../byte_reading.ts";
import { safetensorsReading, type StoredTensor } from "../safetensors.ts";
import type { TrainError } from "../train_error.ts";
import { isZip, torchReading } from "./torch_file.ts";

/** Whether a file begins like a pickle: one of PyTorch before 1.6. */
const isPickle = (size: number, start: Uint8Array): boolean =>
  start[0] === 0x80 && (start[1] ?? 0) <= 5 && size > 8 && start[7] !== 0;

/** Tensors by name of a file of either kind, or why there are none. */
function* weightsReading(
  size: number,
): Reading<Result<string, ReadonlyMap<string, StoredTensor>>> {
  const start = yield { start: 0, end: Math.min(size, 8) };
  if (isZip(start) || isPickle(size, start)) {
    const tensors = yield* torchReading(size);
    return tensors._tag === "Right" ? tensors : left(tensors.left.reason);
  }
  const file = yield* safetensorsReading(size);
  return file._tag === "Right"
    ? right(file.right.tensors)
    : left(file.left.reason);
}

/**
 * Tensors of a safetensors file or of one that PyTorch saved. Which it is, its
 * content tells, not its name. Nothing in the file is run. The file may be of any
 * size: it is read by ranges, and no part of it is held twice.
 *
 * @param path The file.
 * @returns Tensors by name, or why the file cannot be read or trusted.
 */
export async function readWeights(
  path: string,
): Promise<Result<TrainError, ReadonlyMap<string, StoredTensor>>> {
  const tensors = await readRanges(path, weightsReading);
  if (tensors._tag === "Left") return tensors;
  return tensors.right._tag === "Right"
    ? tensors.right
    : left({ _tag: "FileFailed", path, reason: tensors.right.left });
}
