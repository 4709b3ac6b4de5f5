/** Small tensors copied into one, so that few buffers need be bound. */
import { sizeOf } from "../../../core/mod.ts";
import type { ValueId } from "../wgsl/command_list.ts";
import type { Lowering } from "../wgsl/lowering.ts";
import { startsOf } from "../wgsl/starts.ts";
import { groupedKernel } from "./grouped.ts";

const WORKGROUP = 64;

/**
 * Adds a kernel that lays values of 32-bit reals side by side, in their order.
 *
 * @returns Value `[n]` of all their numbers.
 */
export function sideBySide(
  lowering: Lowering,
  values: readonly ValueId[],
): ValueId {
  const counts = values.map((id) => sizeOf(lowering.values[id]!.shape));
  const firsts = startsOf(counts);
  const all = lowering.scratch([firsts.at(-1)!]);
  lowering.call(groupedKernel({
    name: `${values.length} tensors side by side`,
    workgroup: WORKGROUP,
    body: `let at = block * ${WORKGROUP} + local;
if (at < word0) { t1[at1 + word1 + at] = t0[at0 + at]; }`,
    written: [1],
    members: values.map((value, i) => ({
      values: [value, all],
      blocks: Math.ceil(counts[i]! / WORKGROUP),
      words: [counts[i]!, firsts[i]!],
    })),
  }));
  return all;
}
