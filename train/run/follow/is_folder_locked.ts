/**
 * Whether a process works in a run's folder.
 *
 * @module
 */
import { join } from "node:path";
import { LOCK_FILE } from "../folder_lock.ts";

/**
 * Whether a process has locked a run's folder, found out without waiting.
 *
 * @param folder The folder.
 * @returns `null` if it has no lock, or one that cannot be tried.
 */
export async function isFolderLocked(folder: string): Promise<boolean | null> {
  const path = join(folder, LOCK_FILE);
  try {
    // Opening a pipe would wait for its other end.
    if (!(await Deno.stat(path)).isFile) return null;
    using file = await Deno.open(path, { read: true });
    const isFree = await file.tryLock(false);
    return !isFree;
  } catch {
    return null;
  }
}
