/**
 * What all programs of an engine share.
 *
 * @module
 */
import { left, type Result } from "../../core/mod.ts";
import type { BackendError, DeviceInfo, DeviceTensors } from "../backend.ts";
import { sharedArena } from "./arena.ts";
import { type KernelCrew, kernelCrew } from "./kernels/kernel_crew.ts";
import type { Dialect } from "./lower/onnx_writer.ts";
import type { OrtRuntime, Provider } from "./runtime/ort_runtime.ts";
import { type TensorStore, tensorStore } from "./tensor_store.ts";

/** What an engine is made from. */
export interface EngineSpec {
  /** The library. */
  readonly runtime: OrtRuntime;
  /** Threads of each program. */
  readonly threads: number;
  /** Where it computes. */
  readonly device: DeviceInfo;
  /** The part of ONNX Runtime that computes. */
  readonly provider: Provider;
  /** Which operators its models may call. */
  readonly dialect: Dialect;
}

/** ONNX Runtime, tensors and threads. */
export interface Engine extends EngineSpec {
  /** The tensors. */
  readonly store: TensorStore;
  /** Threads for kernels of our own. */
  readonly crew: KernelCrew;
}

/** An engine with a memory of its own. */
export function startEngine(spec: EngineSpec): Engine {
  const arena = sharedArena();
  return {
    ...spec,
    store: tensorStore(spec.runtime, arena),
    crew: kernelCrew(arena.memory, spec.threads),
  };
}

/** What computes a graph. */
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

/** What a thrown value says. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
