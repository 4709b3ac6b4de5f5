/** The file in which kernels that were measured are kept for the next start. */
import { mkdir } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import type { TuningStore } from "../../backends/mod.ts";
import { readRegular, replaceFile } from "../../train/mod.ts";
import { environmentVariable } from "./environment.ts";

/** Most bytes of the file. */
const MOST_BYTES = 2 ** 20;

/**
 * Folder for what can be made again, as programs of this system have it.
 *
 * @param system `linux`, `darwin`, `windows` or another.
 * @param variable Value of a variable of the environment, if it is known.
 * @returns The folder, or `null` where the environment does not say.
 */
export function cacheFolder(
  system: string,
  variable: (name: string) => string | undefined,
): string | null {
  const below = (name: string, ...names: readonly string[]): string | null => {
    const folder = variable(name);
    return folder !== undefined && isAbsolute(folder)
      ? join(folder, ...names, "vitfreeze")
      : null;
  };
  switch (system) {
    case "windows":
      return below("LOCALAPPDATA");
    case "darwin":
      return below("HOME", "Library", "Caches");
    default:
      return below("XDG_CACHE_HOME") ?? below("HOME", ".cache");
  }
}

/** True if something is allowed without a question to the user. */
const isGranted = (permission: Deno.PermissionDescriptor): boolean =>
  Deno.permissions.querySync(permission).state === "granted";

const isMissing = (thrown: unknown): boolean =>
  thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";

/** A file as a store; one that may not be read counts as missing. */
export function storeIn(path: string): TuningStore {
  return {
    place: path,
    load: async () => {
      if (!isGranted({ name: "read", path })) return null;
      try {
        return await readRegular(path, { most: MOST_BYTES });
      } catch (thrown) {
        if (isMissing(thrown)) return null;
        throw thrown;
      }
    },
    save: async (text) => {
      const folder = dirname(path);
      for (const name of ["read", "write"] as const) {
        if (!isGranted({ name, path: folder })) {
          throw new Error(`no ${name} access to ${folder}`);
        }
      }
      await mkdir(folder, { recursive: true });
      const replaced = await replaceFile(path, text);
      if (replaced._tag === "Left") throw new Error(replaced.left.reason);
    },
  };
}

/** The user's file; `null` where it is not known which folder it is in. */
export function tuningFile(): TuningStore | null {
  const folder = cacheFolder(Deno.build.os, environmentVariable);
  return folder === null ? null : storeIn(join(folder, "webgpu-tuning.json"));
}
