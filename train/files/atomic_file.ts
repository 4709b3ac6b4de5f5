/** Writing files so that they are whole or not there. */
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Result } from "../../core/mod.ts";
import { BLOCK_BYTES, runningDigest } from "./byte_reading.ts";
import { type FileFailed, fileResult } from "./file_result.ts";

async function using<A>(
  handle: FileHandle,
  use: (handle: FileHandle) => Promise<A>,
): Promise<A> {
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

/** Flushes a folder, so that a rename in it survives a power failure; a no-op where the system cannot. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r").catch(() => null);
  if (handle !== null) {
    await using(handle, (folder) => folder.sync().catch(() => {}));
  }
}

/** Flushes a file that others have written to. */
export async function syncFile(path: string): Promise<void> {
  await using(await open(path, "r+"), (file) => file.sync());
}

/** Makes a folder and those around it that are missing, so that they survive a power failure. */
export async function makeFolder(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true });
  if (made === undefined) return;
  for (let at = resolve(path); at !== dirname(resolve(made));) {
    at = dirname(at);
    await syncFolder(at);
  }
}

/** Content of a file: text, bytes, or bytes in parts that follow one another. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array>;

function partsOf(content: FileContent): Iterable<Uint8Array> {
  if (typeof content === "string") return [new TextEncoder().encode(content)];
  return content instanceof Uint8Array ? [content] : content;
}

/** Writes and flushes a file. */
export async function writeFlushed(
  path: string,
  content: FileContent,
): Promise<void> {
  await using(await open(path, "w"), async (file) => {
    for (const part of partsOf(content)) {
      for (let at = 0; at < part.length;) {
        const length = Math.min(BLOCK_BYTES, part.length - at);
        at += (await file.write(part, at, length)).bytesWritten;
      }
    }
    await file.sync();
  });
}

/**
 * Writes and flushes a file.
 *
 * @returns SHA-512 of what it is to hold, in hexadecimal.
 */
export async function writeDigested(
  path: string,
  content: FileContent,
): Promise<string> {
  const digest = runningDigest();
  await writeFlushed(
    path,
    (function* () {
      for (const part of partsOf(content)) {
        digest.add(part);
        yield part;
      }
    })(),
  );
  return digest.end();
}

/**
 * Replaces a file: the new content is written beside it, flushed, then renamed.
 *
 * @param content Its new content; parts are written as they come.
 * @returns Nothing, or why the old file is still in place.
 */
export function replaceFile(
  path: string,
  content: FileContent,
): Promise<Result<FileFailed, void>> {
  const beside = `${path}.partial`;
  return fileResult(path, async () => {
    try {
      await writeFlushed(beside, content);
      await rename(beside, path);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
    await syncFolder(dirname(path));
  });
}
