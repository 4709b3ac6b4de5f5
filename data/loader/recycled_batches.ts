/**
 * Batches whose memory becomes that of later ones.
 *
 * @module
 */
import type { Result } from "../../core/mod.ts";
import type { Batch } from "./batch.ts";
import type { RecycledMemory } from "../image/recycled_memory.ts";

/**
 * Gives back the memory of a batch when the next one is asked for.
 *
 * @param memory Where it came from; `null` to leave it to whoever has the batch.
 * @param batches The batches.
 */
export async function* recycledBatches<Failure>(
  memory: RecycledMemory | null,
  batches: AsyncIterable<Result<Failure, Batch>>,
): AsyncGenerator<Result<Failure, Batch>, void> {
  for await (const batch of batches) {
    yield batch;
    if (memory === null || batch._tag === "Left") continue;
    memory.give(batch.right.images.buffer as ArrayBuffer);
  }
}
