/** Files and folders, by Deno or by Node. */
import process from "node:process";

/** What lies at a path. */
export interface FileEnd {
  /** Bytes of a file. */
  readonly size: number;
  /** A regular file. */
  readonly isFile: boolean;
  /** A folder. */
  readonly isDirectory: boolean;
}

/** A name in a folder; links are not followed. */
export interface DirEntry {
  /** The name. */
  readonly name: string;
  /** A regular file. */
  readonly isFile: boolean;
  /** A folder. */
  readonly isDirectory: boolean;
  /** A link. */
  readonly isSymlink: boolean;
}

/** From the beginning of a file. */
export const START = 0;

/** An open file with a place where the next read begins. */
export interface OpenFile extends Disposable {
  /** Reads what fits and is there; gives the number of bytes, `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** The same at once. */
  readSync(buffer: Uint8Array): number | null;
  /** Moves the place. */
  seek(offset: number, whence: typeof START): Promise<number>;
  /** The same at once. */
  seekSync(offset: number, whence: typeof START): number;
  /** What it is. */
  stat(): Promise<FileEnd>;
}

/** The used part of a file system; functions reject with the error of the system. */
export interface Disk {
  /** What lies at a path, links followed. */
  stat(path: string): Promise<FileEnd>;
  /** The same of a link itself. */
  lstat(path: string): Promise<FileEnd>;
  /** Names in a folder. */
  readDir(path: string): AsyncIterable<DirEntry>;
  /** The path without links. */
  realPath(path: string): Promise<string>;
  /** All bytes of a file. */
  readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** All of a text. */
  readTextFile(path: string): Promise<string>;
  /** Opens a file for reading. */
  open(path: string): Promise<OpenFile>;
}

const ofDeno: Disk = {
  stat: (path) => Deno.stat(path),
  lstat: (path) => Deno.lstat(path),
  readDir: (path) => Deno.readDir(path),
  realPath: (path) => Deno.realPath(path),
  readFile: (path) => Deno.readFile(path),
  readTextFile: (path) => Deno.readTextFile(path),
  open: (path) => Deno.open(path),
};

/** A file or an entry as Node tells of it. */
interface NodeKind {
  isFile(): boolean;
  isDirectory(): boolean;
}

const kindOf = (found: NodeKind) => ({
  isFile: found.isFile(),
  isDirectory: found.isDirectory(),
});

async function openByNode(path: string): Promise<OpenFile> {
  const { promises, readSync } = process.getBuiltinModule("node:fs");
  const file = await promises.open(path);
  let at = 0;
  const moved = (count: number): number | null => {
    at += count;
    return count === 0 ? null : count;
  };
  const seekSync = (offset: number): number => at = offset;
  return {
    read: async (buffer) =>
      moved((await file.read(buffer, 0, buffer.length, at)).bytesRead),
    readSync: (buffer) =>
      moved(readSync(file.fd, buffer, 0, buffer.length, at)),
    seek: (offset) => Promise.resolve(seekSync(offset)),
    seekSync,
    stat: async () => {
      const found = await file.stat();
      return { size: found.size, ...kindOf(found) };
    },
    [Symbol.dispose]: () => void file.close().catch(() => {}),
  };
}

/** The file system by Node's functions, which other runtimes have too. */
export function diskOfNode(): Disk {
  const { promises } = process.getBuiltinModule("node:fs");
  return {
    stat: async (path) => {
      const found = await promises.stat(path);
      return { size: found.size, ...kindOf(found) };
    },
    lstat: async (path) => {
      const found = await promises.lstat(path);
      return { size: found.size, ...kindOf(found) };
    },
    readDir: async function* (path) {
      for (
        const entry of await promises.readdir(path, { withFileTypes: true })
      ) {
        const { name } = entry;
        yield { name, ...kindOf(entry), isSymlink: entry.isSymbolicLink() };
      }
    },
    realPath: (path) => promises.realpath(path),
    readFile: async (path) => new Uint8Array(await promises.readFile(path)),
    readTextFile: (path) => promises.readFile(path, "utf8"),
    open: openByNode,
  };
}

/** The file system of this machine. */
export const disk: Disk = typeof Deno === "undefined" ? diskOfNode() : ofDeno;
