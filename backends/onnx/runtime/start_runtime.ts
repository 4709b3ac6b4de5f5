/**
 * Starting ONNX Runtime in the best way that works here.
 *
 * @module
 */
import { libraryFile } from "./library_file.ts";
import { hostPlatform } from "./native_library.ts";
import { startNativeRuntime } from "./native_runtime.ts";
import { ORT_VERSION } from "./ort_api.ts";
import type { OrtRuntime } from "./ort_runtime.ts";
import { startPackageRuntime } from "./package_runtime.ts";
import { proveRuntime } from "./prove_runtime.ts";

/** A runtime that was tried. */
export interface StartedRuntime {
  /** The library. */
  readonly runtime: OrtRuntime;
  /** Its name and version, and why it is not used in the better way, if so. */
  readonly description: string;
}

/** The two ways to ONNX Runtime. */
export interface RuntimeStarters {
  /** Through the C interface. */
  readonly native: () => OrtRuntime | Promise<OrtRuntime>;
  /** Through the package's binding. */
  readonly package: () => OrtRuntime | Promise<OrtRuntime>;
}

/** Path of this platform's library. */
function libraryPath(): string {
  const platform = hostPlatform();
  if (platform === null) throw new Error("it needs Deno");
  const entry = import.meta.resolve("onnxruntime-node");
  const file = libraryFile(entry, ...platform);
  if (file === null) {
    throw new Error(
      `onnxruntime-node has no library for ${platform.join(" ")}`,
    );
  }
  // A drive letter has a slash before it in a URL, not in a path.
  return decodeURIComponent(file.pathname).replace(/^\/(?=[A-Za-z]:)/, "");
}

const STARTERS: RuntimeStarters = {
  native: () => startNativeRuntime(libraryPath()),
  package: startPackageRuntime,
};

/**
 * The engine's reason without the place in its own source that comes before it.
 *
 * @param thrown What a runtime threw.
 */
export function reasonOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message.replace(/^.* was false\. (?=\S)/s, "").trim();
}

async function proved(
  start: () => OrtRuntime | Promise<OrtRuntime>,
): Promise<OrtRuntime> {
  const runtime = await start();
  await proveRuntime("cpu", runtime);
  return runtime;
}

/**
 * Starts ONNX Runtime through its C interface or, where that cannot be used, through
 * the binding of its package.
 *
 * @param starters The two ways.
 * @returns The runtime that computed a small model rightly.
 * @throws If neither does, with the reasons of both.
 */
export async function startRuntime(
  starters: RuntimeStarters = STARTERS,
): Promise<StartedRuntime> {
  const name = `ONNX Runtime ${ORT_VERSION}`;
  try {
    return { runtime: await proved(starters.native), description: name };
  } catch (thrown) {
    const why = reasonOf(thrown);
    try {
      const runtime = await proved(starters.package);
      const description = `${name} through its npm binding, because ${why}`;
      return { runtime, description };
    } catch (other) {
      throw new Error(`${why}; through its npm binding: ${reasonOf(other)}`);
    }
  }
}
