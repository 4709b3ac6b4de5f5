/**
 * The rooms of the house and which may know which.
 *
 * @module
 */

/** Folders whose imports run one way only. */
export type Room = "core" | "backends" | "data" | "train" | "plot" | "cli";

/** For each room, the other rooms that it may import. */
export const MAY_IMPORT: Readonly<Record<Room, readonly Room[]>> = {
  core: [],
  backends: ["core"],
  data: ["core"],
  train: ["core", "backends", "data"],
  plot: ["core"],
  cli: ["core", "backends", "data", "train", "plot"],
};

const REPOSITORY = new URL("../", import.meta.url);

const PACKAGE = "@vitfreeze/vitfreeze";

/**
 * Path of a file from the top of the repository.
 *
 * @param filename Absolute, or from the top already.
 * @returns For example `core/result.ts`.
 */
export function pathInRepository(filename: string): string {
  const { pathname } = new URL(filename, REPOSITORY);
  return pathname.startsWith(REPOSITORY.pathname)
    ? pathname.slice(REPOSITORY.pathname.length)
    : pathname;
}

/**
 * Room in which a file lies.
 *
 * @param path From the top of the repository.
 * @returns The room, or `null` for programs, tests, tools and `mod.ts`, which may know all.
 */
export function roomOf(path: string): Room | null {
  const folder = path.split("/")[0] ?? "";
  return Object.hasOwn(MAY_IMPORT, folder) ? folder as Room : null;
}

/**
 * Place that an import names.
 *
 * @param path The importing file, from the top of the repository.
 * @param specifier What stands between the quotes.
 * @returns A path from the top for our own files, `null` for a library.
 */
export function importedPath(path: string, specifier: string): string | null {
  if (/^\.{0,2}\//.test(specifier)) {
    return pathInRepository(new URL(specifier, new URL(path, REPOSITORY)).href);
  }
  return specifier === PACKAGE || specifier.startsWith(`${PACKAGE}/`)
    ? `${specifier.slice(PACKAGE.length + 1)}/mod.ts`.replace(/^\//, "")
    : null;
}

/**
 * Name of the library that an import names, without scheme, version and sub-path.
 *
 * @param specifier What stands between the quotes.
 * @returns For example `fp-ts` for `npm:fp-ts@2.16.11/Either`, `@tensorflow` for any of its packages.
 */
export function libraryOf(specifier: string): string {
  const [name = ""] = specifier.replace(/^(npm|jsr):\/?/, "").split("/");
  return name.startsWith("@") ? name : name.replace(/@.*$/, "");
}
