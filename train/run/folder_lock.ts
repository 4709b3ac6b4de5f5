/** One run at a time in a folder. */
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { left, type Result, right } from "../../core/mod.ts";
import { fileResult } from "../files/file_result.ts";
import { makeFolder } from "../files/atomic_file.ts";
import type { TrainError } from "../train_error.ts";

/**
 * File whose lock stands for its folder. The file itself stays and means
 * nothing: the lock is the system's, and ends with the process that holds it.
 */
export const LOCK_FILE = "run.lock";

/** A folder that is this process's own until the lock is disposed of. */
export type FolderLock = Disposable;

/** Name of the holder of a lock, for those whom it keeps out. */
const ownName = (): string =>
  `process ${process.pid} on ${hostname()}, since ${new Date().toISOString()}`;

/** Holder of a lock, if that can be read. */
async function holderOf(path: string): Promise<string | null> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return text === "" ? null : text.trim();
}

async function writeHolder(file: Deno.FsFile): Promise<void> {
  await file.truncate();
  await file.write(new TextEncoder().encode(`${ownName()}\n`));
}

/** The lock of an open file; `false` if another has it. */
async function tried(
  file: Deno.FsFile,
  isExclusive: boolean,
): Promise<boolean> {
  try {
    return await file.tryLock(isExclusive);
  } catch (error) {
    throw new Error(`its file system cannot lock files: ${error}`);
  }
}

/** An open file with its lock; `null` if another has it. */
async function lockedFile(
  path: string,
  options: Deno.OpenOptions,
  isExclusive: boolean,
): Promise<Deno.FsFile | null> {
  const file = await Deno.open(path, options);
  let mine: Deno.FsFile | null = null;
  try {
    if (!await tried(file, isExclusive)) return null;
    if (isExclusive) await writeHolder(file);
    mine = file;
    return mine;
  } finally {
    if (mine === null) file.close();
  }
}

async function refusal(folder: string): Promise<Result<TrainError, never>> {
  const holder = await holderOf(join(folder, LOCK_FILE));
  return left({ _tag: "FolderLocked", path: folder, holder });
}

/**
 * Makes a folder this process's own, at once or not at all. The lock is an
 * advisory one of the operating system on the file `run.lock`: it is gone when
 * the process is, however that ended, and a file left behind locks nothing.
 *
 * @param folder The folder; made if missing.
 * @returns The lock, or who holds it (`FolderLocked`), or why the folder cannot
 * be used (`FileFailed`).
 */
export async function lockFolder(
  folder: string,
): Promise<Result<TrainError, FolderLock>> {
  if (typeof Deno === "undefined") {
    const reason = "this runtime cannot lock the folder of a run, Deno can";
    return left({ _tag: "FileFailed", path: folder, reason });
  }
  const made = await fileResult(folder, () => makeFolder(folder));
  if (made._tag === "Left") return made;
  const path = join(folder, LOCK_FILE);
  const options = { create: true, read: true, write: true };
  const file = await fileResult(path, () => lockedFile(path, options, true));
  if (file._tag === "Left") return file;
  const mine = file.right;
  if (mine === null) return refusal(folder);
  return right({ [Symbol.dispose]: () => mine.close() });
}

/**
 * True if a process has locked a folder, found out without waiting.
 *
 * @returns `null` if it has no lock, or one that cannot be tried.
 */
export async function isFolderLocked(folder: string): Promise<boolean | null> {
  const path = join(folder, LOCK_FILE);
  if (typeof Deno === "undefined") return null;
  try {
    // Opening a pipe would wait for its other end.
    if (!(await Deno.stat(path)).isFile) return null;
    const file = await lockedFile(path, { read: true }, false);
    file?.close();
    return file === null;
  } catch {
    return null;
  }
}

/**
 * Test for a folder that could be locked, without locking it: for a refusal before
 * work that would be in vain.
 *
 * @param folder The folder; one that is missing is free, and of a lock that cannot be
 * tried `lockFolder` will say what is wrong.
 */
export async function checkUnlocked(
  folder: string,
): Promise<Result<TrainError, void>> {
  return await isFolderLocked(folder) === true
    ? refusal(folder)
    : right(undefined);
}
