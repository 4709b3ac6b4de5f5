/** Micro-batches in parts, each computed on a thread of its own. */
import type { Backend, HostInput } from "../../../backends/backend.ts";
import { sizeOf } from "../../../core/mod.ts";
import { type Divided, onlyShare } from "../share.ts";
import type { HostBatch } from "../tensors.ts";

/**
 * Number of parts of a micro-batch that are computed at one time, where one rank computes
 * all of every step.
 *
 * The operators of a small model are too short to be shared by threads; whole passes
 * over parts of the batch are not. Each part has gradients of its own, which are added
 * up: at most 512 MiB of them, so that large models stay in one part.
 *
 * @param backend Engine; its number of parallel runs counts.
 * @returns A divisor of `batchSize`, 1 where parts do not pay or the task is not
 * divisible. It depends on the engine's threads, and with it how the sums are rounded.
 */
export const batchParts = (
  task: Divided,
  backend: Pick<Backend, "parallelRuns">,
): number => onlyShare(task, backend).parts;

function rowsOf(input: HostInput, from: number, rows: number): HostInput {
  const [, ...row] = input.shape;
  const [shape, size] = [[rows, ...row], sizeOf(row)];
  const [start, end] = [from * size, (from + rows) * size];
  return "levels" in input
    ? { ...input, shape, data: input.data.subarray(start, end) }
    : { shape, data: input.data.subarray(start, end) };
}

/**
 * Splits a batch by its samples.
 *
 * @returns Tensors `[B / parts, …]`; views, not copies.
 */
export function splitBatch(
  batch: HostBatch,
  parts: number,
): readonly HostBatch[] {
  return Array.from({ length: parts }, (_, part) =>
    Object.fromEntries(
      Object.entries(batch).map(([name, tensor]) => {
        const rows = (tensor.shape[0] ?? 0) / parts;
        return [name, rowsOf(tensor, part * rows, rows)];
      }),
    ));
}
