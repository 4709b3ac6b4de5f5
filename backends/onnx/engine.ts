/**
 * What all programs of an engine share.
 *
 * @module
 */
import { left, type Result } from "../../core/mod.ts";
import type { BackendError, DeviceTensors } from "../backend.ts";
import type { KernelCrew } from "./kernels/kernel_crew.ts";
import type { OrtRuntime } from "./runtime/ort_runtime.ts";
import type { TensorStore } from "./tensor_store.ts";

/** ONNX Runtime, tensors and threads. */
export interface Engine {
  /** The library. */
  readonly runtime: OrtRuntime;
  /** The tensors. */
  readonly store: TensorStore;
  /** Threads for kernels of our own. */
  readonly crew: KernelCrew;
  /** Threads of each program. */
  readonly threads: number;
}

/** What computes a graph. */
export interface Runner {
  /** Computes the outputs; they become the caller's. */
  run(inputs: DeviceTensors): Promise<Result<BackendError, DeviceTensors>>;
  /** Gives back what it holds; nothing may be running. */
  release(): void;
}

/** The error of an engine that failed while running. */
export const failed = (reason: string): Result<BackendError, never> =>
  left({ _tag: "ExecutionFailed", device: "onnx", reason });

/** What a thrown value says. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
