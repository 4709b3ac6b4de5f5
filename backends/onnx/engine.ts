/** State that all programs of an engine share. */
import { left, type Result } from "../../core/mod.ts";
import type { BackendError, DeviceInfo, DeviceTensors } from "../backend.ts";
import { sharedArena } from "./arena.ts";
import type { AddressBits } from "./kernels/address_code.ts";
import type { Int8Form } from "./fuse/int8_matrix.ts";
import { exactInt8Form } from "./verify_int8.ts";
import { type ThreadPool, threadPool } from "./kernels/thread_pool.ts";
import type { OrtRuntime } from "./runtime/ort_runtime.ts";
import { type TensorStore, tensorStore } from "./tensor_store.ts";

/** Parts of an engine. */
export interface EngineSpec {
  /** The library. */
  readonly runtime: OrtRuntime;
  /** Threads of each program. */
  readonly threads: number;
  /** The device. */
  readonly device: DeviceInfo;
}

/** ONNX Runtime, tensors and threads. */
export interface Engine extends EngineSpec {
  /** Bits of an address in the memory of all tensors. */
  readonly addresses: AddressBits;
  /** The tensors. */
  readonly store: TensorStore;
  /** Threads for kernels of our own. */
  readonly threadPool: ThreadPool;
  /**
   * The form of products in 8-bit integers that is exact here, found at the first call.
   *
   * @throws With ONNX Runtime's message.
   */
  int8Form(): Promise<Result<BackendError, Int8Form>>;
}

/** An engine with a memory of its own. */
export function startEngine(spec: EngineSpec): Engine {
  const arena = sharedArena();
  let form: ReturnType<Engine["int8Form"]> | null = null;
  return {
    ...spec,
    addresses: arena.addresses,
    int8Form: () =>
      form ??= exactInt8Form(spec.runtime, spec.threads, spec.device),
    store: tensorStore(spec.runtime, arena),
    threadPool: threadPool(arena, spec.threads),
  };
}

/** The computation of a graph. */
export interface Runner {
  /** Computes the outputs; they become the caller's. A signal may end it before. */
  run(
    inputs: DeviceTensors,
    signal?: AbortSignal,
  ): Promise<Result<BackendError, DeviceTensors>>;
  /** Gives back what it holds; nothing may be running. */
  release(): void;
}

/** The error of an engine that failed while running. */
export const failed = (
  { device }: Pick<Engine, "device">,
  reason: string,
): Result<BackendError, never> =>
  left({ _tag: "ExecutionFailed", device: device.name, reason });

/** Message of a thrown value. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
