/** Reading files and folders, with failures as values. */
import { constants } from "node:fs";
import { type FileHandle, open, readdir } from "node:fs/promises";
import { left, type Result, right } from "../../core/mod.ts";

/** A file that could not be written or read. */
export interface FileFailed {
  /** Discriminant. */
  readonly _tag: "FileFailed";
  /** The file or folder. */
  readonly path: string;
  /** Why. */
  readonly reason: string;
}

/**
 * True if a file operation failed because there is nothing at its path. Whatever
 * cannot be read for another reason may be there all the same.
 */
export const isMissing = (thrown: unknown): boolean =>
  thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";

/** Text of anything thrown; that nothing is at a path is said in words. */
export function reasonOf(error: unknown): string {
  if (isMissing(error)) return "there is no such file or folder";
  return error instanceof Error ? error.message : String(error);
}

/** Turns a rejected promise of a file operation into a value. */
export async function fileResult<A>(
  path: string,
  operation: () => Promise<A>,
): Promise<Result<FileFailed, A>> {
  try {
    return right(await operation());
  } catch (error) {
    return left({ _tag: "FileFailed", path, reason: reasonOf(error) });
  }
}

/**
 * Names in a folder.
 *
 * @returns Its names, none if it is not there; or why it cannot be read: then it is unknown
 * whether something is in it that must not be overwritten.
 */
export async function folderNames(
  path: string,
): Promise<Result<FileFailed, readonly string[]>> {
  try {
    return right(await readdir(path));
  } catch (thrown) {
    return isMissing(thrown)
      ? right([])
      : await fileResult(path, () => Promise.reject(thrown));
  }
}

/** Options of opening a file. */
export interface RegularOptions {
  /** True accepts a symbolic link, too; so by default. */
  readonly followsLinks?: boolean;
  /** Bytes above which a file is refused. */
  readonly most?: number;
}

/**
 * Opens a regular file for reading. Never waits; throws for anything else, as the
 * system does for a file that is not there.
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
