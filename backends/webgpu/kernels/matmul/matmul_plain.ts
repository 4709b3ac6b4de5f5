/** A matrix product with one result for each invocation, for whatever has no better kernel. */
import type { Kernel } from "../../wgsl/command_list.ts";
import type { Block } from "../../wgsl/block.ts";
import { flatWorkgroups, type KernelWriter } from "../../wgsl/kernel_writer.ts";
import { LANES } from "../../wgsl/lanes.ts";
import type { Operand } from "../../wgsl/operand.ts";
import { quotient, remainder, sum, times } from "../../wgsl/position.ts";
import { type MatmulWork, placeOf, under } from "./matmul_parts.ts";
import { invocationsOf } from "./matmul_variants.ts";

/** Reads the terms `k`, `k + 1`, … of one side of a product. */
type Terms = (block: Block, k: string, count: number) => readonly string[];

/** Reader of the terms of a row of `op(a)`, or of a column of `op(b)`. */
function termsOf(
  writer: KernelWriter,
  operand: Operand,
  isLast: boolean,
  [batch, outer]: readonly [string, string],
): Terms {
  const source = operand.open(writer);
  return (block, k, count) => {
    if (isLast && operand.vector && count === 4) {
      const four = block.let(source.at4(block, { at: [batch, outer, k] }));
      return LANES.map((lane) => `${four}.${lane}`);
    }
    return Array.from({ length: count }, (_, c) => {
      const index = block.let(sum([k, c === 0 ? "0" : `${c}`]));
      const at = isLast ? [batch, outer, index] : [batch, index, outer];
      return block.let(source.at(block, { at }));
    });
  };
}

/** Statements that add products of terms. */
function addTerms(
  block: Block,
  [a, b]: readonly [Terms, Terms],
  k: string,
  count: number,
  hasSums: boolean,
): void {
  const [left, right] = [a(block, k, count), b(block, k, count)];
  const products = left.map((term, c) => `${term} * ${right[c]}`);
  block.add(`product += ${products.join(" + ")};`);
  if (hasSums) block.add(`rowSum += ${left.join(" + ")};`);
}

/** The kernel. */
export function plainKernel(writer: KernelWriter, work: MatmulWork): Kernel {
  const { sizes, tile, parts, turns, target, rowSums, name } = work;
  const { m, n, k, transposeA, transposeB } = sizes;
  const body = writer.block();
  const place = placeOf(body, work);
  const column = body.let(
    sum([times(place.column, tile.columns), remainder("local", tile.columns)]),
  );
  const row = body.let(
    sum([times(place.row, tile.rows), quotient("local", tile.columns)]),
  );
  const { batch, part } = place;
  const sides = [
    termsOf(writer, work.a, !transposeA, [batch, row]),
    termsOf(writer, work.b, transposeB, [batch, column]),
  ] as const;
  const sinks = [target.open(writer), rowSums?.open(writer)] as const;
  const hasSums = rowSums !== undefined;
  const whole = k - k % tile.depth;
  const extent = turns * tile.depth;
  const inside = [`${row} < ${m}`, `${column} < ${n}`, ...place.isInside];
  under(body, inside, (block) => {
    block.add("var product = 0.0;\nvar rowSum = 0.0;");
    const first = block.let(times(part, extent));
    const last = block.let(`min(${sum([first, `${extent}`])}, ${whole})`);
    const loop = block.inner();
    addTerms(loop, sides, "term", tile.depth, hasSums);
    block.add(
      `for (var term = ${first}; term < ${last}; term += ${tile.depth}) {\n${loop.text()}\n}`,
    );
    if (whole < k) {
      under(
        block,
        parts === 1 ? [] : [`${part} == ${parts - 1}`],
        (rest) => addTerms(rest, sides, `${whole}`, k - whole, hasSums),
      );
    }
    const planes = parts === 1 ? [] : [part];
    sinks[0].put(block, { at: [...planes, batch, row, column] }, "product");
    if (hasSums) {
      under(
        block,
        [`${column} == 0`],
        (inner) => sinks[1]!.put(inner, { at: [...planes, row] }, "rowSum"),
      );
    }
  });
  return writer.finish({
    name,
    workgroupSize: [invocationsOf(tile), 1, 1],
    workgroups: flatWorkgroups(place.count),
    body: body.text(),
  });
}
