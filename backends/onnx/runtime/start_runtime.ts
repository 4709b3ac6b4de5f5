/** Start of ONNX Runtime: the platform's library, the way to it, and a check of both. */
import { hostPlatform } from "./native_library.ts";
import { startNativeRuntime } from "./native_runtime.ts";
import type { OrtRuntime } from "./ort_runtime.ts";
import { packageEntry } from "./package_entry.ts";
import { startPackageRuntime } from "./package_runtime.ts";
import { encodeModel, type OnnxModel } from "../file/onnx_model.ts";

/** A runtime that was verified. */
export interface StartedRuntime {
  /** The library. */
  readonly runtime: OrtRuntime;
  /** Reason for the way through its package's binding, or `null` if it is not taken. */
  readonly detour: string | null;
}

/** The two ways to ONNX Runtime. */
export interface RuntimeStarters {
  /** Through the C interface. */
  readonly native: () => OrtRuntime | Promise<OrtRuntime>;
  /** Through the package's binding. */
  readonly package: () => OrtRuntime | Promise<OrtRuntime>;
}

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

/** Path of this platform's library. */
async function libraryPath(): Promise<string> {
  const platform = hostPlatform();
  if (platform === null) throw new Error("it needs Deno");
  const file = libraryFile(await packageEntry(), ...platform);
  if (file === null) {
    throw new Error(
      `onnxruntime-node has no library for ${platform.join(" ")}`,
    );
  }
  // A drive letter has a slash before it in a URL, not in a path.
  return decodeURIComponent(file.pathname).replace(/^\/(?=[A-Za-z]:)/, "");
}

const STARTERS: RuntimeStarters = {
  native: async () => startNativeRuntime(await libraryPath()),
  package: startPackageRuntime,
};

/** The engine's reason without the place in its own source that comes before it. */
export function reasonOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message.replace(/^.* was false\. (?=\S)/s, "").trim();
}

/** `y = x·x` on three numbers. */
const SQUARES: OnnxModel = {
  nodes: [{
    op: "Mul",
    domain: "",
    inputs: ["x", "x"],
    outputs: ["y"],
    attributes: {},
  }],
  initializers: [],
  inputs: [{ name: "x", type: "float32", shape: [3] }],
  outputs: [{ name: "y", type: "float32", shape: [3] }],
};

/**
 * Verifies the library: runs a small model and checks its numbers.
 *
 * @throws If they are wrong, or with ONNX Runtime's message.
 */
export async function verifyRuntime(runtime: OrtRuntime): Promise<void> {
  const x = new Float32Array(new ArrayBuffer(12));
  const y = new Float32Array(new ArrayBuffer(12));
  x.set([1, -2, 3]);
  const session = await runtime.open(encodeModel(SQUARES), {
    threads: 1,
    inputs: ["x"],
    outputs: ["y"],
  });
  const tensors = [x, y].map((numbers) => runtime.bind(numbers, [3]));
  await session.run(tensors.slice(0, 1), tensors.slice(1));
  tensors.forEach(runtime.unbind);
  session.release();
  if (y.join() !== "1,4,9") {
    throw new Error(`ONNX Runtime squares ${x.join()} to ${y.join()}`);
  }
}

async function verified(
  start: () => OrtRuntime | Promise<OrtRuntime>,
): Promise<OrtRuntime> {
  const runtime = await start();
  await verifyRuntime(runtime);
  return runtime;
}

/**
 * Starts ONNX Runtime through its C interface or, where that cannot be used, through
 * the binding of its package.
 *
 * @returns The runtime that computed a small model rightly.
 * @throws If neither does, with the reasons of both.
 */
export async function startRuntime(
  starters: RuntimeStarters = STARTERS,
): Promise<StartedRuntime> {
  try {
    return { runtime: await verified(starters.native), detour: null };
  } catch (thrown) {
    const why = reasonOf(thrown);
    try {
      return { runtime: await verified(starters.package), detour: why };
    } catch (other) {
      throw new Error(`${why}; through its npm binding: ${reasonOf(other)}`);
    }
  }
}
