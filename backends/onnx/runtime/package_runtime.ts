/**
 * ONNX Runtime through its package's own binding, where the C interface cannot be
 * used: tensors are copied in and out, and a run blocks its thread.
 */
import type { InferenceSession, Tensor } from "npm:onnxruntime-node@1.30.0";
import type { Shape } from "../../../core/mod.ts";
import { packageEntry } from "./package_entry.ts";
import type {
  BoundTensor,
  Numbers,
  OrtRuntime,
  SessionOptions,
} from "./ort_runtime.ts";

type Package = typeof import("npm:onnxruntime-node@1.30.0");

/** Numbers and their extents; the binding has nothing of its own to bind. */
interface Extended {
  readonly numbers: Numbers;
  readonly shape: Shape;
}

const extended = (tensor: BoundTensor): Extended => tensor as Extended;

/** The binding refuses memory that is shared between threads. */
function unshared(numbers: Numbers): Float32Array | Int32Array {
  return numbers.buffer instanceof ArrayBuffer ? numbers : numbers.slice();
}

function packageTensor({ Tensor }: Package, tensor: BoundTensor): Tensor {
  const { numbers, shape } = extended(tensor);
  const data = unshared(numbers);
  return data instanceof Int32Array
    ? new Tensor("int32", data, shape)
    : new Tensor("float32", data, shape);
}

const packageOptions = (
  { threads }: SessionOptions,
): InferenceSession.SessionOptions => ({
  executionProviders: ["cpu"],
  intraOpNumThreads: threads,
  graphOptimizationLevel: "all",
  enableMemPattern: false,
  // Errors are not logged: they are thrown.
  logSeverityLevel: 4,
});

/**
 * Loads the binding. It stays loaded until the process ends.
 *
 * @throws If the package is not there or has none for this platform.
 */
export async function startPackageRuntime(): Promise<OrtRuntime> {
  // Not by its name: a bundle for browsers would try to hold the native binding.
  const entry = await packageEntry();
  const { default: ort }: { default: Package } = await import(entry);
  return {
    version: ort.env.versions.node ?? "of unknown version",
    isParallel: false,
    bind: (numbers, shape): Extended => ({ numbers, shape }),
    unbind: () => {},
    open: async (model, settings) => {
      const { inputs, outputs } = settings;
      const options = packageOptions(settings);
      const session = await ort.InferenceSession.create(model, options);
      return {
        run: async (tensors, results) => {
          const feeds = Object.fromEntries(
            tensors.map((x, i) => [inputs[i] ?? "", packageTensor(ort, x)]),
          );
          const found = await session.run(feeds, outputs);
          results.forEach((result, i) => {
            const { data } = found[outputs[i] ?? ""]!;
            extended(result).numbers.set(data as Float32Array);
          });
        },
        release: () => void session.release(),
      };
    },
  };
}
