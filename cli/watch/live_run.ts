/** A run that several pages look at. */
import { left, type Result } from "../../core/mod.ts";
import type { FollowedRun, Follower, NoRun } from "../../train/mod.ts";

/** Result of a look at the run's folder. */
export type Look = Result<NoRun, FollowedRun>;

/** A run that is looked at as long as somebody listens. */
export interface LiveRun {
  /** A look that is at most one interval old. */
  latest(): Promise<Look>;
  /** Calls a listener after every look from now on; gives what ends that. */
  listen(listener: (look: Look) => void): () => void;
}

/**
 * Looks at a run in intervals, once for all listeners.
 *
 * @param every Seconds between two looks.
 */
export function liveRun(follow: Follower, every: number): LiveRun {
  const listeners = new Set<(look: Look) => void>();
  let looking: Promise<Look> | null = null;
  let at = -Infinity;
  const look = (): Promise<Look> =>
    follow().catch((thrown: unknown) =>
      left({ isThere: true, reason: `it cannot be shown: ${thrown}` })
    );
  const latest = (): Promise<Look> => {
    const now = performance.now();
    if (looking === null || now - at >= 1000 * every) {
      // One look after the other: they share what was read before.
      looking = (looking ?? Promise.resolve()).then(look, look);
      at = now;
    }
    return looking;
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  const tell = async (): Promise<void> => {
    const look = await latest();
    for (const listener of listeners) listener(look);
  };
  return {
    latest,
    listen(listener) {
      listeners.add(listener);
      timer ??= setInterval(tell, 1000 * every);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}
