/** The frame of kernels that do the same small work on many tensors (`GroupedKernel`). */
import type { GroupedKernel, Member } from "../wgsl/command_list.ts";
import { MOST_WORKGROUPS } from "../wgsl/kernel_writer.ts";

/** Parts of a grouped kernel. */
export interface GroupParts {
  /** Name, for errors and times. */
  readonly name: string;
  /** Invocations of a workgroup. */
  readonly workgroup: number;
  /** Functions and workgroup variables. */
  readonly declarations?: string;
  /**
   * Statements of `main`. Known in it: `local`, `block` (number of the block in its member), for each value the
   * buffer `t0`, `t1`, … and the position `at0`, `at1`, … of its first number in it, and the words `word0`, … as `i32`.
   */
  readonly body: string;
  /** Values that are written. */
  readonly written: readonly number[];
  /** Members; all have as many values and words. */
  readonly members: readonly Member[];
}

/** A grouped kernel on values of 32-bit reals. */
export function groupedKernel(
  { name, workgroup, declarations = "", body, written, members }: GroupParts,
): GroupedKernel {
  const [{ values, words }] = members as [Member];
  const stride = 1 + values.length + words.length;
  const buffers = values.map((_, i) =>
    `@group(0) @binding(${i + 1}) var<storage, read_write> t${i} : array<f32>;`
  );
  const numbers = [
    ...values.map((_, i) => `at${i}`),
    ...words.map((_, i) => `word${i}`),
  ];
  const read = numbers.map((number, i) =>
    `let ${number} = i32(table[record + ${i + 1}u]);`
  );
  const isWritten = new Set(written);
  return {
    _tag: "GroupedKernel",
    name,
    code: `@group(0) @binding(0) var<storage, read> table : array<u32>;
${buffers.join("\n")}
${declarations}
@compute @workgroup_size(${workgroup}, 1, 1)
fn main(@builtin(local_invocation_index) localIndex : u32,
  @builtin(workgroup_id) groupId : vec3<u32>) {
let local = i32(localIndex);
let record = (groupId.x + groupId.y * ${MOST_WORKGROUPS}u) * ${stride}u;
let block = i32(table[record]);
if (block < 0) { return; }
${read.join("\n")}
${body}
}`,
    access: values.map((_, i) => isWritten.has(i) ? "read_write" : "read"),
    members,
  };
}
