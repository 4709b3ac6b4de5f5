/** Output that may be lost. */
import process from "node:process";
import { setTimeout } from "node:timers/promises";

/** Target of bytes that does not wait for its reader. */
export interface Sink {
  /** Writes some of the bytes; gives how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** Output that never holds up the program. */
export interface KeptOutput {
  /** Waits until all is written, or nothing more is taken for so many milliseconds; gives whether all is. */
  flush(patience?: number): Promise<boolean>;
}

/** Bytes that wait for a reader; what comes on top is lost. */
const MOST_BYTES = 2 ** 20;

/** Milliseconds for which the end of a program waits for a reader that takes nothing. */
const PATIENCE = 10_000;

/** Milliseconds between two looks at whether all is written. */
const LOOK = 5;

/**
 * Keeps a program going whose output cannot be written: a reader that goes away, as
 * `head` does, or that does not read, a terminal that is stopped or closed, or a log on
 * a full disk must not hold up hours of training. A mebibyte waits to be read; what
 * cannot be written is lost, and how much that was is said when there is a reader again.
 *
 * @param stream Stream to which the program keeps writing.
 */
export function keepOpen(
  stream: NodeJS.WritableStream,
  sink: Sink,
): KeptOutput {
  stream.on("error", () => {});
  const encoder = new TextEncoder();
  const waiting: Uint8Array[] = [];
  let [size, lost, writes, isBusy] = [0, 0, 0, false];
  const writeAll = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length;) {
      at += await sink.write(bytes.subarray(at));
      writes++;
    }
  };
  const pump = async (): Promise<void> => {
    isBusy = true;
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      // Broken pipes and full disks: the rest may find room again.
      await writeAll(next).catch(() => {});
      waiting.shift();
      size -= next.length;
      if (waiting.length > 0 || lost === 0) continue;
      add(`(${lost} bytes of output were not read and are lost)\n`);
      lost = 0;
    }
    isBusy = false;
  };
  const add = (text: string | Uint8Array): void => {
    const bytes = typeof text === "string" ? encoder.encode(text) : text;
    waiting.push(bytes);
    size += bytes.length;
  };
  const write = (text: string | Uint8Array): boolean => {
    if (size >= MOST_BYTES) {
      lost += text.length;
      return false;
    }
    add(text);
    if (!isBusy) void pump();
    return true;
  };
  stream.write = write as typeof stream.write;
  return {
    flush: async (patience = PATIENCE) => {
      let known = writes;
      for (let waited = 0; isBusy && waited < patience; waited += LOOK) {
        await setTimeout(LOOK);
        if (writes !== known) waited = 0;
        known = writes;
      }
      return !isBusy;
    },
  };
}

/**
 * Ends the process with a code once its outputs are written, or their readers are gone. Last
 * words go to the standard error output, behind all else that was said.
 *
 * @param leave What ends it; by default its exit.
 */
export type EndProcess = (
  code: number,
  lastWords?: string,
  leave?: (code: number) => void,
) => Promise<never>;

/** Keeps a program going whatever becomes of its outputs, and gives what ends it. */
export function keepOutputsOpen(): EndProcess {
  const { stdout, stderr } = process;
  const output = keepOpen(stdout, Deno.stdout);
  const errors = keepOpen(stderr, Deno.stderr);
  return async (code, lastWords, leave) => {
    try {
      await output.flush();
      if (lastWords !== undefined) stderr.write(`${lastWords}\n`);
      await errors.flush();
    } finally {
      leave?.(code);
      process.exit(code);
    }
  };
}

/**
 * Lets the process end quietly when its reader goes away, as `head` does, and gives what
 * ends it: for programs that do nothing but print.
 */
export function endWithReader(): EndProcess {
  const { stdout, stderr } = process;
  stdout.on("error", () => process.exit(0));
  const written = (stream: NodeJS.WriteStream, text: string): Promise<void> =>
    new Promise((resolve) => stream.write(text, () => resolve()));
  return async (code, lastWords, leave) => {
    await written(stdout, "");
    if (lastWords !== undefined) await written(stderr, `${lastWords}\n`);
    leave?.(code);
    process.exit(code);
  };
}
