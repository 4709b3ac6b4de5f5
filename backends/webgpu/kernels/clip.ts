/** The factor of clipped gradients. */
import { CLIP_EPSILON, sizeOf } from "../../../core/mod.ts";
import type { Lowering } from "../wgsl/lowering.ts";
import type { Operand, Target } from "../wgsl/operand.ts";
import { literal } from "../wgsl/literal.ts";
import { teamJoined } from "./teams.ts";

const WORKGROUP = 64;

/**
 * Adds the kernel of `min(1, maxNorm / (√Σ squares + 10⁻⁶))`.
 *
 * @param squares Shape `[n]`, at least 0.
 * @param target One number.
 */
export function clipKernel(
  lowering: Lowering,
  maxNorm: number,
  squares: Operand,
  target: Target,
): void {
  const writer = lowering.writer();
  const [source, sink] = [squares.open(writer), target.open(writer)];
  const block = writer.block();
  const count = sizeOf(squares.shape);
  const loop = (statement: (root: string) => string): void => {
    const inner = block.inner();
    const root = inner.let(`sqrt(${source.at(inner, { flat: "at" })})`);
    inner.add(statement(root));
    block.add(
      `for (var at = local; at < ${count}; at += ${WORKGROUP}) {\n${inner.text()}\n}`,
    );
  };
  const team = {
    ...{ workgroup: WORKGROUP, size: WORKGROUP, member: "local", first: "0" },
  };
  // By the largest: the sum of all squares may leave the range of float32.
  block.add("var top = 1.0;");
  loop((root) => `top = max(top, ${root});`);
  const top = teamJoined(writer, block, team, "max", "f32", "top");
  block.add("var own = 0.0;");
  loop((root) => `own += (${root} / ${top}) * (${root} / ${top});`);
  const sum = teamJoined(writer, block, team, "sum", "f32", "own");
  const last = block.inner();
  const length = `${top} * sqrt(${sum}) + ${literal(CLIP_EPSILON)}`;
  sink.put(
    last,
    { flat: "0" },
    last.let(`min(1.0, ${literal(maxNorm)} / (${length}))`),
  );
  block.add(`if (local == 0) {\n${last.text()}\n}`);
  lowering.call(writer.finish({
    name: `clipFactor ${count}${target.label}`,
    workgroupSize: [WORKGROUP, 1, 1],
    workgroups: [1, 1, 1],
    body: block.text(),
  }));
}
