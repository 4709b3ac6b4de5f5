/**
 * Rows added at their indices to zeros, without atomics: an invocation owns numbers of
 * the result and goes through the sample's indices in their order.
 */
import { sizeOf } from "../../../core/mod.ts";
import type { Block } from "../wgsl/block.ts";
import {
  flatWorkgroups,
  type KernelWriter,
  type Lanes,
} from "../wgsl/kernel_writer.ts";
import type { Lowering } from "../wgsl/lowering.ts";
import { LANES, lanesOf, putBy, readerOf, typeOf } from "../wgsl/lanes.ts";
import type { Operand, Target } from "../wgsl/operand.ts";
import { quotient, remainder, sum, times } from "../wgsl/position.ts";

/** Invocations of a workgroup, all of one sample. */
const WORKGROUP = 64;

/** Most indices in workgroup memory at once. */
const MOST_INDICES = 1_024;

/** Extents of the work. */
interface Extents {
  readonly batch: number;
  /** Rows of the operand, and of the result. */
  readonly picks: number;
  readonly rows: number;
  /** Numbers of a row. */
  readonly width: number;
  readonly lanes: Lanes;
  /** Workgroups of a sample. */
  readonly groups: number;
}

function extentsOf(y: Operand, target: Target): Extents {
  const [batch = 1, rows = 1, ...tail] = target.shape;
  const width = sizeOf(tail);
  // Without a third axis neighbours belong to different rows.
  const lanes = tail.length === 0 ? 1 : lanesOf([y], [target]);
  if (width % lanes !== 0 || (lanes === 1 && target.onlyVector)) {
    throw new Error("rows of single numbers are scattered in 32 bits");
  }
  const groups = Math.ceil(rows * (width / lanes) / WORKGROUP);
  return { batch, picks: y.shape[1] ?? 0, rows, width, lanes, groups };
}

/** Adds statements that fill workgroup memory with the sample's indices from `start` on. */
function addIndices(
  writer: KernelWriter,
  block: Block,
  index: Operand,
  picks: number,
  held: number,
): void {
  const fours = held / 4;
  const source = index.open(writer);
  const body = block.inner();
  body.add("var four = vec4<i32>(-1);");
  LANES.forEach((lane, i) => {
    const inner = body.inner();
    const pick = body.let(`start + slot * 4 + ${i}`);
    const read = source.at(inner, { at: ["sample", pick] });
    inner.add(`four.${lane} = ${read};`);
    body.add(`if (${pick} < ${picks}) {\n${inner.text()}\n}`);
  });
  body.add("indices[slot] = four;");
  block.add(
    `for (var slot = local; slot < ${fours}; slot += ${WORKGROUP}) {\n${body.text()}\n}`,
  );
}

/** Adds statements that add the rows whose index, in workgroup memory, is `row`. */
function addMatches(
  writer: KernelWriter,
  block: Block,
  y: Operand,
  { picks, width, lanes }: Extents,
  held: number,
): void {
  const read = readerOf(writer, y, lanes);
  const body = block.inner();
  LANES.forEach((lane, i) => {
    const inner = body.inner();
    const pick = inner.let(`start + slot * 4 + ${i}`);
    const from = inner.let(sum([times("sample", picks), pick]));
    const value = read(inner, sum([times(from, width), "place"]));
    inner.add(`total += ${value};`);
    body.add(`if (four.${lane} == row) {\n${inner.text()}\n}`);
  });
  block.add(`for (var slot = 0; slot < ${held / 4}; slot++) {
let four = indices[slot];
if (any(four == vec4<i32>(row))) {
${body.text()}
}
}`);
}

/**
 * Adds the kernel of the op `scatterRows`.
 *
 * @param y Shape `[B, M, …]`.
 * @param index Shape `[B, M]`, of whole numbers.
 * @param target Shape `[B, rows, …]`.
 */
export function scatterKernels(
  lowering: Lowering,
  y: Operand,
  index: Operand,
  target: Target,
): void {
  const extents = extentsOf(y, target);
  const { batch, picks, rows, width, lanes, groups } = extents;
  const columns = width / lanes;
  const held = Math.min(MOST_INDICES, 4 * Math.max(1, Math.ceil(picks / 4)));
  const writer = lowering.writer();
  const block = writer.block();
  // Surplus workgroups repeat the last sample: barriers must be reached by all.
  block.add(
    `let sample = min(${quotient("workgroupIndex", groups)}, ${batch - 1});
let number = ${
      sum([times(remainder("workgroupIndex", groups), WORKGROUP), "local"])
    };
let row = ${quotient("number", columns)};
let place = ${times(remainder("number", columns), lanes)};
var total = ${typeOf(lanes)}();`,
  );
  const chunk = block.inner();
  addIndices(writer, chunk, index, picks, held);
  chunk.add("workgroupBarrier();");
  addMatches(writer, chunk, y, extents, held);
  block.add(
    picks <= held
      ? `{\nlet start = 0;\n${chunk.text()}\n}`
      : `for (var start = 0; start < ${picks}; start += ${held}) {\n${chunk.text()}\nworkgroupBarrier();\n}`,
  );
  const store = block.inner();
  const flat = store.let(
    sum([times(sum([times("sample", rows), "row"]), width), "place"]),
  );
  putBy(target.open(writer), lanes)(store, { flat }, "total");
  block.add(`if (row < ${rows} && workgroupIndex < ${batch * groups}) {
${store.text()}
}`);
  lowering.call(writer.finish({
    name: `scatterRows ${batch}×${picks}×${width} to ${rows}${target.label}`,
    workgroupSize: [WORKGROUP, 1, 1],
    workgroups: flatWorkgroups(batch * groups),
    declarations: `var<workgroup> indices : array<vec4<i32>, ${held / 4}>;`,
    body: block.text(),
  }));
}
