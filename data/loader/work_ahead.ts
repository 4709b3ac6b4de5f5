/** Doing the next pieces of work while the last one is used. */
import type { Result } from "../../core/mod.ts";

/** A controller that is aborted when a signal is. */
export function stopWith(signal: AbortSignal | undefined): AbortController {
  const stop = new AbortController();
  const abort = (): void => stop.abort(signal?.reason);
  if (signal?.aborted === true) abort();
  signal?.addEventListener("abort", abort, { signal: stop.signal });
  return stop;
}

/**
 * Results in the order of their pieces of work, some of which are under way ahead of
 * the consumer and beside each other.
 *
 * The iteration ends after the last piece, after the first failure, or when `stop` is
 * aborted. However it ends, also when the consumer leaves its loop, `stop` is aborted
 * and work that was begun is waited for, so nothing goes on behind the consumer's back.
 *
 * @param work Begins a piece of work whenever it is asked for the next one. Pieces must
 * not reject, and end soon when `stop` is aborted.
 * @param ahead Most pieces that are begun or ready but not yet asked for.
 */
export async function* workAhead<Failure, Value>(
  work: Iterator<Promise<Result<Failure, Value>>>,
  ahead: number,
  stop: AbortController,
): AsyncGenerator<Result<Failure, Value>, void> {
  const queue: Promise<Result<Failure, Value>>[] = [];
  const unfinished = new Set<Promise<unknown>>();
  try {
    while (!stop.signal.aborted) {
      while (queue.length <= ahead) {
        const begun = work.next();
        if (begun.done === true) break;
        queue.push(begun.value);
        unfinished.add(begun.value);
        begun.value.finally(() => unfinished.delete(begun.value));
      }
      const result = await queue.shift();
      if (stop.signal.aborted || result === undefined) return;
      yield result;
      if (result._tag === "Left") return;
    }
  } finally {
    stop.abort();
    await Promise.all(unfinished);
  }
}
