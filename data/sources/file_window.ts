/**
 * Many small parts of a large file, most of them one behind the other.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";

/** Read at once: what comes next is often there already, bytes. */
const WINDOW = 1 << 15;
/** So many reads block, then others have their turn: some milliseconds. */
const TURN = 512;

/**
 * Reads parts of an open file through a window. Reads are synchronous, which takes a
 * tenth of the time where there are a million of them; every few hundred of them
 * others have their turn.
 */
export class FileWindow {
  #window: Uint8Array<ArrayBuffer> = new Uint8Array();
  #at = 0;
  #reads = 0;

  /**
   * @param file The file; nobody else may read it at the same time.
   */
  constructor(readonly file: Deno.FsFile) {}

  /**
   * Reads bytes.
   *
   * @param from First byte.
   * @param length How many.
   * @returns The bytes, to be used before the next read; fewer where the file ends.
   * @throws What the system says.
   */
  async bytes(from: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const start = from - this.#at;
    if (start < 0 || start + length > this.#window.length) {
      if (++this.#reads % TURN === 0) await setImmediate();
      this.#window = this.#read(from, Math.max(length, WINDOW));
      this.#at = from;
    }
    const first = from - this.#at;
    return this.#window.subarray(first, first + length);
  }

  #read(from: number, length: number): Uint8Array<ArrayBuffer> {
    this.file.seekSync(from, Deno.SeekMode.Start);
    const bytes = this.#window.length === length
      ? this.#window
      : new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const count = this.file.readSync(bytes.subarray(at));
      if (count === null) break;
      at += count;
    }
    return bytes.subarray(0, at);
  }
}
