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
  try {
    using file = await Deno.open(join(folder, LOCK_FILE), { read: true });
    const isFree = await file.tryLock(false);
    return !isFree;
  } catch {
    return null;
  }
}
