/** Kernels on rows: reductions over the last axis, then a map. */
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
import { sum, times } from "../wgsl/position.ts";
import { type Join, joined, teamJoined } from "./teams.ts";

/** A number of each row. Texts hold for single numbers and for groups of four. */
export interface Reduction {
  /** Name, for later expressions. */
  readonly name: string;
  /** Operation that joins terms. */
  readonly by: Join;
  /** WGSL of a term, made of the inputs at one position. */
  readonly term: (inputs: readonly string[]) => string;
  /** WGSL made of the reduced value; the value itself by default. */
  readonly then?: (reduced: string) => string;
}

/** A computation on each row. */
export interface RowFormula {
  /** Name of the op. */
  readonly name: string;
  /** In order, for rows of a width; later ones may name earlier ones. */
  readonly reductions: (width: number) => readonly Reduction[];
  /** WGSL of the result, made of the inputs at one position. */
  readonly value: (inputs: readonly string[]) => string;
}

/** Invocations of a workgroup. */
const WORKGROUP = 64;

/** From this width on a row is shared by a workgroup. */
const WIDE = 48;

/** Most values of a row that an invocation keeps after one read. */
const MOST_HELD = 16;

const START = { sum: "0.0", max: "-3.4e38" } as const;

/** One number of the numbers in a named group. */
const acrossLanes = (by: Join, value: string, lanes: Lanes): string =>
  lanes === 1 ? value : joined(by, LANES.map((lane) => `${value}.${lane}`));

/** Adds statements for each part of a row that an invocation has; `at` is a name. */
type Each = (
  block: Block,
  body: (block: Block, at: string, inputs: readonly string[]) => void,
) => void;

/** Extents of the work on rows. */
interface Layout {
  readonly width: number;
  readonly lanes: Lanes;
  /** Invocations that share a row. */
  readonly team: number;
}

/** Parts that are read once and kept, without loops. */
function heldParts(
  writer: KernelWriter,
  block: Block,
  { width, lanes, team }: Layout,
  read: (block: Block, at: string) => readonly string[],
): Each {
  const step = team * lanes;
  const own = team === 1 ? "0" : block.let(times("local", lanes));
  const parts = Array.from({ length: Math.ceil(width / step) }, (_, part) => {
    const at = block.let(sum([own, `${part * step}`]));
    if ((part + 1) * step <= width) {
      return { at, inputs: read(block, at), isWhole: true };
    }
    const inner = block.inner();
    const inputs = read(inner, at).map((input) => {
      const held = writer.name("held");
      block.add(`var ${held} : ${typeOf(lanes)};`);
      inner.add(`${held} = ${input};`);
      return held;
    });
    block.add(`if (${at} < ${width}) {\n${inner.text()}\n}`);
    return { at, inputs, isWhole: false };
  });
  return (block, body) =>
    parts.forEach(({ at, inputs, isWhole }) => {
      if (isWhole) return body(block, at, inputs);
      const inner = block.inner();
      body(inner, at, inputs);
      block.add(`if (${at} < ${width}) {\n${inner.text()}\n}`);
    });
}

/** Parts that are read in every loop anew. */
const loopedParts = (
  writer: KernelWriter,
  { width, lanes, team }: Layout,
  read: (block: Block, at: string) => readonly string[],
): Each =>
(block, body) => {
  const at = writer.name("at");
  const inner = block.inner();
  body(inner, at, read(inner, at));
  const start = team === 1 ? "0" : times("local", lanes);
  const step = team * lanes;
  block.add(
    `for (var ${at} = ${start}; ${at} < ${width}; ${at} += ${step}) {\n${inner.text()}\n}`,
  );
};

/** Adds statements that name a reduced number. */
function reduce(
  writer: KernelWriter,
  block: Block,
  { lanes, team }: Layout,
  each: Each,
  { name, by, term, then = (reduced) => reduced }: Reduction,
): void {
  const all = writer.name("all");
  block.add(`var ${all} = ${typeOf(lanes)}(${START[by]});`);
  each(
    block,
    (inner, _, inputs) =>
      inner.add(`${all} = ${joined(by, [all, term(inputs)])};`),
  );
  const own = acrossLanes(by, all, lanes);
  const members = {
    ...{ workgroup: WORKGROUP, size: team, member: "local", first: "0" },
  };
  const whole = team === 1
    ? own
    : teamJoined(writer, block, members, by, "f32", own);
  block.add(`let ${name} = ${then(`(${whole})`)};`);
}

/** Values of a row that an invocation reads from all inputs. */
const valuesOf = ({ width, lanes, team }: Layout, inputs: number): number =>
  Math.ceil(width / (team * lanes)) * inputs;

/** True if the kernel of a formula of so many inputs reads each number of a tensor by fours and once. */
export function readsOnce(width: number, inputs: number): boolean {
  const team = width >= WIDE ? WORKGROUP : 1;
  return width % 4 === 0 &&
    valuesOf({ width, lanes: 4, team }, inputs) <= MOST_HELD;
}

/**
 * Adds the kernel that applies a formula to every row of the target `[…, D]`.
 *
 * @param inputs Of the target's shape, or `[D]` for the same numbers in every row.
 */
export function rowKernel(
  lowering: Lowering,
  formula: RowFormula,
  inputs: readonly Operand[],
  target: Target,
): void {
  const width = target.shape.at(-1) ?? 1;
  const rows = sizeOf(target.shape) / width;
  const isWide = width >= WIDE;
  const lanes = lanesOf(inputs, [target]);
  const layout = { width, lanes, team: isWide ? WORKGROUP : 1 };
  const writer = lowering.writer();
  const readers = inputs.map((input) => readerOf(writer, input, lanes));
  const sink = target.open(writer);
  const block = writer.block();
  const row = block.let(
    isWide
      ? `min(workgroupIndex, ${rows - 1})`
      : `workgroupIndex * ${WORKGROUP} + local`,
  );
  const steps = isWide ? block : block.inner();
  const start = steps.let(times(row, width));
  const read = (inner: Block, at: string): readonly string[] =>
    readers.map((reader, i) =>
      reader(
        inner,
        sizeOf(inputs[i]!.shape) === width ? at : sum([start, at]),
      )
    );
  const each = valuesOf(layout, inputs.length) <= MOST_HELD
    ? heldParts(writer, steps, layout, read)
    : loopedParts(writer, layout, read);
  for (const reduction of formula.reductions(width)) {
    reduce(writer, steps, layout, each, reduction);
  }
  // Surplus workgroups repeat the last row up to here: barriers must be reached by all.
  const last = isWide ? steps.inner() : steps;
  each(last, (inner, at, numbers) => {
    const flat = inner.let(sum([start, at]));
    const value = inner.let(formula.value(numbers));
    putBy(sink, lanes)(inner, { flat }, value);
  });
  block.add(
    `if (${isWide ? "workgroupIndex" : row} < ${rows}) {\n${last.text()}\n}`,
  );
  lowering.call(writer.finish({
    name: `${formula.name} ${rows}×${width}${target.label}`,
    workgroupSize: [WORKGROUP, 1, 1],
    workgroups: flatWorkgroups(isWide ? rows : Math.ceil(rows / WORKGROUP)),
    body: block.text(),
  }));
}
