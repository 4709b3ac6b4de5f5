/** A bound on how much is done at the same time. */

/**
 * Waits for room. Requests are served in order: a heavy one waits until it is alone
 * if need be, and those behind it wait too.
 *
 * @param weight Share of the room that it takes, a whole number in `[0, most]`; 1 by default.
 * @returns To be disposed of when the work is done.
 */
export type Acquire = (weight?: number) => Promise<Disposable>;

/**
 * Room for some work at a time.
 *
 * @param most Its weight together, a whole number `> 0`.
 */
export function semaphore(most: number): Acquire {
  const waiting: { readonly weight: number; readonly begin: () => void }[] = [];
  let room = most;
  const beginNext = (): void => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (next.weight > room) return;
      room -= next.weight;
      waiting.shift();
      next.begin();
    }
  };
  return async (weight = 1) => {
    await new Promise<void>((begin) => {
      waiting.push({ weight, begin });
      beginNext();
    });
    return {
      [Symbol.dispose]: () => {
        room += weight;
        beginNext();
      },
    };
  };
}
