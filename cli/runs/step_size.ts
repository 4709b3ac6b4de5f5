/** Size of a step against the device's memory, before the first one. */
import process from "node:process";
import {
  type Backend,
  describeBackendError,
  type DeviceInfo,
} from "../../backends/mod.ts";
import { describeFaults } from "../../core/mod.ts";
import {
  describeTrainError,
  onlyShare,
  phaseFailure,
  type StepShare,
  type Task,
  trainingMemory,
} from "../../train/mod.ts";

/** Address space of a WebAssembly program. */
const WASM_HEAP_BYTES = 2 ** 32;

/**
 * Memory for each byte of a tensor, with a little to spare. Measured
 * with TensorFlow.js 4.22: gaps in the WebAssembly heap take 8 %, arrays of
 * JavaScript that wait for the garbage collector 40 %.
 */
const OVERHEAD = { heap: 1.1, collected: 1.6 } as const;

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

const overheadOf = ({ name }: DeviceInfo): number =>
  name === "wasm" ? OVERHEAD.heap : OVERHEAD.collected;

/**
 * Bytes that the tensors of a step may take on a device.
 *
 * @param processes Processes on this machine that take as much.
 * @returns `null` if the device does not say.
 */
export function tensorMemory(
  device: DeviceInfo,
  processes: number,
): number | null {
  const memory = memoryOf(device);
  return memory === null
    ? null
    : memory.bytes / (overheadOf(device) * processes);
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** The steps that one process takes on its device. */
interface OwnSteps {
  /** The task with the lengths of its share. */
  readonly task: Task<unknown>;
  readonly share: StepShare;
  /** Processes on this machine that take as much. */
  readonly processes: number;
}

/** Reason why a step does not fit the device, or `null` if it does. */
async function objection(
  backend: Backend,
  { task, share, processes }: OwnSteps,
): Promise<string | null> {
  // The first phase needs the most: later ones train less.
  const [first] = task.plan.phases;
  const step = trainingMemory(task, first, share);
  if (step._tag === "Left") return describeFaults(step.left);
  const memory = memoryOf(backend.device);
  const needed = overheadOf(backend.device) * processes * step.right.peak;
  if (memory !== null && needed > memory.bytes) {
    return `a step needs about ${gigabytes(needed)}, ${memory.what} ${
      gigabytes(memory.bytes)
    }`;
  }
  const error = await phaseFailure(backend, task, first);
  if (error === null) return null;
  return error._tag === "BackendFailed"
    ? describeBackendError(error.error)
    : describeTrainError(error);
}

/** The same steps of smaller micro-batches, largest first. */
function smallerBatches(task: Task<unknown>): readonly Task<unknown>[] {
  const { training, together = 1 } = task;
  const { batchSize, accumIter } = training;
  return Array.from({ length: batchSize - 1 }, (_, i) => batchSize - 1 - i)
    .filter((smaller) => batchSize % smaller === 0 && smaller % together === 0)
    .map((smaller) => ({
      ...task,
      training: {
        ...training,
        batchSize: smaller,
        accumIter: accumIter * batchSize / smaller,
      },
    }));
}

async function advice(
  backend: Backend,
  { task, processes }: OwnSteps,
): Promise<string> {
  if (!task.isDivisible) return "choose a smaller model or --batch-size";
  for (const smaller of smallerBatches(task)) {
    const share = onlyShare(smaller, backend);
    const own = { task: smaller, share, processes };
    if (await objection(backend, own) === null) {
      const { batchSize, accumIter } = smaller.training;
      return `--batch-size ${batchSize} --accum-iter ${accumIter} makes the same steps and fits`;
    }
  }
  return "not even one image at a time fits: choose a smaller --model";
}

/**
 * Check that the steps of a training fit a device.
 *
 * @param steps The part of every step that this process takes.
 * @param processes Processes on this machine that take as much.
 * @returns The reason and a batch size that fits, or `null` if all is well.
 */
export async function stepTooLarge(
  backend: Backend,
  steps: Pick<OwnSteps, "task" | "share">,
  processes = 1,
): Promise<string | null> {
  const own = { ...steps, processes };
  const reason = await objection(backend, own);
  if (reason === null) return null;
  const { batchSize } = steps.task.training;
  const what = `${batchSize} images at once on ${backend.device.name}`;
  const instead = await advice(backend, own);
  return `Cannot compute ${what}: ${reason}\n${instead}`;
}
