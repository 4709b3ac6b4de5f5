/** Gradients of layer normalisation, all by one kernel that reads its inputs once. */
import { sizeOf } from "../../../core/mod.ts";
import type { ValueId } from "../wgsl/command_list.ts";
import type { Block } from "../wgsl/block.ts";
import {
  flatWorkgroups,
  type KernelWriter,
  type Lanes,
} from "../wgsl/kernel_writer.ts";
import type { Lowering } from "../wgsl/lowering.ts";
import { lanesOf, putBy, readerOf, typeOf } from "../wgsl/lanes.ts";
import { literal } from "../wgsl/literal.ts";
import type { Operand, Target } from "../wgsl/operand.ts";
import { sum, times } from "../wgsl/position.ts";
import { tensorTarget } from "../wgsl/tensor.ts";
import { sumKernels } from "./columns.ts";
import { teamJoined } from "./teams.ts";

/** What the gradients are made of. */
export interface LayerNormInputs {
  /** Gradient of the result, `[…, D]`. */
  readonly dy: Operand;
  /** Input of the normalisation, `[…, D]`. */
  readonly x: Operand;
  /** Gain `[D]`, for the gradient with respect to the input. */
  readonly gain?: Operand;
}

/** Wanted gradients. */
export interface LayerNormGradients {
  /** With respect to the input, `[…, D]`. */
  readonly dx?: Target;
  /** With respect to the gain, `[D]`. */
  readonly gain?: Target;
  /** With respect to the bias, `[D]`. */
  readonly bias?: Target;
}

/** Most workgroups that sum columns over rows, each with a plane of partial sums. */
const MOST_STRETCHES = 128;

/** Most invocations of a workgroup. */
const WORKGROUP = 256;

/** Division of rows among invocations. */
interface Layout {
  readonly rows: number;
  readonly width: number;
  readonly lanes: Lanes;
  /** Invocations that share a row. */
  readonly team: number;
  /** Rows that a workgroup works on at once. */
  readonly teams: number;
  readonly workgroups: number;
}

function layoutOf(
  shape: readonly number[],
  lanes: Lanes,
  invocations: number,
  hasColumns: boolean,
): Layout {
  const width = shape.at(-1) ?? 1;
  const rows = sizeOf(shape) / width;
  const most = Math.min(WORKGROUP, invocations);
  const wanted = width / (lanes === 4 ? 16 : 12);
  const team = Math.min(most, Math.max(64, 2 ** Math.ceil(Math.log2(wanted))));
  const teams = most / team;
  const needed = Math.ceil(rows / teams);
  const workgroups = hasColumns ? Math.min(needed, MOST_STRETCHES) : needed;
  return { rows, width, lanes, team, teams, workgroups };
}

/** Names of what an invocation has of its columns. */
interface Part {
  /** Position of the columns in a row. */
  readonly at: string;
  /** WGSL of whether the columns exist, or `null` if all invocations have some. */
  readonly exists: string | null;
  readonly gain: string;
  /** Sums over rows. */
  readonly gainSum: string;
  readonly biasSum: string;
}

/** Adds a value that is zero where columns do not exist. */
function masked(
  writer: KernelWriter,
  block: Block,
  { exists, type }: { exists: string | null; type: string },
  read: (block: Block) => string,
): string {
  if (exists === null) return block.let(read(block));
  const name = writer.name("m");
  const inner = block.inner();
  inner.add(`${name} = ${read(inner)};`);
  block.add(`var ${name} : ${type};\nif (${exists}) {\n${inner.text()}\n}`);
  return name;
}

/** One number of the sum of terms. */
const total = (terms: readonly string[], lanes: Lanes): string =>
  lanes === 1 ? terms.join(" + ") : `dot(${terms.join(" + ")}, vec4<f32>(1.0))`;

/** The kernel under construction. */
interface Work {
  readonly writer: KernelWriter;
  readonly layout: Layout;
  readonly epsilon: number;
  readonly inputs: LayerNormInputs;
  readonly gradients: LayerNormGradients;
}

/** Adds the columns of an invocation: their gain, and sums that begin at zero. */
function partsOf(
  { writer, layout, inputs, gradients }: Work,
  block: Block,
): readonly Part[] {
  const { width, lanes, team } = layout;
  const type = typeOf(lanes);
  const step = team * lanes;
  const { gain: gains } = inputs;
  const read = gradients.dx && gains ? readerOf(writer, gains, lanes) : null;
  return Array.from({ length: Math.ceil(width / step) }, (_, i) => {
    const at = block.let(sum([times("localX", lanes), `${i * step}`]));
    const exists = (i + 1) * step <= width
      ? null
      : block.let(`${at} < ${width}`);
    const gain = read
      ? masked(writer, block, { exists, type }, (inner) => read(inner, at))
      : "0.0";
    const [gainSum, biasSum] = [writer.name("sum"), writer.name("sum")];
    if (gradients.gain) block.add(`var ${gainSum} : ${type};`);
    if (gradients.bias) block.add(`var ${biasSum} : ${type};`);
    return { at, exists, gain, gainSum, biasSum };
  });
}

/** Adds the work of a team on one row: its part of `dx`, and of the sums. */
function addRow(
  { writer, layout, epsilon, inputs, gradients }: Work,
  block: Block,
  parts: readonly Part[],
  turn: string,
): void {
  const { rows, width, lanes, team, teams, workgroups } = layout;
  const type = typeOf(lanes);
  const [readX, readDy] = [
    readerOf(writer, inputs.x, lanes),
    readerOf(writer, inputs.dy, lanes),
  ];
  const sink = gradients.dx?.open(writer);
  const row = block.let(
    `(${turn} * ${workgroups} + workgroupIndex) * ${teams} + localY`,
  );
  const start = block.let(`min(${row}, ${rows - 1}) * ${width}`);
  const members = {
    ...{ workgroup: team * teams, size: team, member: "localX" },
    first: block.let(`localY * ${team}`),
  };
  const join = (x: string, y: string): string =>
    teamJoined(
      ...[writer, block, members, "sum", "vec2<f32>"] as const,
      `vec2<f32>(${x}, ${y})`,
    );
  const read = parts.map(({ at, exists, gain }) => {
    const load = (reader: typeof readX): string =>
      masked(
        ...[writer, block, { exists, type }] as const,
        (inner) => reader(inner, sum([start, at])),
      );
    const [x, dy] = [load(readX), load(readDy)];
    return { x, dy, scaled: sink ? block.let(`${dy} * ${gain}`) : dy };
  });
  const sums = (terms: readonly string[]): string =>
    sink ? total(terms, lanes) : "0.0";
  const first = join(
    total(read.map(({ x }) => x), lanes),
    sums(read.map(({ scaled }) => scaled)),
  );
  const mean = block.let(`${first}.x / ${width}.0`);
  const centred = read.map(({ x }, i) =>
    masked(
      ...[writer, block, { exists: parts[i]!.exists, type }] as const,
      () => `${x} - ${mean}`,
    )
  );
  const second = join(
    total(centred.map((c) => `${c} * ${c}`), lanes),
    sums(read.map(({ scaled }, i) => `${scaled} * ${centred[i]}`)),
  );
  const variance = `${second}.x / ${width}.0`;
  const rstd = block.let(`1.0 / sqrt(${variance} + ${literal(epsilon)})`);
  const slope = block.let(`${second}.y * ${rstd} / ${width}.0`);
  const offset = block.let(`${first}.y / ${width}.0`);
  const last = block.inner();
  parts.forEach(({ at, exists, gainSum, biasSum }, i) => {
    const { dy, scaled } = read[i]!;
    const inner = last.inner();
    const xhat = inner.let(`${centred[i]} * ${rstd}`);
    if (gradients.gain) inner.add(`${gainSum} += ${dy} * ${xhat};`);
    if (gradients.bias) inner.add(`${biasSum} += ${dy};`);
    if (sink) {
      const flat = inner.let(sum([start, at]));
      const value = inner.let(
        `${rstd} * (${scaled} - ${offset} - ${xhat} * ${slope})`,
      );
      putBy(sink, lanes)(inner, { flat }, value);
    }
    last.add(
      `${exists === null ? "" : `if (${exists}) `}{\n${inner.text()}\n}`,
    );
  });
  block.add(`if (${row} < ${rows}) {\n${last.text()}\n}`);
}

/** Adds statements that join sums over the teams and write them to a plane. */
function addPlane(
  { writer, layout }: Work,
  block: Block,
  plane: Target,
  parts: readonly Part[],
  own: (part: Part) => string,
): void {
  const { width, lanes, team, teams } = layout;
  const sink = plane.open(writer);
  const shared = "columnSums";
  writer.declare(
    `var<workgroup> ${shared} : array<${typeOf(lanes)}, ${team * teams}>;`,
  );
  const terms = Array.from(
    { length: teams },
    (_, k) => `${shared}[${sum(["local", `${k * team}`])}]`,
  );
  for (const part of parts) {
    const last = block.inner();
    const flat = last.let(sum([times("workgroupIndex", width), part.at]));
    const value = last.let(terms.join(" + "));
    putBy(sink, lanes)(last, { flat }, value);
    const isWriter = ["localY == 0", ...part.exists ? [part.exists] : []];
    block.add(`workgroupBarrier();
${shared}[local] = ${own(part)};
workgroupBarrier();
if (${isWriter.join(" && ")}) {\n${last.text()}\n}`);
  }
}

/**
 * Adds one kernel for all wanted gradients. Those of gain and bias are partial sums over
 * stretches of rows, which `addUp` joins.
 */
export function layerNormGradKernels(
  lowering: Lowering,
  epsilon: number,
  inputs: LayerNormInputs,
  gradients: LayerNormGradients,
): void {
  const { dx, gain, bias } = gradients;
  if (!dx && !gain) {
    if (bias) sumKernels(lowering, inputs.dy, bias);
    return;
  }
  const { dy, x } = inputs;
  const lanes = lanesOf(
    dx && inputs.gain ? [dy, x, inputs.gain] : [dy, x],
    dx ? [dx] : [],
  );
  const { invocations } = lowering.limits;
  const hasColumns = gain !== undefined || bias !== undefined;
  const layout = layoutOf(x.shape, lanes, invocations, hasColumns);
  const { rows, width, workgroups, team, teams } = layout;
  const planeOf = (wanted?: Target): ValueId | null =>
    wanted ? lowering.scratch([workgroups, width]) : null;
  const [gainPlanes, biasPlanes] = [planeOf(gain), planeOf(bias)];
  const writer = lowering.writer();
  const work: Work = { writer, layout, epsilon, inputs, gradients };
  const block = writer.block();
  const parts = partsOf(work, block);
  const turn = writer.name("turn");
  const body = block.inner();
  addRow(work, body, parts, turn);
  const turns = Math.ceil(rows / (workgroups * teams));
  block.add(
    `for (var ${turn} = 0; ${turn} < ${turns}; ${turn}++) {\n${body.text()}\n}`,
  );
  const sums = [
    { planes: gainPlanes, target: gain, own: (part: Part) => part.gainSum },
    { planes: biasPlanes, target: bias, own: (part: Part) => part.biasSum },
  ];
  for (const { planes, own } of sums) {
    if (planes === null) continue;
    addPlane(work, block, tensorTarget(lowering.values, planes), parts, own);
  }
  lowering.call(writer.finish({
    name: `layerNormGrad ${rows}×${width}${dx?.label ?? ""}`,
    workgroupSize: [team, teams, 1],
    workgroups: flatWorkgroups(workgroups),
    body: block.text(),
  }));
  for (const { planes, target } of sums) {
    if (planes === null || !target) continue;
    lowering.addUp({ planes, count: workgroups, target });
  }
}
