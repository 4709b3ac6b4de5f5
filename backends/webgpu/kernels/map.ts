/** The kernel that computes each number of its target alone. */
import { sizeOf } from "../../../core/mod.ts";
import { flatWorkgroups } from "../wgsl/kernel_writer.ts";
import type { Lowering } from "../wgsl/lowering.ts";
import { putBy, readBy } from "../wgsl/lanes.ts";
import type { Operand, Target } from "../wgsl/operand.ts";
import { times } from "../wgsl/position.ts";

/** Invocations of a workgroup. */
const WORKGROUP = 64;

/** Adds the kernel that writes the numbers of the source to the target of the same extents. */
export function mapKernel(
  lowering: Lowering,
  source: Operand,
  target: Target,
  name: string,
): void {
  const writer = lowering.writer();
  const lanes = target.vector || target.onlyVector ? 4 : 1;
  const count = sizeOf(target.shape) / lanes;
  const block = writer.block();
  const [numbers, sink] = [source.open(writer), target.open(writer)];
  const index = block.let(`workgroupIndex * ${WORKGROUP} + local`);
  const inner = block.inner();
  const flat = inner.let(times(index, lanes));
  const number = inner.let(readBy(numbers, lanes)(inner, { flat }));
  putBy(sink, lanes)(inner, { flat }, number);
  block.add(`if (${index} < ${count}) {\n${inner.text()}\n}`);
  lowering.call(writer.finish({
    name: `${name} ${target.shape.join("×")}${target.label}`,
    workgroupSize: [WORKGROUP, 1, 1],
    workgroups: flatWorkgroups(Math.ceil(count / WORKGROUP)),
    body: block.text(),
  }));
}
