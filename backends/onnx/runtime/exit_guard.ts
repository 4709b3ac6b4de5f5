/**
 * The end of a process in which native code is at work on other threads.
 *
 * @module
 */
import { hostPlatform, libraryFunction, onExit } from "./native_library.ts";

/** Libraries through which `_exit` of the C library may be found, the first of them without leave for more. */
const librariesOf = (library: string): readonly string[] =>
  hostPlatform()?.[0] === "windows" ? ["ucrtbase.dll"] : [library, "libc.so.6"];

function openExit(library: string) {
  for (const path of librariesOf(library)) {
    const exit = libraryFunction(path, "_exit", ["i32"], "void");
    if (exit !== null) return exit;
  }
  return null;
}

/**
 * Lets the process end at any moment. Where it ends while native code is at work, as
 * when a run fails while its next phase is compiled, the usual end would destroy what
 * that code works on: it would die by SIGSEGV instead of ending with its exit code.
 * Then it is ended without that.
 *
 * @param library A library that is loaded; the C library is found through it.
 * @param isBusy Whether native code is at work.
 */
export function guardExit(library: string, isBusy: () => boolean): void {
  const exit = openExit(library);
  if (exit === null) return;
  onExit((code) => {
    if (isBusy()) exit(code);
  });
}
