/** Asking again and again whether something has happened, seldom enough to use no processor. */
import { setImmediate } from "node:timers";

/** Milliseconds in which it is asked as often as events allow. */
const EAGER = 0.3;
/** The shortest and the longest pause between two questions, in milliseconds. */
const PAUSES = [1, 20] as const;
/** A pause, as part of the time that has been waited. */
const PAUSE_PART = 0.01;

/**
 * Asks until the answer is yes. Between questions, timers and signals are served: at first
 * without a pause, then with pauses of 1 % of the time waited, from 1 to 20 ms.
 *
 * @param isDone The question; may throw.
 * @param deadline Asked each time anew: when to give up, on the clock of `performance.now()`.
 * @returns Whether the answer was yes; `false` after the deadline.
 */
export async function pollUntil(
  isDone: () => boolean,
  deadline: () => number,
): Promise<boolean> {
  const start = performance.now();
  while (!isDone()) {
    const now = performance.now();
    if (now >= deadline()) return false;
    await pauseAfter(now - start);
  }
  return true;
}

function pauseAfter(waited: number): Promise<void> {
  return new Promise((resolve) => {
    if (waited < EAGER) setImmediate(resolve);
    else setTimeout(resolve, pauseOf(waited));
  });
}

function pauseOf(waited: number): number {
  const [least, most] = PAUSES;
  return Math.min(most, Math.max(least, PAUSE_PART * waited));
}
