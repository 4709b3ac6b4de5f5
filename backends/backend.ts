/**
 * Interface of every engine: it compiles a graph into a program and moves
 * tensors to and from its device. No tensor library is named here.
 */
import type { DType, Graph, Result, Shape, Signature } from "../core/mod.ts";

/** The device that computes. */
export interface DeviceInfo {
  /** Name for `--backend`, for example `wasm`. */
  readonly name: string;
  /** The machine's name for it, for example that of the graphics card. */
  readonly description: string;
  /** A real graphics processor, not software pretending to be one. */
  readonly isGpu: boolean;
}

/** Errors of an engine. */
export type BackendError =
  /** The device does not exist here or cannot be used. */
  | {
    readonly _tag: "BackendUnavailable";
    readonly device: string;
    readonly reason: string;
  }
  /** The device cannot hold or bind a tensor of the graph. */
  | {
    readonly _tag: "TensorTooLarge";
    readonly device: string;
    readonly tensor: string;
    readonly bytes: number;
    readonly limit: number;
  }
  /** A program was given other tensors than its graph names. */
  | {
    readonly _tag: "WrongInput";
    readonly name: string;
    readonly found: string;
    readonly wanted: string;
  }
  /** The engine gave other numbers than the reference interpreter. */
  | {
    readonly _tag: "WrongNumbers";
    readonly device: string;
    readonly what: string;
    readonly error: number;
    readonly tolerance: number;
  }
  /** The run was stopped by its signal. */
  | {
    readonly _tag: "Interrupted";
    readonly device: string;
  }
  /** The engine failed while running. */
  | {
    readonly _tag: "ExecutionFailed";
    readonly device: string;
    readonly reason: string;
  };

/** Numbers in main memory: reals, or indices. */
export type HostNumbers = Float32Array | Float64Array | Int32Array;

/** Numbers in main memory with their extents, row-major. */
export interface HostTensor {
  /** Extents, outermost first. */
  readonly shape: Shape;
  /** The numbers; reals are rounded to what the device holds. */
  readonly data: HostNumbers;
}

/** Pictures `[B, C, H, W]` in bytes; the tensor is `levels[c][byte]`, to the bit. */
export interface HostPixels {
  /** Extents. */
  readonly shape: Shape;
  /** The bytes, row-major. */
  readonly data: Uint8Array;
  /** The number of each of the 256 levels, for each channel. */
  readonly levels: readonly Float32Array[];
}

/** What is sent to a device: numbers, or pictures in bytes that stand for them. */
export type HostInput = HostTensor | HostPixels;

/** A tensor that lives on a device until it is disposed. */
export interface DeviceTensor extends Signature {
  /**
   * Copies the numbers to main memory.
   *
   * @returns A `Float32Array` or an `Int32Array`; of the reference engine, if it
   * was asked for full precision, a `Float64Array`.
   * @throws If the tensor was disposed or the device is lost.
   */
  read(): Promise<HostNumbers>;
  /** Gives the memory back; a second call does nothing. */
  dispose(): void;
}

/** Named tensors on a device. */
export type DeviceTensors = ReadonlyMap<string, DeviceTensor>;

/** Work of one run of a program on a card, as it is planned. */
export interface ProgramWork {
  /** Dispatches. */
  readonly dispatches: number;
  /** Bytes that kernels read and write, each value counted once for each kernel that uses it. */
  readonly bytesMoved: number;
  /** Bytes of intermediate values, after those that do not live at one time share memory. */
  readonly scratchBytes: number;
  /** Milliseconds of the processor in the last run, from its call until the device's queue takes it; 0 before the first. */
  readonly encodeMilliseconds: number;
}

/** A compiled graph. */
export interface Program {
  /** Its work, of engines on a card. */
  readonly work?: ProgramWork;
  /** The graph that it computes. */
  readonly graph: Graph;
  /**
   * Computes the outputs. Inputs stay the caller's, but for those that are replaced
   * (`CompileOptions`); outputs become the caller's; nothing else is left on the
   * device.
   *
   * @param inputs Exactly the tensors that the graph names, possibly more.
   * @param signal Ends the run as soon as the engine can (`interruptible`).
   * @returns The graph's outputs by name, or why there are none.
   */
  run(
    inputs: DeviceTensors,
    signal?: AbortSignal,
  ): Promise<Result<BackendError, DeviceTensors>>;
  /** Gives back what the program itself holds. */
  dispose(): void;
}

/** Permissions and hints for a program. */
export interface CompileOptions {
  /**
   * Outputs that take the place of an input: its name, by the name of the output;
   * both have one signature, and no input is replaced twice. When a run has
   * succeeded, these inputs are disposed, and an engine that can do so has written
   * the outputs where they were. When it has failed, they are as they were before.
   */
  readonly replaces?: Readonly<Record<string, string>>;
  /**
   * Names of matrices `[N, K]` among the inputs that hold the same numbers in every
   * run. Products of rows with them are computed in 8-bit integers: faster, up to
   * several times on processors with instructions for them, and off by about a
   * hundredth. An engine that has no such products, or not the right ones on this
   * processor, refuses.
   */
  readonly int8?: readonly string[];
  /**
   * Count of runs that will be asked for at one time, `≥ 1`, by default one. They share
   * the threads of an engine with `parallelRuns`.
   */
  readonly atOnce?: number;
  /** Condition on what is replaced; by default there is none. Only of engines that say `runsAhead`. */
  readonly guard?: Guard;
  /**
   * Names of outputs that the caller reads after every run and gives to no program: an
   * engine on a card sends their numbers on their way with the run itself.
   */
  readonly reported?: readonly string[];
}

/**
 * Condition under which inputs are replaced, decided where the numbers are, without
 * anybody waiting for them.
 *
 * A run has effect if all numbers of the outputs `finite` are finite and the allowance
 * is at least 0. Without effect, the outputs that replace inputs are these inputs,
 * unchanged to the bit. A run with numbers that are not finite counts the allowance
 * down by one (not below −1): so with an allowance of `n` the first `n` such runs are
 * passed over, and the next one ends the effect of all that follow.
 */
export interface Guard {
  /** Outputs whose numbers have to be finite. */
  readonly finite: readonly string[];
  /**
   * Name of a scalar input of the program, which its graph does not have: the allowance. What is
   * left of it is an output of that name, which replaces it in every run.
   */
  readonly allowance: string;
}

/** An engine on one device. */
export interface Backend {
  /** The device. */
  readonly device: DeviceInfo;
  /**
   * Count of runs that may wait in line on the device, `≥ 1`: it keeps guards, and `run` resolves when
   * the work is handed over, long before it is done. Absent where a run is done when it resolves.
   */
  readonly runsAhead?: number;
  /** Programs run on other threads: meanwhile it pays to compile the next ones. */
  readonly compilesBesideRuns?: boolean;
  /** Count of runs that it computes at one time, each on a thread of its own; by default one. */
  readonly parallelRuns?: number;
  /**
   * Verifies products with constant matrices in 8-bit integers (`CompileOptions.int8`) on
   * numbers that saturate wherever two products are added in 16 bits; once, then the
   * answer is kept. An engine that has no such products has no such function.
   *
   * @returns Nothing, or what is wrong with them on this processor.
   */
  verifyInt8?(): Promise<Result<BackendError, null>>;
  /**
   * Prepares a graph.
   *
   * @param graph The computation.
   * @param options The inputs that outputs replace; by default none.
   * @returns A program, or why this device cannot run it.
   * @throws If an output does not fit where it is to go, or if there are sums over ranks
   * in the graph: mistakes of the program.
   */
  compile(
    graph: Graph,
    options?: CompileOptions,
  ): Promise<Result<BackendError, Program>>;
  /**
   * Copies numbers to the device.
   *
   * @throws If there are more or fewer numbers than the shape has: a mistake of
   * the program, not of its input.
   */
  upload(tensor: HostTensor): DeviceTensor;
  /**
   * Copies pictures in bytes to the device, which turns them into real numbers; absent
   * where main memory does it as well.
   *
   * @throws As `upload`.
   */
  uploadPixels?(pixels: HostPixels): DeviceTensor;
  /**
   * The numbers of a tensor of reals where they lie, of engines that compute in main memory,
   * unless another tensor or a run shares them: what is written there changes the tensor
   * alone. Good until the tensor is disposed, replaced or given to a program.
   */
  hostNumbers?(tensor: DeviceTensor): Float32Array | undefined;
  /** Tensors now alive on the device, for leak tests. */
  liveTensors(): number;
  /** Bytes of the tensors now alive on the device. */
  liveBytes(): number;
  /** Ends the use of the device. */
  dispose(): void;
}

/** Kind of number in host data. */
export function dtypeOf(data: HostNumbers): DType {
  return data instanceof Int32Array ? "int32" : "float32";
}

/**
 * Text of a backend error.
 *
 * @returns One sentence without a full stop.
 */
export function describeBackendError(error: BackendError): string {
  switch (error._tag) {
    case "BackendUnavailable":
      return `Cannot use ${error.device}: ${error.reason}`;
    case "TensorTooLarge":
      return `Cannot place ${error.tensor} on ${error.device}: it has ${error.bytes} bytes, the device binds at most ${error.limit}; use a smaller batch and accumulate gradients`;
    case "WrongInput":
      return `Cannot run with input ${error.name}: found ${error.found}, wanted ${error.wanted}`;
    case "WrongNumbers":
      return `Cannot trust ${error.device}: ${error.what} is off by ${error.error}, at most ${error.tolerance} is allowed`;
    case "Interrupted":
      return `Stopped ${error.device} within a run, as asked for`;
    case "ExecutionFailed":
      return `Cannot go on with ${error.device}: ${error.reason}`;
  }
}
