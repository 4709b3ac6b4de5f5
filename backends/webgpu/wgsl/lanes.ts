/** Numbers by ones and by fours. */
import type { Block } from "./block.ts";
import type { KernelWriter, Lanes } from "./kernel_writer.ts";
import type { Operand, Sink, Source, Target } from "./operand.ts";

/** Names of the numbers of a group of four. */
export const LANES = [..."xyzw"] as const;

/** Type of WGSL of so many numbers. */
export const typeOf = (lanes: Lanes): string =>
  lanes === 4 ? "vec4<f32>" : "f32";

/** A group of four, made of its numbers. */
export const four = (numbers: readonly string[]): string =>
  `vec4<f32>(${numbers.join(", ")})`;

/** The way to read so many numbers at once. */
export const readBy = (source: Source, lanes: Lanes): Source["at"] =>
  lanes === 4 ? source.at4 : source.at;

/** The way to write so many numbers at once. */
export const putBy = (sink: Sink, lanes: Lanes): Sink["put"] =>
  lanes === 4 ? sink.put4 : sink.put;

/** Numbers that are read and written at once. */
export function lanesOf(
  operands: readonly Operand[],
  targets: readonly Target[],
): Lanes {
  const isVector = [...operands, ...targets].every(({ vector }) => vector);
  return isVector || targets.some(({ onlyVector }) => onlyVector) ? 4 : 1;
}

/** Reads numbers at a row-major position that is an expression. */
export type Reader = (block: Block, flat: string) => string;

/** Reads by ones or by fours; fours that do not lie together are read one by one. */
export function readerOf(
  writer: KernelWriter,
  operand: Operand,
  lanes: Lanes,
): Reader {
  const source = operand.open(writer);
  return (block, flat) => {
    const start = block.let(flat);
    if (lanes === 1 || operand.vector) {
      return block.let(readBy(source, lanes)(block, { flat: start }));
    }
    const numbers = LANES.map((_, lane) => {
      const place = lane === 0 ? start : block.let(`${start} + ${lane}`);
      return block.let(source.at(block, { flat: place }));
    });
    return block.let(four(numbers));
  };
}
