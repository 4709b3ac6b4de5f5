/** Micro-batches in parts, each computed on a thread of its own. */
import type { Backend, HostInput } from "../../../backends/backend.ts";
import { sizeOf } from "../../../core/mod.ts";
import type { Task } from "../task.ts";
import type { HostBatch } from "../tensors.ts";

/** With fewer samples the overhead of an operator weighs more than its work. */
const FEWEST_SAMPLES = 4;

/** Limit of the gradients of all parts, bytes: adding them up costs time too. */
const MOST_BYTES = 2 ** 29;

/**
 * Number of parts of a micro-batch that are computed at one time.
 *
 * The operators of a small model are too short to be shared by threads; whole passes
 * over parts of the batch are not. Each part has gradients of its own, which are added
 * up: at most 512 MiB of them, so that large models stay in one part.
 *
 * @param backend Engine; its number of parallel runs counts.
 * @returns A divisor of `batchSize`, 1 where parts do not pay or the task is not
 * divisible. It depends on the engine's threads, and with it how the sums are rounded.
 */
export function batchParts(
  task: Pick<Task<unknown>, "isDivisible" | "training" | "stateShapes">,
  { parallelRuns = 1 }: Pick<Backend, "parallelRuns">,
): number {
  if (!task.isDivisible) return 1;
  const { batchSize } = task.training;
  const gradientBytes = 4 *
    task.stateShapes(0).parameters
      .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const most = Math.min(
    parallelRuns,
    Math.floor(batchSize / FEWEST_SAMPLES),
    Math.floor(MOST_BYTES / gradientBytes),
  );
  const divisors = Array.from({ length: Math.max(1, most) }, (_, i) => i + 1)
    .filter((parts) => batchSize % parts === 0);
  return divisors.at(-1) ?? 1;
}

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
