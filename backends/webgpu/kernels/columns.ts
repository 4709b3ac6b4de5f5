/** Sums over axes: of columns, of rows, of everything, and of planes of partial sums. */
import { sizeOf } from "../../../core/mod.ts";
import type { Kernel } from "../wgsl/command_list.ts";
import type { Block } from "../wgsl/block.ts";
import {
  flatWorkgroups,
  type KernelWriter,
  type Lanes,
  MANY_WORKGROUPS,
  MOST_WORKGROUPS,
} from "../wgsl/kernel_writer.ts";
import type { Lowering, Partials } from "../wgsl/lowering.ts";
import {
  four,
  LANES,
  putBy,
  type Reader,
  readerOf,
  typeOf,
} from "../wgsl/lanes.ts";
import type { Operand, Target } from "../wgsl/operand.ts";
import { indicesOf, sum, times } from "../wgsl/position.ts";
import { tensorOperand, tensorTarget } from "../wgsl/tensor.ts";
import { addedByHalves } from "./teams.ts";
import { type Axis, type Extents, extentsOf } from "./sum_extents.ts";

/** A sum as it is divided among invocations. */
interface Division {
  /** Results that an invocation adds up at once. */
  readonly lanes: Lanes;
  /** Terms of one result that an invocation reads at once. */
  readonly termLanes: Lanes;
  /** Invocations of a workgroup: for different results, and for the same. */
  readonly across: number;
  readonly team: number;
  /** Terms that each invocation reads one after the other. */
  readonly turns: number;
  /** Parts of the sum that are done by different workgroups. */
  readonly stretches: number;
}

/** Invocations of a workgroup. */
const WORKGROUP = 256;

/** A part of a sum that is worth a workgroup: turns of each invocation. */
const FEW_TURNS = 16;

/** Most turns of an invocation. */
const MOST_TURNS = 8_192;

/** Terms that are read at once into sums of their own. */
const UNROLLED = 4;

const powerFrom = (count: number): number =>
  2 ** Math.ceil(Math.log2(Math.max(1, count)));

/** Divides a sum; `mayStretch` allows several workgroups for one result. */
function divisionOf(
  { results, terms, isLastKept }: Extents,
  source: Operand,
  target: Target,
  invocations: number,
  mayStretch: boolean,
): Division {
  const isVector = source.vector && isLastKept && target.vector;
  const lanes: Lanes = isVector || target.onlyVector ? 4 : 1;
  const termLanes: Lanes = source.vector && !isLastKept && lanes === 1 ? 4 : 1;
  const [columns, reads] = [results / lanes, terms / termLanes];
  const workgroup = Math.min(WORKGROUP, invocations);
  // Neighbours read neighbouring numbers: other results, or other terms of the same.
  const most = isLastKept || reads < 48 ? 64 : 1;
  const across = Math.min(most, powerFrom(columns));
  const team = Math.min(workgroup / across, powerFrom(reads / 4));
  const all = Math.max(1, Math.ceil(reads / team));
  const free = Math.floor(MANY_WORKGROUPS / Math.ceil(columns / across));
  const stretches = mayStretch
    ? Math.max(
      Math.min(Math.floor(all / FEW_TURNS), free),
      Math.ceil(all / MOST_TURNS),
    )
    : 1;
  const turns = Math.ceil(all / Math.max(1, stretches));
  return {
    ...{ lanes, termLanes, across, team, turns },
    stretches: Math.ceil(all / turns),
  };
}

/** Position in the source of a number along axes. */
const offsetOf = (axes: readonly Axis[], flat: string): string =>
  sum(
    indicesOf(axes.map(({ extent }) => extent), { flat })
      .map((index, i) => times(index, axes[i]!.stride)),
  );

/** Reads the terms of a column, or of four, that are `flat` terms behind the first. */
function termsOf(
  writer: KernelWriter,
  source: Operand,
  { kept, summed, isLastKept }: Extents,
  { lanes, termLanes }: Division,
): (block: Block, column: string) => Reader {
  if (lanes === 4 && !isLastKept) {
    const read = readerOf(writer, source, 1);
    return (outer, column) => {
      const starts = LANES.map((_, lane) =>
        outer.let(offsetOf(kept, outer.let(sum([column, `${lane}`]))))
      );
      return (block, flat) => {
        const offset = block.let(offsetOf(summed, flat));
        const numbers = starts.map((start) =>
          read(block, sum([start, offset]))
        );
        return four(numbers);
      };
    };
  }
  const read = readerOf(writer, source, lanes === 4 ? 4 : termLanes);
  return (outer, column) => {
    const start = outer.let(offsetOf(kept, column));
    return (block, flat) => read(block, sum([start, offsetOf(summed, flat)]));
  };
}

/** Adds the loop of one invocation; gives the sum of its terms. */
function ownSum(
  writer: KernelWriter,
  block: Block,
  { terms }: Extents,
  { lanes, termLanes, team, turns, stretches }: Division,
  stretch: string,
  read: Reader,
): string {
  const unrolled = Math.min(UNROLLED, turns);
  const type = typeOf(lanes === 4 ? 4 : termLanes);
  const sums = Array.from({ length: unrolled }, () => writer.name("sum"));
  sums.forEach((name) => block.add(`var ${name} : ${type};`));
  const loops = Math.ceil(turns / unrolled);
  const isExact = stretches * turns * team * termLanes === terms &&
    turns % unrolled === 0;
  const turn = writer.name("turn");
  const body = block.inner();
  const first = body.let(
    sum([times(stretch, turns * team), times(turn, unrolled * team), "localY"]),
  );
  sums.forEach((name, k) => {
    const inner = body.inner();
    const term = body.let(sum([first, `${k * team}`]));
    const flat = inner.let(times(term, termLanes));
    inner.add(`${name} += ${read(inner, flat)};`);
    const isInside = [
      `${term} < ${Math.ceil(terms / termLanes)}`,
      ...turns % unrolled === 0
        ? []
        : [`${turn} * ${unrolled} + ${k} < ${turns}`],
    ].join(" && ");
    body.add(
      isExact ? inner.text() : `if (${isInside}) {\n${inner.text()}\n}`,
    );
  });
  block.add(
    `for (var ${turn} = 0; ${turn} < ${loops}; ${turn}++) {\n${body.text()}\n}`,
  );
  const whole = block.let(sums.join(" + "));
  return lanes === 1 && termLanes === 4
    ? block.let(`${whole}.x + ${whole}.y + ${whole}.z + ${whole}.w`)
    : whole;
}

/** Adds statements that join the sums of a team; the result is that of member 0. */
function joinTeam(
  writer: KernelWriter,
  block: Block,
  { lanes, across, team }: Division,
  own: string,
): string {
  if (team === 1) return own;
  const shared = writer.name("shared");
  writer.declare(
    `var<workgroup> ${shared} : array<${typeOf(lanes)}, ${across * team}>;`,
  );
  block.add(`${shared}[local] = ${own};
${addedByHalves(shared, "localY", team, across)}`);
  return `${shared}[local]`;
}

/** The kernel of a sum that is divided; the target has a plane for each stretch. */
function sumKernel(
  lowering: Lowering,
  source: Operand,
  target: Target,
  extents: Extents,
  division: Division,
): Kernel {
  const { lanes, across, team, stretches } = division;
  const writer = lowering.writer();
  const terms = termsOf(writer, source, extents, division);
  const sink = target.open(writer);
  const block = writer.block();
  const columns = extents.results / lanes;
  const groups = Math.ceil(columns / across);
  const stretch = stretches === 1
    ? "0"
    : block.let(`workgroupIndex / ${groups}`);
  const group = stretches === 1
    ? "workgroupIndex"
    : groups === 1
    ? "0"
    : block.let(`workgroupIndex % ${groups}`);
  const column = block.let(
    sum([times(group, across), across === 1 ? "0" : "localX"]),
  );
  // Surplus invocations repeat the last column: barriers must be reached by all.
  const place = block.let(
    columns % across === 0 && groups * stretches <= MOST_WORKGROUPS
      ? times(column, lanes)
      : times(`min(${column}, ${columns - 1})`, lanes),
  );
  const own = ownSum(
    ...[writer, block, extents, division] as const,
    stretch,
    terms(block, place),
  );
  const whole = joinTeam(writer, block, division, own);
  const last = block.inner();
  const flat = last.let(sum([times(stretch, extents.results), place]));
  const value = last.let(whole);
  putBy(sink, lanes)(last, { flat }, value);
  const isInside = `${column} < ${columns} && workgroupIndex < ${
    groups * stretches
  } && localY == 0`;
  block.add(`if (${isInside}) {\n${last.text()}\n}`);
  return writer.finish({
    name: `sum ${source.shape.join("×")} → ${extents.results}${
      stretches === 1 ? "" : ` in ${stretches} parts`
    }${target.label}`,
    workgroupSize: [across, team, 1],
    workgroups: flatWorkgroups(groups * stretches),
    body: block.text(),
  });
}

/**
 * Adds kernels that sum the source to the shape of the target, as the op `sumTo`. A
 * long sum of few results is done in stretches, which `addUp` joins.
 */
export function sumKernels(
  lowering: Lowering,
  source: Operand,
  target: Target,
): void {
  const extents = extentsOf(source.shape, target.shape);
  const { invocations } = lowering.limits;
  const division = divisionOf(extents, source, target, invocations, true);
  const { stretches } = division;
  if (stretches === 1) {
    return lowering.call(
      sumKernel(lowering, source, target, extents, division),
    );
  }
  const planes = lowering.scratch([stretches, ...target.shape]);
  const stored = tensorTarget(lowering.values, planes);
  lowering.call(sumKernel(lowering, source, stored, extents, division));
  lowering.addUp({ planes, count: stretches, target });
}

/** The kernel that adds up the planes of one target, alone. */
export function addUpKernel(
  lowering: Lowering,
  { planes, count, target }: Partials,
): Kernel {
  const results = sizeOf(target.shape);
  const extents: Extents = {
    kept: [{ isKept: true, extent: results, stride: 1 }],
    summed: [{ isKept: false, extent: count, stride: results }],
    ...{ results, terms: count, isLastKept: true },
  };
  const source = tensorOperand(lowering.values, planes);
  const { invocations } = lowering.limits;
  const division = divisionOf(extents, source, target, invocations, false);
  return sumKernel(lowering, source, target, extents, division);
}
