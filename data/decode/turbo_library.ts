/** The library libjpeg-turbo, where a package has it as a file. */

/** Folders of the package `@julusian/jpeg-turbo`, by operating system and processor. */
const FOLDERS: ReadonlyMap<string, string> = new Map([
  ["linux x86_64", "jpeg-turbo-linux-x64"],
  ["linux aarch64", "jpeg-turbo-linux-arm64"],
]);

/** The used part of its interface, TurboJPEG 3. */
const SYMBOLS = {
  tj3Init: { parameters: ["i32"], result: "pointer" },
  tj3Destroy: { parameters: ["pointer"], result: "void" },
  tj3Set: { parameters: ["pointer", "i32", "i32"], result: "i32" },
  tj3Get: { parameters: ["pointer", "i32"], result: "i32" },
  tj3DecompressHeader: {
    parameters: ["pointer", "buffer", "usize"],
    result: "i32",
  },
  tj3SetCroppingRegion: {
    parameters: ["pointer", { struct: ["i32", "i32", "i32", "i32"] }],
    result: "i32",
  },
  tj3Decompress8: {
    parameters: ["pointer", "buffer", "usize", "buffer", "i32", "i32"],
    result: "i32",
  },
  /** The same on another thread. */
  decompressAside: {
    name: "tj3Decompress8",
    parameters: ["pointer", "buffer", "usize", "buffer", "i32", "i32"],
    result: "i32",
    nonblocking: true,
  },
} as const;

/** Functions of the library. */
export type TurboLibrary = Deno.StaticForeignLibraryInterface<
  typeof SYMBOLS
>;

/** Path of this platform's library, or `null` if the package has none. */
async function libraryPath(): Promise<string | null> {
  const folder = FOLDERS.get(`${Deno.build.os} ${Deno.build.arch}`);
  if (folder === undefined) return null;
  // Deno finds the package where no import map names it, once its description was imported.
  await import("npm:@julusian/jpeg-turbo@3.0.1/package.json", {
    with: { type: "json" },
  });
  const entry = import.meta.resolve("npm:@julusian/jpeg-turbo@3.0.1");
  const file = new URL(`./prebuilds/${folder}/libturbojpeg.so.0`, entry);
  return decodeURIComponent(file.pathname);
}

/**
 * Loads the library. No permission is requested: a process that may not load it decodes with
 * sharp.
 *
 * @returns Its functions, or `null` if there is none or it must not be loaded.
 */
export async function loadTurboLibrary(): Promise<TurboLibrary | null> {
  try {
    const path = await libraryPath();
    if (path === null) return null;
    const leave = Deno.permissions.querySync({ name: "ffi", path });
    return leave.state === "granted"
      ? Deno.dlopen(path, SYMBOLS).symbols
      : null;
  } catch {
    return null;
  }
}
