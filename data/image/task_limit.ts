/**
 * A bound on how much is done at the same time.
 *
 * @module
 */

/**
 * Does a task as soon as there is room. Tasks begin in the order of the calls: a heavy
 * one waits until it is alone if need be, and those behind it wait too.
 *
 * @param task What is done.
 * @param weight What it takes of the room, in `[0, most]`; 1 when left out.
 */
export type TaskLimit = <A>(
  task: () => Promise<A>,
  weight?: number,
) => Promise<A>;

/** A task that has no room yet. */
interface Waiting {
  readonly weight: number;
  readonly begin: () => void;
}

/**
 * Room for some tasks at a time.
 *
 * @param most Their weight together, `> 0`.
 */
export function taskLimit(most: number): TaskLimit {
  const waiting: Waiting[] = [];
  let room = most;
  const beginNext = (): void => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (next.weight > room) return;
      room -= next.weight;
      waiting.shift();
      next.begin();
    }
  };
  return async (task, weight = 1) => {
    await new Promise<void>((begin) => {
      waiting.push({ weight, begin });
      beginNext();
    });
    try {
      return await task();
    } finally {
      room += weight;
      beginNext();
    }
  };
}
