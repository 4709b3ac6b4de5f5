/**
 * A program for the card as data: kernels in order, and the values that they read and
 * write. It names no device; `runtime/` gives the values places and records the kernels.
 */
import type { Signature } from "../../../core/mod.ts";

/** Position of a value in its command list. */
export type ValueId = number;

/** Place of a value's numbers. */
export type Place =
  /** A tensor that the caller gives; read only, unless it is replaced (`CommandList.replaced`). */
  | { readonly _tag: "Input"; readonly name: string }
  /** Numbers known in advance, written once. */
  | { readonly _tag: "Constant"; readonly values: ArrayLike<number> }
  /** A tensor that becomes the caller's after the run. */
  | { readonly _tag: "Output" }
  /** Memory that other values share before and after its use. */
  | { readonly _tag: "Scratch" };

/** Form of numbers in memory: 32 bits each, or pairs of bfloat16 in 32 bits. */
export type Storage = "f32" | "i32" | "bf16";

/** A tensor of a program. */
export interface Value extends Signature {
  /** Place of its numbers. */
  readonly place: Place;
  /** Form of its numbers. */
  readonly storage: Storage;
}

/** Use of a buffer by a kernel: read only, or read and written. */
export type Access = "read" | "read_write";

/** A value that a kernel uses, at `@group(0) @binding(i)` where `i` is its position in the list. */
export interface Binding {
  /** The value. */
  readonly value: ValueId;
  /** Use of it. */
  readonly access: Access;
}

/** Workgroups along x, y and z, each at most 65,535. */
export type Workgroups = readonly [number, number, number];

/** One dispatch on whole values; all sizes are literals in its code. */
export interface Kernel {
  readonly _tag: "Kernel";
  /** Op, shapes and fused parts, for errors and times, for example `matmul NT 3200×2304×768 + add`. */
  readonly name: string;
  /** Complete WGSL with an entry point `main`; equal code is compiled once. */
  readonly code: string;
  /** Values in the order of their bindings. */
  readonly bindings: readonly Binding[];
  /** Size of the dispatch. */
  readonly workgroups: Workgroups;
}

/** One member of a grouped kernel: the same work on other values. */
export interface Member {
  /** Values in the order of the kernel's bindings. */
  readonly values: readonly ValueId[];
  /** Blocks of work, each one workgroup. */
  readonly blocks: number;
  /** Whole numbers that the code reads besides, for example a count of elements. */
  readonly words: readonly number[];
}

/**
 * The same small work on many values, done by few dispatches: all members whose values
 * lie in the same buffers share one.
 *
 * The code binds `table: array<u32>` at binding 0 and the buffers behind it. Workgroup
 * `g` (`workgroup_id.x + 65535·workgroup_id.y`) reads the record at
 * `table[g · stride]`, `stride = 1 + values + words`: the number of its block in the
 * member, then for each value the position of its first number in its buffer (in numbers
 * of 4 bytes), then the words. A record with block `0xffffffff` has nothing to do.
 * Values that turn out to lie in one buffer share a binding: their variables have one
 * type, and the names of variables are used for nothing else in the code.
 */
export interface GroupedKernel {
  readonly _tag: "GroupedKernel";
  /** As in `Kernel`. */
  readonly name: string;
  /** Complete WGSL; `override`s are not used. */
  readonly code: string;
  /** Use of each value's buffer. */
  readonly access: readonly Access[];
  /** Members; none reads what another writes. */
  readonly members: readonly Member[];
}

/** A dispatch, or few. */
export type Call = Kernel | GroupedKernel;

/** A graph compiled to kernels. */
export interface CommandList {
  /** Every tensor that a kernel names. */
  readonly values: readonly Value[];
  /** Kernels in order; each sees what those before it have written. */
  readonly calls: readonly Call[];
  /** Results of the graph by name: outputs, or inputs that were replaced in place. */
  readonly outputs: Readonly<Record<string, ValueId>>;
  /** Inputs that calls write to, by the name of the output that takes their place. */
  readonly replaced: Readonly<Record<string, string>>;
}
