/** Long computations that others can watch and stop. */
import { left, type Result, right } from "../core/mod.ts";
import type { Ranks } from "../ranks/mod.ts";
import { eventLoopTurn } from "./event_loop.ts";
import type { TrainError } from "./train_error.ts";

/** Progress and stop of a long computation. */
export interface WorkOptions {
  /** Stops it soon after it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Listener to the progress: images, or comparisons of images. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** Progress and stop of a long computation that several ranks can share. */
export interface SharedWork extends WorkOptions {
  /**
   * The ranks that share it; `null`, the default, where one process does all. All of them
   * begin it alike, each computes its part, and all get the same result; they stop together,
   * once any of them is to stop. Progress is that of all.
   */
  readonly ranks?: Ranks | null | undefined;
}

/**
 * Lets the event loop turn once.
 *
 * @param signal Signal that stops the computation.
 * @returns `Stopped` once the signal is aborted.
 */
export async function yieldToOthers(
  signal: AbortSignal | undefined,
): Promise<Result<TrainError, void>> {
  await eventLoopTurn();
  return signal?.aborted ? left({ _tag: "Stopped" }) : right(undefined);
}
