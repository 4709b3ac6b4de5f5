/**
 * The part of ONNX Runtime in use: sessions that run models on tensors in main
 * memory. There are two ways to it, its C interface and its package's own binding.
 */
import type { Shape } from "../../../core/mod.ts";

/** Numbers in main memory, which may be shared between threads. */
export type Numbers = Float32Array | Int32Array;

/**
 * Numbers bound to extents, as the runtime that bound them knows them; good until it
 * is released, as long as the numbers are kept.
 */
export type BoundTensor = object;

/** A model that is ready to run. */
export interface Session {
  /**
   * Computes.
   *
   * @param inputs Tensors in the order of the session's inputs.
   * @param outputs Tensors in the order of its outputs, which are overwritten.
   * @param signal Ends the computation between two operators, where the way to the
   * library allows that.
   * @throws With ONNX Runtime's message. Nothing may be released before it is settled.
   */
  run(
    inputs: readonly BoundTensor[],
    outputs: readonly BoundTensor[],
    signal?: AbortSignal,
  ): Promise<void>;
  /** Gives its memory and threads back. */
  release(): void;
}

/** Options of a session. */
export interface SessionOptions {
  /** Threads within an operator. */
  readonly threads: number;
  /** Names of the inputs, in the order in which they will be given. */
  readonly inputs: readonly string[];
  /** Names of the outputs, likewise. */
  readonly outputs: readonly string[];
}

/** The library, started. */
export interface OrtRuntime {
  /** Its version, for example `1.30.0`. */
  readonly version: string;
  /** True if sessions run beside each other and beside JavaScript. */
  readonly isParallel: boolean;
  /** Binds numbers to extents. */
  bind(numbers: Numbers, shape: Shape): BoundTensor;
  /** Ends the binding that `bind` began. */
  unbind(tensor: BoundTensor): void;
  /**
   * Makes a session from the bytes of a model.
   *
   * @throws With ONNX Runtime's message.
   */
  open(model: Uint8Array, options: SessionOptions): Promise<Session>;
}
