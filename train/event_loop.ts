/** Turns of the event loop, by what a runtime has for them. */

/** The used parts of a runtime: Deno and Node have the first, pages the second. */
interface Turns {
  readonly setImmediate?: (resume: () => void) => unknown;
  readonly MessageChannel: typeof MessageChannel;
}

const { setImmediate, MessageChannel: Channel } = globalThis as Turns;

/** A message to itself: timers of pages wait for four milliseconds. */
function messageTurn(resume: () => void): void {
  const { port1, port2 } = new Channel();
  port1.onmessage = () => {
    port1.close();
    resume();
  };
  port2.postMessage(null);
}

/**
 * Lets the event loop turn once, so that signals, timers, messages and progress bars are
 * served between two parts of a computation that never waits by itself.
 */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resume) => {
    if (setImmediate === undefined) messageTurn(resume);
    else setImmediate(resume);
  });
}
