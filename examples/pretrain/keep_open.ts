/**
 * Output that may be lost.
 *
 * @module
 */

/**
 * Keeps a program going whose output cannot be written: a reader that goes away, as
 * `head` does, a terminal that is closed, or a log on a full disk must not end hours
 * of training. What cannot be written is lost.
 *
 * @param stream Where the program writes.
 */
export function keepOpen(stream: NodeJS.WritableStream): void {
  stream.on("error", () => {});
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = (...args: unknown[]): boolean => {
    try {
      return write(...args);
    } catch {
      return false;
    }
  };
}
