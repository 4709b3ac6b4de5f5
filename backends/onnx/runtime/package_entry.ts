/** Place of the package `onnxruntime-node`. */
import { hostPlatform } from "./native_library.ts";

/**
 * URL of the package's entry, from wherever this library was imported.
 *
 * Deno knows a package by name and version where no import map has it, once a module that
 * is imported names it; its description does, and loads no binding. Elsewhere the package
 * is known by its name.
 *
 * @throws If the package is not there.
 */
export async function packageEntry(): Promise<string> {
  if (hostPlatform() === null) return import.meta.resolve("onnxruntime-node");
  await import("npm:onnxruntime-node@1.30.0/package.json", {
    with: { type: "json" },
  });
  return import.meta.resolve("npm:onnxruntime-node@1.30.0");
}
