/**
 * Interface of a device: storage of tensors and a kernel for every op.
 *
 * Kernels work on the storage of a TensorFlow.js backend directly. Its engine
 * (scopes, gradient tape, the one current backend of the process) is not used,
 * so several devices live side by side and no tensor can slip into a scope.
 */
import type {
  KernelBackend,
  TensorInfo,
} from "npm:@tensorflow/tfjs-core@4.22.0";
import type { DType, LocalOp, NodeOf, Signature } from "../../core/mod.ts";
import type { DeviceInfo } from "../backend.ts";

/** Ops that a device computes; the others only name tensors or view them. */
export type ComputedOp = Exclude<LocalOp, "input" | "constant" | "reshape">;

/** A tensor in the storage of a TensorFlow.js backend. */
export type StoredTensor = TensorInfo;

/** Computes a new tensor from the tensors of a node's inputs. */
export type Launch = (inputs: readonly StoredTensor[]) => StoredTensor;

/**
 * Prepares an op for one node, once per program.
 *
 * @throws If the device would compute it wrongly.
 */
export type Kernel<Name extends ComputedOp> = (
  node: NodeOf<Name>,
  inputs: readonly Signature[],
) => Launch;

/** A kernel for every op, so that none can be forgotten. */
export type KernelTable = {
  readonly [Name in ComputedOp]: Kernel<Name>;
};

/** Numbers as they lie in memory. */
export type Numbers = Float32Array | Int32Array;

/** Room for numbers of a kind, all 0. */
export function numbersFor(dtype: DType, count: number): Numbers {
  return dtype === "int32" ? new Int32Array(count) : new Float32Array(count);
}

/** The part of a TensorFlow.js backend that a device needs. */
export type Storage = Pick<
  KernelBackend,
  "write" | "read" | "disposeData" | "incRef" | "numDataIds"
>;

/** A device that is ready to compute. */
export interface Device {
  /** The device. */
  readonly info: DeviceInfo;
  /** Storage of its tensors. */
  readonly storage: Storage;
  /** Its kernels. */
  readonly kernels: KernelTable;
  /** Launches compute at once, on the calling thread: a long run has to let others in. */
  readonly isImmediate: boolean;
  /** Bytes of the largest tensor that it can hold. */
  readonly maxTensorBytes: number;
  /**
   * Runs launches and waits until the device has accepted them all.
   *
   * @returns The device's error, or `null`.
   * @throws Whatever a launch throws.
   */
  watch(launches: () => void): Promise<string | null>;
  /** Reason not to trust the device any more, or `null`. */
  failure(): string | null;
}

/** `watch` and `failure` of a device that computes at once, on the calling thread. */
export const immediate: Pick<Device, "isImmediate" | "watch" | "failure"> = {
  isImmediate: true,
  watch: (launches) => {
    launches();
    return Promise.resolve(null);
  },
  failure: () => null,
};
