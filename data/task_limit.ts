/**
 * A bound on how much is done at the same time.
 *
 * @module
 */

/** Does a task as soon as there is room; tasks begin in the order of the calls. */
export type TaskLimit = <A>(task: () => Promise<A>) => Promise<A>;

/**
 * Room for some tasks at a time.
 *
 * @param most How many, `≥ 1`.
 */
export function taskLimit(most: number): TaskLimit {
  const waiting: (() => void)[] = [];
  let room = most;
  return async (task) => {
    if (room > 0) room--;
    else await new Promise<void>((begin) => waiting.push(begin));
    try {
      return await task();
    } finally {
      const begin = waiting.shift();
      if (begin === undefined) room++;
      else begin();
    }
  };
}
