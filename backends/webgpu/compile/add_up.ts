/** Planes of partial sums, added up: those of many targets together. */
import { sizeOf } from "../../../core/mod.ts";
import { addUpKernel } from "../kernels/columns.ts";
import { groupedKernel } from "../kernels/grouped.ts";
import type { Lowering, Partials } from "../wgsl/lowering.ts";

const WORKGROUP = 64;

/** Numbers of a target that a workgroup adds up. */
const BLOCK = 256;

/** Adds kernels for sums whose targets are plain tensors of 32-bit reals: few dispatches for all. */
function addUpTogether(
  lowering: Lowering,
  partials: readonly Partials[],
): void {
  const turns = Array.from({ length: BLOCK / WORKGROUP }, (_, turn) =>
    `{
let at = block * ${BLOCK} + ${turn * WORKGROUP} + local;
if (at < word1) {
var sum = 0.0;
for (var plane = 0; plane < word0; plane++) { sum += t0[at0 + plane * word1 + at]; }
t1[at1 + at] = sum;
}
}`);
  lowering.call(groupedKernel({
    name: `add up ${partials.length} sums`,
    workgroup: WORKGROUP,
    body: turns.join("\n"),
    written: [1],
    members: partials.map(({ planes, count, target }) => {
      const results = sizeOf(target.shape);
      return {
        values: [planes, target.stored!],
        blocks: Math.ceil(results / BLOCK),
        words: [count, results],
      };
    }),
  }));
}

/** Adds kernels that add up planes into their targets. */
export function addUpAll(
  lowering: Lowering,
  partials: readonly Partials[],
): void {
  const isPlain = ({ target: { stored } }: Partials): boolean =>
    stored !== undefined && lowering.values[stored]?.storage === "f32";
  const together = partials.filter(isPlain);
  const alone = partials.filter((sums) => !isPlain(sums));
  if (together.length === 1) alone.push(...together);
  else if (together.length > 1) addUpTogether(lowering, together);
  alone.forEach((sums) => lowering.call(addUpKernel(lowering, sums)));
}
