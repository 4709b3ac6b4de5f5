/**
 * Doing the next pieces of work while the last one is used.
 *
 * @module
 */
import type { Result } from "../../core/mod.ts";

/** Pieces of work in order. */
export interface WorkAhead<Failure, Value> {
  /** Number of pieces. */
  readonly count: number;
  /** Most pieces that are begun or ready but not yet asked for; all may be under way at once. */
  readonly ahead: number;
  /** Does one piece, soon when the signal is aborted; must not reject. */
  readonly work: (
    piece: number,
    signal: AbortSignal,
  ) => Promise<Result<Failure, Value>>;
  /** Ends the iteration when aborted. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does pieces of work in order, some of them ahead of the consumer and beside
 * each other.
 *
 * The iteration ends after the last piece, after the first failure, or when
 * the signal is aborted. However it ends, also when the consumer leaves
 * its loop, work that was begun is told to stop and waited for, so nothing goes
 * on behind the consumer's back.
 *
 * @param options The pieces, and how far to work ahead.
 * @returns The results in order.
 */
export async function* workAhead<Failure, Value>(
  options: WorkAhead<Failure, Value>,
): AsyncGenerator<Result<Failure, Value>, void> {
  const { count, ahead, work } = options;
  const stop = new AbortController();
  const signal = options.signal === undefined
    ? stop.signal
    : AbortSignal.any([stop.signal, options.signal]);
  const queue: Promise<Result<Failure, Value>>[] = [];
  const unfinished = new Set<Promise<unknown>>();
  let begun = 0;
  const begin = (piece: number): void => {
    const result = work(piece, signal);
    queue.push(result);
    unfinished.add(result);
    result.finally(() => unfinished.delete(result));
  };
  try {
    for (let piece = 0; piece < count && !signal.aborted; piece++) {
      while (begun < count && begun <= piece + ahead) begin(begun++);
      const result = await queue.shift();
      if (signal.aborted || result === undefined) return;
      yield result;
      if (result._tag === "Left") return;
    }
  } finally {
    stop.abort();
    await Promise.all(unfinished);
  }
}
