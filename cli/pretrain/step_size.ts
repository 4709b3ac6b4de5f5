/**
 * Whether a step fits the device, found out before the first one.
 *
 * @module
 */
import process from "node:process";
import {
  type Backend,
  describeBackendError,
  type DeviceInfo,
} from "../../backends/mod.ts";
import {
  describeFaults,
  type Faults,
  type FreezePlan,
  type PretrainConfig,
  type Result,
  right,
} from "../../core/mod.ts";
import {
  batchParts,
  compilePhase,
  describeTrainError,
  disposePhase,
  pretrainTask,
  trainingMemory,
} from "../../train/mod.ts";

/** What a WebAssembly program can address. */
const WASM_HEAP_BYTES = 2 ** 32;

/**
 * What memory is taken for each byte of a tensor, with a little to spare. Measured
 * with TensorFlow.js 4.22: gaps in the WebAssembly heap take 8 %, arrays of
 * JavaScript that wait for the garbage collector 40 %.
 */
const OVERHEAD = { heap: 1.1, collected: 1.6 } as const;

/**
 * The most memory that a step needs. The first phase needs the most: later ones
 * train less.
 *
 * @returns Bytes of all tensors that are alive at one time.
 */
function stepBytes(
  backend: Backend,
  config: PretrainConfig,
  plan: FreezePlan,
): Result<Faults, number> {
  const task = pretrainTask({ config, plan });
  const [first] = plan.phases;
  const memory = trainingMemory(task, first, batchParts(task, backend));
  return memory._tag === "Left" ? memory : right(memory.right.peak);
}

/** Bytes that tensors may take, and of what; `null` if the device does not say. */
function memoryOf(
  { name, isGpu }: DeviceInfo,
): { readonly bytes: number; readonly what: string } | null {
  if (isGpu) return null;
  const free = process.availableMemory();
  return name === "wasm" && free > WASM_HEAP_BYTES
    ? { bytes: WASM_HEAP_BYTES, what: "a WebAssembly heap holds" }
    : { bytes: free, what: "this machine has free" };
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** Why a step does not fit the device, or `null` if it does. */
async function objection(
  backend: Backend,
  config: PretrainConfig,
  plan: FreezePlan,
): Promise<string | null> {
  const bytes = stepBytes(backend, config, plan);
  if (bytes._tag === "Left") return describeFaults(bytes.left);
  const memory = memoryOf(backend.device);
  const overhead = backend.device.name === "wasm"
    ? OVERHEAD.heap
    : OVERHEAD.collected;
  const needed = overhead * bytes.right;
  if (memory !== null && needed > memory.bytes) {
    return `a step needs about ${gigabytes(needed)}, ${memory.what} ${
      gigabytes(memory.bytes)
    }`;
  }
  const programs = await compilePhase(
    backend,
    pretrainTask({ config, plan }),
    plan.phases[0],
  );
  if (programs._tag === "Right") {
    disposePhase(programs.right);
    return null;
  }
  const error = programs.left;
  return error._tag === "BackendFailed"
    ? describeBackendError(error.error)
    : describeTrainError(error);
}

/** The same steps of smaller batches, largest first. */
function smallerBatches(config: PretrainConfig): readonly PretrainConfig[] {
  const { batchSize, accumIter } = config.training;
  return Array.from({ length: batchSize - 1 }, (_, i) => batchSize - 1 - i)
    .filter((smaller) => batchSize % smaller === 0)
    .map((smaller) => ({
      ...config,
      training: {
        ...config.training,
        batchSize: smaller,
        accumIter: accumIter * batchSize / smaller,
      },
    }));
}

async function advice(
  backend: Backend,
  config: PretrainConfig,
  plan: FreezePlan,
): Promise<string> {
  for (const smaller of smallerBatches(config)) {
    if (await objection(backend, smaller, plan) === null) {
      const { batchSize, accumIter } = smaller.training;
      return `--batch-size ${batchSize} --accum-iter ${accumIter} makes the same steps and fits`;
    }
  }
  return "not even one image at a time fits: choose a smaller --model";
}

/**
 * Refuses a run whose steps are too large for its device.
 *
 * @param backend Where it computes.
 * @param config Its configuration.
 * @param plan Its plan.
 * @returns The reason and a batch size that fits, or `null` if all is well.
 */
export async function stepTooLarge(
  backend: Backend,
  config: PretrainConfig,
  plan: FreezePlan,
): Promise<string | null> {
  const reason = await objection(backend, config, plan);
  if (reason === null) return null;
  const { batchSize } = config.training;
  const what = `${batchSize} images at once on ${backend.device.name}`;
  const instead = await advice(backend, config, plan);
  return `Cannot compute ${what}: ${reason}\n${instead}`;
}
