/** Sums of gradients over all ranks. */
import type {
  Backend,
  DeviceTensor,
  DeviceTensors,
} from "../../../../backends/backend.ts";
import { type Result, right } from "../../../../core/mod.ts";
import type { Ranks } from "../../../../ranks/mod.ts";
import { orRanksFailed, type TrainError } from "../../../train_error.ts";
import { disposeAll, download, joinedNumbers } from "../../tensors.ts";

/** Numbers of a tensor that is sent by itself; smaller ones are sent together. */
export const LARGE_TENSOR = 2 ** 15;

/** A tensor and its numbers in main memory. */
interface Numbered {
  readonly name: string;
  readonly tensor: DeviceTensor;
  readonly numbers: Float32Array;
  /** True if the numbers are the tensor itself. */
  readonly isInPlace: boolean;
}

/** Numbers of tensors: where they lie, or copies. */
async function numbersOf(
  backend: Backend,
  tensors: DeviceTensors,
): Promise<Result<TrainError, readonly Numbered[]>> {
  const inPlace = new Map(
    [...tensors].flatMap(([name, tensor]) => {
      const numbers = backend.hostNumbers?.(tensor);
      return numbers === undefined ? [] : [[name, numbers] as const];
    }),
  );
  const others = [...tensors].filter(([name]) => !inPlace.has(name));
  const read = await download(backend, new Map(others));
  if (read._tag === "Left") return read;
  return right([...tensors].map(([name, tensor]) => ({
    name,
    tensor,
    numbers: inPlace.get(name) ?? read.right.get(name) ?? new Float32Array(),
    isInPlace: inPlace.has(name),
  })));
}

/** Adds up small arrays as one. */
async function sumTogether(
  ranks: Ranks,
  parts: readonly Float32Array[],
): Promise<Result<TrainError, void>> {
  if (parts.length === 0) return right(undefined);
  const all = joinedNumbers(parts);
  const summed = orRanksFailed(await ranks.sum(all));
  if (summed._tag === "Left") return summed;
  let at = 0;
  for (const part of parts) {
    part.set(all.subarray(at, at + part.length));
    at += part.length;
  }
  return summed;
}

/** The tensor with these numbers: itself, or a new one in its place. */
function renewed(
  backend: Backend,
  { tensor, numbers, isInPlace }: Numbered,
): DeviceTensor {
  if (isInPlace) return tensor;
  const { shape } = tensor;
  tensor.dispose();
  return backend.upload({ shape, data: numbers });
}

/** Divides numbers in place. */
function divide(numbers: Float32Array, by: number): void {
  for (let i = 0; i < numbers.length; i++) numbers[i] = numbers[i]! / by;
}

/**
 * Adds up tensors over all ranks: large ones by themselves, in place where they lie in main
 * memory, small ones together. On all ranks they come in the same order.
 *
 * @param tensors The tensors of this rank; they are taken.
 * @param averaged Names of those of which the mean over the ranks is wanted, not the sum.
 * @returns The sums by the same names; after a failure nothing is left on the device.
 */
export async function sumOverRanks(
  ranks: Ranks,
  backend: Backend,
  tensors: DeviceTensors,
  averaged: ReadonlySet<string> = new Set(),
): Promise<Result<TrainError, DeviceTensors>> {
  const failed = (error: Result<TrainError, never>) => {
    disposeAll(tensors.values());
    return error;
  };
  const numbered = await numbersOf(backend, tensors);
  if (numbered._tag === "Left") return failed(numbered);
  const isLarge = ({ numbers }: Numbered): boolean =>
    numbers.length >= LARGE_TENSOR;
  for (const { numbers } of numbered.right.filter(isLarge)) {
    const summed = orRanksFailed(await ranks.sum(numbers));
    if (summed._tag === "Left") return failed(summed);
  }
  const small = numbered.right.filter((one) => !isLarge(one));
  const summed = await sumTogether(ranks, small.map(({ numbers }) => numbers));
  if (summed._tag === "Left") return failed(summed);
  for (const { name, numbers } of numbered.right) {
    if (averaged.has(name)) divide(numbers, ranks.size);
  }
  return right(
    new Map(numbered.right.map((one) => [one.name, renewed(backend, one)])),
  );
}
