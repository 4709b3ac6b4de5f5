/** Operands that lie one behind the other. */
import type { DType, Shape } from "../../../../core/mod.ts";
import type { Block } from "../../wgsl/block.ts";
import type { Operand, Source } from "../../wgsl/operand.ts";
import {
  operand as bracketed,
  type Position,
  sum,
} from "../../wgsl/position.ts";
import { startsOf } from "../../wgsl/starts.ts";
import { byOnes, hasFours, indicesIn } from "./views.ts";

const TYPES: Readonly<Record<DType, string>> = { float32: "f32", int32: "i32" };

/** Operands one behind the other along an axis; a number is a stretch of so many zeros. */
export function concatenated(
  parts: readonly (Operand | number)[],
  shape: Shape,
  axis: number,
  dtype: DType = "float32",
): Operand {
  const extents = parts.map((part) =>
    typeof part === "number" ? part : part.shape[axis] ?? 1
  );
  const starts = startsOf(extents).slice(0, -1);
  const isLast = axis === shape.length - 1;
  const vector = hasFours(shape) &&
    parts.every((part, i) =>
      (typeof part === "number" || part.vector) &&
      (!isLast || (starts[i]! % 4 === 0 && extents[i]! % 4 === 0))
    );
  return {
    shape,
    vector,
    open: (writer) => {
      const sources = parts.map((part) =>
        typeof part === "number" ? null : part.open(writer)
      );
      const read = (
        block: Block,
        position: Position,
        type: string,
        from: (source: Source, block: Block, position: Position) => string,
      ): string => {
        const indices = indicesIn(block, shape, position);
        const index = block.let(indices[axis] ?? "0");
        const shifted = (i: number): Position => ({
          at: indices.map((other, k) =>
            k === axis ? sum([index, `${-starts[i]!}`]) : other
          ),
        });
        if (/^\d+$/.test(index)) {
          const i = starts.findLastIndex((start) => start <= Number(index));
          const source = sources[i];
          const at = indices.with(axis, `${Number(index) - starts[i]!}`);
          return source ? from(source, block, { at }) : `${type}()`;
        }
        const result = writer.name("part");
        block.add(`var ${result} = ${type}();`);
        const branches = sources.flatMap((source, i) => {
          if (source === null || extents[i] === 0) return [];
          const inner = block.inner();
          inner.add(`${result} = ${from(source, inner, shifted(i))};`);
          const [from0, to] = [starts[i]!, starts[i]! + extents[i]!];
          const test = [
            ...from0 > 0 ? [`${bracketed(index)} >= ${from0}`] : [],
            ...to < (shape[axis] ?? 1) ? [`${bracketed(index)} < ${to}`] : [],
          ].join(" && ");
          return [`if (${test || "true"}) {\n${inner.text()}\n}`];
        });
        block.add(branches.join(" else "));
        return result;
      };
      const at: Source["at"] = (block, position) =>
        read(
          block,
          position,
          TYPES[dtype],
          (source, inner, there) => source.at(inner, there),
        );
      return {
        at,
        at4: vector
          ? (block, position) =>
            read(
              block,
              position,
              "vec4<f32>",
              (source, inner, there) => source.at4(inner, there),
            )
          : byOnes(at),
      };
    },
  };
}
