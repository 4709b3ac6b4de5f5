/**
 * Where the package `onnxruntime-node` keeps the library of each platform.
 *
 * @module
 */

/** Files inside the package, by operating system and processor as Deno names them. */
const FILES: ReadonlyMap<string, string> = new Map([
  ["linux x86_64", "linux/x64/libonnxruntime.so.1"],
  ["linux aarch64", "linux/arm64/libonnxruntime.so.1"],
  ["darwin aarch64", "darwin/arm64/libonnxruntime.1.30.0.dylib"],
  ["windows x86_64", "win32/x64/onnxruntime.dll"],
  ["windows aarch64", "win32/arm64/onnxruntime.dll"],
]);

/**
 * The library of a platform.
 *
 * @param packageEntry URL of the package's main file.
 * @param os For example `linux`.
 * @param arch For example `x86_64`.
 * @returns URL of the library, or `null` if the package has none for the platform.
 */
export function libraryFile(
  packageEntry: string,
  os: string,
  arch: string,
): URL | null {
  const file = FILES.get(`${os} ${arch}`);
  return file === undefined
    ? null
    : new URL(`../bin/napi-v6/${file}`, packageEntry);
}
