/**
 * Reading files that are files: no pipe, on which a reader would wait for ever, and no
 * device.
 *
 * @module
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** What opening may do. */
export interface RegularOptions {
  /** Whether a symbolic link is a file, too; so by default. */
  readonly followsLinks?: boolean;
  /** Bytes above which a file is refused. */
  readonly most?: number;
}

/**
 * Opens a regular file for reading. Never waits; throws for anything else, as the
 * system does for a file that is not there.
 *
 * @param path The file.
 */
export async function openRegular(
  path: string,
  { followsLinks = true, most = Infinity }: RegularOptions = {},
): Promise<FileHandle> {
  // Systems without these flags have no such pipes in their folders.
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;
  const flags = O_RDONLY | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW);
  const handle = await open(path, flags);
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new Error("it is not a regular file");
    if (found.size > most) {
      throw new Error(`it has ${found.size} bytes, wanted at most ${most}`);
    }
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Reads the text of a regular file; see `openRegular`. */
export async function readRegular(
  path: string,
  options?: RegularOptions,
): Promise<string> {
  const handle = await openRegular(path, options);
  try {
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}
