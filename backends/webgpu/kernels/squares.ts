/** Sums of squares of many tensors, by two dispatches. */
import { sizeOf } from "../../../core/mod.ts";
import type { ValueId } from "../wgsl/command_list.ts";
import type { Lowering } from "../wgsl/lowering.ts";
import { startsOf } from "../wgsl/starts.ts";
import { groupedKernel } from "./grouped.ts";
import { addedByHalves } from "./teams.ts";

const WORKGROUP = 128;

/** Numbers that a workgroup squares and adds up. */
const BLOCK = 16_384;

/** Statements that add up `own` of a workgroup into `sums[0]`. */
const JOINED = `sums[local] = own;
${addedByHalves("sums", "local", WORKGROUP)}`;

const SUMS = `var<workgroup> sums : array<f32, ${WORKGROUP}>;`;

/**
 * Adds kernels that write the sum of squares of each tensor to its position in the target.
 *
 * @param tensors Values of 32-bit reals.
 * @param target Value `[n]`.
 */
export function squaresKernels(
  lowering: Lowering,
  tensors: readonly ValueId[],
  target: ValueId,
): void {
  const counts = tensors.map((id) => sizeOf(lowering.values[id]!.shape));
  const blocks = counts.map((count) => Math.max(1, Math.ceil(count / BLOCK)));
  const firsts = startsOf(blocks);
  const partial = lowering.scratch([firsts.at(-1)!]);
  lowering.call(groupedKernel({
    name: `squares of ${tensors.length} tensors`,
    workgroup: WORKGROUP,
    declarations: SUMS,
    body: `var own = 0.0;
let end = min(word0, (block + 1) * ${BLOCK});
for (var at = block * ${BLOCK} + local; at < end; at += ${WORKGROUP}) {
let number = t0[at0 + at];
own += number * number;
}
${JOINED}
if (local == 0) { t1[at1 + word1 + block] = sums[0]; }`,
    written: [1],
    members: tensors.map((tensor, i) => ({
      values: [tensor, partial],
      blocks: blocks[i]!,
      words: [counts[i]!, firsts[i]!],
    })),
  }));
  lowering.call(groupedKernel({
    name: `sums of squares of ${tensors.length} tensors`,
    workgroup: WORKGROUP,
    declarations: SUMS,
    body: `var own = 0.0;
for (var at = local; at < word1; at += ${WORKGROUP}) { own += t0[at0 + word0 + at]; }
${JOINED}
if (local == 0) { t1[at1 + word2] = sums[0]; }`,
    written: [1],
    members: tensors.map((_, i) => ({
      values: [partial, target],
      blocks: 1,
      words: [firsts[i]!, blocks[i]!, i],
    })),
  }));
}
