/**
 * Every image once, for judging.
 *
 * @module
 */
import { left, type Result } from "../../core/mod.ts";
import {
  type BadImagePolicy,
  type BadImages,
  badImages,
} from "./bad_images.ts";
import { type Batch, batchMaker } from "./batch.ts";
import {
  type DataError,
  unlessFaulty,
  wholeFault,
} from "../report/data_error.ts";
import type { ImageSource } from "../image/image_source.ts";
import type { ImageWorkers } from "./image_workers.ts";
import { recycledBatches } from "./recycled_batches.ts";
import { recycledMemory } from "../image/recycled_memory.ts";
import type { EvalTransform } from "../transforms/transform.ts";
import { workAhead } from "./work_ahead.ts";

/** Which images are wanted, and in how large batches. */
export interface LoadAllOptions {
  /** Where images come from. */
  readonly source: ImageSource;
  /** What they become; nothing of it is random. */
  readonly transform: EvalTransform;
  /** Images of a batch, `≥ 1`; the last batch may be smaller. */
  readonly batchSize: number;
  /** Batches made ahead of the one in use; 2 when left out. */
  readonly prefetch?: number;
  /** Who makes images ready; the main thread when left out. */
  readonly workers?: ImageWorkers | undefined;
  /** What is done about an image that cannot be read; `"skip"` when left out. */
  readonly onBadImage?: BadImagePolicy | undefined;
  /** Where skipped images are noted; a list of this iteration when left out. */
  readonly badImages?: BadImages | undefined;
  /**
   * Whether the numbers of a batch last only until the next one is asked for. Their
   * memory is then used again, which is faster than new memory. `false` when left out.
   */
  readonly recycles?: boolean | undefined;
  /** Ends the iteration when aborted. */
  readonly signal?: AbortSignal;
}

/**
 * All images of a source in its order. Only those that cannot be read are left
 * out, so that a batch may be smaller; they are noted in `badImages`.
 *
 * @param options What to load.
 * @returns Batches of `[≤ B, C, height, width]` with their indices, rising from 0,
 * or the error that ends them.
 */
export async function* loadAll(
  options: LoadAllOptions,
): AsyncGenerator<Result<DataError, Batch>, void> {
  const { source, transform, batchSize, prefetch = 2, signal } = options;
  const memory = recycledMemory(Infinity);
  const checked = unlessFaulty(options, [
    wholeFault("batchSize", batchSize, 1, Infinity),
    wholeFault("prefetch", prefetch, 0, Infinity),
    wholeFault("workers", options.workers?.count ?? 1, 1, Infinity),
  ]);
  if (checked._tag === "Left") {
    yield left({ _tag: "BadOptions", faults: checked.left });
    return;
  }
  const makeBatch = batchMaker({
    source,
    rule: { transform },
    workers: options.workers,
    memory,
    onBadImage: options.onBadImage ?? "skip",
    badImages: options.badImages ?? badImages(source.length),
  });
  yield* recycledBatches(
    options.recycles === true ? memory : null,
    workAhead({
      count: Math.ceil(source.length / batchSize),
      ahead: prefetch,
      signal,
      work: (piece, stop) => {
        const from = piece * batchSize;
        const length = Math.min(batchSize, source.length - from);
        return makeBatch(new Int32Array(length).map((_, i) => from + i), stop);
      },
    }),
  );
}
