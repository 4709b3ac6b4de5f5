/** The state of a compilation that generators of kernels add to. */
import type { DType, Shape } from "../../../core/mod.ts";
import type { Call, Storage, Value, ValueId } from "./command_list.ts";
import type { KernelWriter } from "./kernel_writer.ts";
import type { Target } from "./operand.ts";

/** Limits of an adapter that kernels are made for. */
export interface KernelLimits {
  /** Bytes of workgroup memory. */
  readonly workgroupBytes: number;
  /** Invocations of a workgroup. */
  readonly invocations: number;
  /** Buffers of a kernel. */
  readonly buffers: number;
  /** A real graphics processor: software has few wide threads and ends loops after 65,535 turns. */
  readonly isGpu: boolean;
}

/** Partial sums that are added up later, many of them by one dispatch. */
export interface Partials {
  /** Planes `[count, …shape of the target]`. */
  readonly planes: ValueId;
  /** Number of planes. */
  readonly count: number;
  /** The target of their sum. */
  readonly target: Target;
}

/** Grows the command list. */
export interface Lowering {
  /** Every value so far. */
  readonly values: readonly Value[];
  /** Limits of the adapter. */
  readonly limits: KernelLimits;
  /** A new intermediate value; its storage is that of its kind of number by default. */
  scratch(shape: Shape, dtype?: DType, storage?: Storage): ValueId;
  /** A writer for the next kernel. */
  writer(): KernelWriter;
  /** Adds a kernel. */
  call(call: Call): void;
  /**
   * Adds up planes into the target, in their order: before the target is next read, and
   * not necessarily now. Sums that wait are done together.
   */
  addUp(partials: Partials): void;
}
