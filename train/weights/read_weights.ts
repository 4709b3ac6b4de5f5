/** Reading of a file of weights, safetensors or PyTorch, told apart by content. */
import { kindOfBytes, left, type Result, right } from "../../core/mod.ts";
import { type Reading, readRanges } from "../files/byte_reading.ts";
import { chosenSafetensorsReading } from "../files/safetensors.ts";
import {
  ALL_TENSORS,
  type ChooseTensors,
  type Weights,
} from "../files/tensor_data.ts";
import type { TrainError } from "../train_error.ts";
import { isZip, torchReading } from "./torch/torch_file.ts";

/** True if a file begins like a pickle: one of PyTorch before 1.6. */
const isPickle = (size: number, start: Uint8Array): boolean =>
  start[0] === 0x80 && (start[1] ?? 0) <= 5 && size > 8 && start[7] !== 0;

/** True if a file begins like safetensors: a length below 2⁴⁰, then an object. */
const isSafetensors = (start: Uint8Array): boolean =>
  start[5] === 0 && start[6] === 0 && start[7] === 0 && start[8] === 0x7b;

/** Bytes at the begin of a file that show its format. */
const TELLING_BYTES = 512;

/** Content of a file of either kind, or why it cannot be read. */
function* weightsReading(
  size: number,
  choose: ChooseTensors,
): Reading<Result<string, Weights>> {
  const start = yield { start: 0, end: Math.min(size, TELLING_BYTES) };
  if (isZip(start) || isPickle(size, start)) {
    return yield* torchReading(size, choose);
  }
  const kind = isSafetensors(start) ? null : kindOfBytes(start);
  if (kind !== null) {
    return left(`it is ${kind}, wanted safetensors or a file of torch.save()`);
  }
  const file = yield* chosenSafetensorsReading(size, choose);
  return file._tag === "Right"
    ? right({ ...file.right, opaque: new Map() })
    : left(file.left.reason);
}

/**
 * Reads a safetensors file or one that PyTorch saved, told apart by content, not by
 * name. Nothing in the file is run. The file may be of any size: it is read
 * by ranges, and no part of it is held twice.
 *
 * @param path The file.
 * @param choose The tensors to read; all when left out.
 * @returns Its tensors by name and what else it holds, or why it cannot be read or
 * trusted.
 */
export async function readWeights(
  path: string,
  choose: ChooseTensors = ALL_TENSORS,
): Promise<Result<TrainError, Weights>> {
  const read = await readRanges(path, (size) => weightsReading(size, choose));
  if (read._tag === "Left") return read;
  return read.right._tag === "Right"
    ? read.right
    : left({ _tag: "FileFailed", path, reason: read.right.left });
}
