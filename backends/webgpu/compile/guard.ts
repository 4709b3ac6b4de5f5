/** The condition under which a run has effect, decided on the card (`Guard`). */
import { sizeOf } from "../../../core/mod.ts";
import type { ValueId } from "../wgsl/command_list.ts";
import { sideBySide } from "../kernels/side_by_side.ts";
import type { Lowering } from "../wgsl/lowering.ts";
import { tensorOperand, tensorTarget } from "../wgsl/tensor.ts";

const WORKGROUP = 64;

/**
 * Adds kernels that decide whether a run has effect, and count the allowance down.
 *
 * @param finite Values that have to be finite.
 * @param allowance Value `[]`, written in place.
 * @returns Value `[1]`: 1 if the run has effect, else 0.
 */
export function guardKernels(
  lowering: Lowering,
  finite: readonly ValueId[],
  allowance: ValueId,
): ValueId {
  const checked = finite.length === 0 ? [allowance] : finite;
  const numbers = sideBySide(lowering, checked);
  const flag = lowering.scratch([1]);
  const count = sizeOf(lowering.values[numbers]!.shape);
  const { values } = lowering;
  const writer = lowering.writer();
  const source = tensorOperand(values, numbers).open(writer);
  const budget = tensorOperand(values, allowance).open(writer);
  const left = tensorTarget(values, allowance).open(writer);
  const effect = tensorTarget(values, flag).open(writer);
  const block = writer.block();
  const inner = block.inner();
  const number = inner.let(source.at(inner, { flat: "at" }));
  const last = block.inner();
  const before = last.let(budget.at(last, { flat: "0" }));
  // Comparisons with NaN may be optimised away; its exponent cannot.
  left.put(
    last,
    { flat: "0" },
    `select(${before}, max(${before} - 1.0, -1.0), isBad > 0)`,
  );
  effect.put(
    last,
    { flat: "0" },
    `select(0.0, 1.0, isBad == 0 && ${before} >= 0.0)`,
  );
  block.add(`var own = 0;
for (var at = local; at < ${count}; at += ${WORKGROUP}) {
${inner.text()}
if ((bitcast<u32>(${number}) & 0x7f800000u) == 0x7f800000u) { own = 1; }
}
bad[local] = own;
workgroupBarrier();
if (local == 0) {
var isBad = 0;
for (var k = 0; k < ${WORKGROUP}; k++) { isBad += bad[k]; }
${last.text()}
}`);
  lowering.call(writer.finish({
    name: "guard",
    workgroupSize: [WORKGROUP, 1, 1],
    workgroups: [1, 1, 1],
    declarations: `var<workgroup> bad : array<i32, ${WORKGROUP}>;`,
    body: block.text(),
  }));
  return flag;
}
