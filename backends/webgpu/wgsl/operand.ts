/**
 * What kernels read from and write to. A kernel does not know whether an operand is a
 * tensor in memory, a view of one, or computed on the way; nor whether a result is
 * stored as it is or after a bias, a residual or an activation.
 */
import type { Shape } from "../../../core/mod.ts";
import type { ValueId } from "./command_list.ts";
import type { Block } from "./block.ts";
import type { KernelWriter } from "./kernel_writer.ts";
import type { Position } from "./position.ts";

/** Numbers to read, opened in one kernel. Loads may add statements to the block in which they are used. */
export interface Source {
  /** The number at a position: an expression of type `f32`, or `i32` for indices, that any operator may follow. */
  at(block: Block, position: Position): string;
  /**
   * Four numbers from a position on along the last axis: an expression of type `vec4<f32>`. The
   * index along the last axis is a multiple of 4. Only if the operand is `vector`.
   */
  at4(block: Block, position: Position): string;
}

/** Places to write to, opened in one kernel. Each place is written once. */
export interface Sink {
  /**
   * Adds statements that write `value`, of type `f32`.
   *
   * @returns Name of what was stored last, of targets with `last`.
   */
  put(block: Block, position: Position, value: string): string | void;
  /** Adds statements that write a `vec4<f32>`; as `Source.at4`. */
  put4(block: Block, position: Position, value: string): string | void;
}

/** A readable tensor of the given shape. */
export interface Operand {
  /** Extents as the kernel sees them. */
  readonly shape: Shape;
  /** Groups of four along the last axis can be read at once; then its extent is a multiple of 4. */
  readonly vector: boolean;
  /** Makes it readable in a kernel. */
  open(writer: KernelWriter): Source;
}

/** An operand that is open in a kernel. */
export interface Opened {
  readonly source: Source;
  readonly vector: boolean;
}

/** Opens an operand in a kernel. */
export const openIn = (
  writer: KernelWriter,
  operand: Operand,
): Opened => ({ source: operand.open(writer), vector: operand.vector });

/** A writable tensor of the given shape. */
export interface Target {
  /** Extents as the kernel sees them. */
  readonly shape: Shape;
  /** Groups of four along the last axis can be written at once. */
  readonly vector: boolean;
  /** The values are only kept if they are written by fours (pairs of bfloat16 share a word). */
  readonly onlyVector?: boolean;
  /** Words for the kernel's name, for example ` + add gelu`; empty where numbers are stored as they are. */
  readonly label: string;
  /** The value that holds the numbers, if they are stored as they are and nowhere else. */
  readonly stored?: ValueId;
  /** All values that are written, where they are known. */
  readonly stores?: readonly ValueId[];
  /**
   * Each number keeps the row-major position at which it was put, so that `put` gives the
   * one that is stored last; with the count of buffers that are bound for all of it.
   */
  readonly last?: { readonly buffers: number };
  /** Makes it writable in a kernel. */
  open(writer: KernelWriter): Sink;
}
