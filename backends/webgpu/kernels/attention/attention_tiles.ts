/**
 * The parts that kernels of attention share: each invocation has one row of an output
 * in its registers, and a workgroup goes through the rows of the other side in tiles in
 * its memory. Registers and rows of tiles are groups of four channels; channels past the
 * width are 0.
 */
import type { Block } from "../../wgsl/block.ts";
import { flatWorkgroups, type KernelWriter } from "../../wgsl/kernel_writer.ts";
import type { KernelLimits, Lowering } from "../../wgsl/lowering.ts";
import { four, LANES } from "../../wgsl/lanes.ts";
import type { Opened, Target } from "../../wgsl/operand.ts";

/** Extents of attention; operands have shape `[batch, heads, tokens, width]`. */
export interface AttentionSizes {
  readonly batch: number;
  readonly heads: number;
  readonly tokens: number;
  /** Channels of a head. */
  readonly width: number;
  /** Factor of the scores. */
  readonly scale: number;
}

/** Division of the work of one kernel. */
export interface Tiling {
  /** Extents of the tensors. */
  readonly sizes: AttentionSizes;
  /** Invocations of a workgroup. */
  readonly lanes: number;
  /** Pairs of sample and head of a workgroup; more than one where all their rows fit in it. */
  readonly slots: number;
  /** Workgroups that share the rows of a pair. */
  readonly rowTiles: number;
  /** Rows of a pair in workgroup memory at once, a multiple of `chunk`. */
  readonly tile: number;
  /** Rows of a tile that are handled together. */
  readonly chunk: number;
  /** Groups of four channels. */
  readonly groups: number;
}

/** Invocations of a workgroup. */
const WORKGROUP = 64;

/** Workgroup memory beyond this would leave room for few workgroups at a time. */
const MOST_BYTES = 32_768;

/** Most rows of a tile: more save few barriers. */
const MOST_TILE = 64;

/** Bytes of one row of two tiles, with two numbers besides. */
const rowBytes = (groups: number): number => 2 * 16 * groups + 8;

/** The division for a device; `chunk` is the wanted number of rows handled together. */
export function tilingOf(
  limits: KernelLimits,
  sizes: AttentionSizes,
  wantedChunk: number,
): Tiling {
  const { batch, heads, tokens, width } = sizes;
  const groups = Math.ceil(width / 4);
  const lanes = Math.min(WORKGROUP, limits.invocations);
  const chunk = Math.min(wantedChunk, tokens);
  const rows = Math.floor(
    Math.min(limits.workgroupBytes, MOST_BYTES) / rowBytes(groups),
  );
  const slots = Math.max(
    1,
    Math.min(
      Math.floor(lanes / tokens),
      Math.floor(rows / chunk),
      batch * heads,
    ),
  );
  const most = Math.min(MOST_TILE, Math.floor(rows / slots));
  const fitting = Math.max(chunk, most - most % chunk);
  const tiles = Math.ceil(tokens / fitting);
  return {
    sizes,
    lanes,
    slots,
    rowTiles: Math.ceil(tokens / lanes),
    tile: Math.ceil(Math.ceil(tokens / tiles) / chunk) * chunk,
    chunk,
    groups,
  };
}

/** Names in `main`: pair and row of the invocation, and whether there is such a row. */
export function addRow(block: Block, tiling: Tiling): void {
  const { sizes: { batch, heads, tokens }, lanes, slots, rowTiles } = tiling;
  const row = slots > 1
    ? `local - slot * ${tokens}`
    : `workgroupIndex % ${rowTiles} * ${lanes} + local`;
  block.add(`let firstPair = workgroupIndex / ${rowTiles} * ${slots};
let slot = ${slots > 1 ? `min(local / ${tokens}, ${slots - 1})` : "0"};
let pair = firstPair + slot;
let row = ${row};
let sample = pair / ${heads};
let head = pair % ${heads};
let isRow = row < ${tokens} && pair < ${batch * heads};
let firstOfSlot = slot * ${tiling.tile};`);
}

const ROW = ["sample", "head", "row"] as const;

/** Names of the registers of a row. */
const registers = (name: string, groups: number): readonly string[] =>
  Array.from({ length: groups }, (_, g) => `${name}Row${g}`);

/** A group of four channels, its number a literal. */
function literalGroup(
  block: Block,
  { source, vector }: Opened,
  at: readonly string[],
  group: number,
  width: number,
): string {
  const channel = 4 * group;
  if (vector) return source.at4(block, { at: [...at, `${channel}`] });
  const numbers = LANES.map((_, lane) =>
    channel + lane < width
      ? source.at(block, { at: [...at, `${channel + lane}`] })
      : "0.0"
  );
  return four(numbers);
}

/** A group of four channels, its number a name. */
function namedGroup(
  block: Block,
  { source, vector }: Opened,
  at: readonly string[],
  group: string,
  width: number,
): string {
  if (vector) return source.at4(block, { at: [...at, `${group} * 4`] });
  const numbers = LANES.map((_, lane) => {
    const channel = `${group} * 4 + ${lane}`;
    if (width % 4 === 0) return source.at(block, { at: [...at, channel] });
    const inside = block.let(`min(${channel}, ${width - 1})`);
    const number = source.at(block, { at: [...at, inside] });
    return `select(0.0, ${number}, ${channel} < ${width})`;
  });
  return four(numbers);
}

/** Reads the invocation's row, times a factor, into registers `nameRow0`, `nameRow1`, …; 0 where there is none. */
export function addRowLoad(
  block: Block,
  { groups, sizes: { width } }: Tiling,
  opened: Opened,
  name: string,
  factor = "1.0",
): void {
  const names = registers(name, groups);
  names.forEach((register) => block.add(`var ${register} = vec4<f32>();`));
  const inside = block.inner();
  names.forEach((register, g) =>
    inside.add(
      `${register} = ${
        literalGroup(inside, opened, ROW, g, width)
      } * ${factor};`,
    )
  );
  block.add(`if (isRow) {\n${inside.text()}\n}`);
}

/** Declares registers `nameRow0`, `nameRow1`, … that begin as 0. */
export function addZeros(block: Block, groups: number, name: string): void {
  registers(name, groups).forEach((register) =>
    block.add(`var ${register} = vec4<f32>();`)
  );
}

/** Writes registers times a factor to the invocation's row; the block is inside of `if (isRow)`. */
export function addRowStore(
  writer: KernelWriter,
  block: Block,
  { groups, sizes: { width } }: Tiling,
  target: Target,
  name: string,
  factor: string,
): void {
  const sink = target.open(writer);
  registers(name, groups).forEach((register, g) => {
    const value = block.let(`${register} * ${factor}`);
    if (target.vector) {
      sink.put4(block, { at: [...ROW, `${4 * g}`] }, value);
      return;
    }
    LANES.forEach((lane, i) => {
      if (4 * g + i >= width) return;
      sink.put(block, { at: [...ROW, `${4 * g + i}`] }, `${value}.${lane}`);
    });
  });
}

/** Declaration of a tile in workgroup memory. */
const tileDeclaration = (
  name: string,
  { slots, tile, groups }: Tiling,
): string =>
  `var<workgroup> ${name} : array<array<vec4<f32>, ${groups}>, ${
    slots * tile
  }>;`;

/** A loop that all invocations share over items of the tile's rows, `perRow` of each. */
export function tileLoop(
  { sizes: { batch, heads, tokens }, lanes, slots, tile }: Tiling,
  perRow: number,
  fill: {
    /** Statements before, for example variables. */
    readonly before: string;
    /** Statements where the row exists. */
    readonly inside: string;
    /** Statements after. */
    readonly after: string;
  },
): string {
  return `for (var item = local; item < ${
    slots * tile * perRow
  }; item += ${lanes}) {
let tileRow = item / ${perRow};
let group = item % ${perRow};
let token = base + tileRow % ${tile};
let tilePair = firstPair + tileRow / ${tile};
let tileSample = tilePair / ${heads};
let tileHead = tilePair % ${heads};
${fill.before}
if (token < ${tokens} && tilePair < ${batch * heads}) {
${fill.inside}
}
${fill.after}
}`;
}

/** Position of a row of a tile inside of `tileLoop`. */
export const TILE_ROW = ["tileSample", "tileHead", "token"] as const;

/** Reads the next rows of operands into tiles; rows past the end are 0. */
export function tileFill(
  writer: KernelWriter,
  tiling: Tiling,
  parts: readonly { readonly name: string; readonly opened: Opened }[],
): string {
  const inside = writer.block();
  parts.forEach(({ name, opened }) => {
    const { width } = tiling.sizes;
    const value = namedGroup(inside, opened, TILE_ROW, "group", width);
    inside.add(`${name}Read = ${value};`);
  });
  return tileLoop(tiling, tiling.groups, {
    before: parts.map(({ name }) => `var ${name}Read = vec4<f32>();`)
      .join("\n"),
    inside: inside.text(),
    after: parts.map(({ name }) => `${name}[tileRow][group] = ${name}Read;`)
      .join("\n"),
  });
}

/** The loop over tiles: fills one, then goes through the `count` rows of it that exist. */
export function tilesLoop(
  { sizes: { tokens }, tile, chunk }: Tiling,
  fill: string,
  each: string,
): string {
  return `for (var base = 0; base < ${tokens}; base += ${tile}) {
workgroupBarrier();
${fill}
workgroupBarrier();
let count = min(${tile}, ${tokens} - base);
for (var j = 0; j < count; j += ${chunk}) {
${each}
}
}`;
}

/** Statements that name the product of registers and a row of a tile, summed over the channels. */
export function dotText(
  result: string,
  register: string,
  row: string,
  groups: number,
): string {
  const terms = Array.from(
    { length: groups },
    (_, g) => `${register}Row${g} * ${row}[${g}]`,
  );
  return `var ${result}Sum = ${terms[0]};
${terms.slice(1).map((term) => `${result}Sum += ${term};`).join("\n")}
let ${result} = (${result}Sum.x + ${result}Sum.y) + (${result}Sum.z + ${result}Sum.w);`;
}

/** Statements that add rows of a tile, each times a number, to registers. */
export function addRowsText(
  register: string,
  terms: readonly { readonly factor: string; readonly row: string }[],
  groups: number,
): string {
  return registers(register, groups).map((name, g) =>
    `${name} += ${
      terms.map(({ factor, row }) => `${factor} * ${row}[${g}]`).join(" + ")
    };`
  ).join("\n");
}

/**
 * Adds the kernel whose statements are complete but for what is done once for each row.
 *
 * @param kernel Its name without sizes, its tiles, other variables in workgroup memory,
 * what is written in the end where a row exists, and words behind the name.
 */
export function addAttention(
  lowering: Lowering,
  writer: KernelWriter,
  tiling: Tiling,
  body: Block,
  { name, tiles, declarations = [], store, label }: {
    readonly name: string;
    readonly tiles: readonly string[];
    readonly declarations?: readonly string[];
    readonly store: Block;
    readonly label: string;
  },
): void {
  const { sizes: { batch, heads, tokens, width }, slots, rowTiles } = tiling;
  body.add(`if (isRow) {\n${store.text()}\n}`);
  lowering.call(writer.finish({
    name: `${name} ${batch}×${heads}×${tokens}×${width}${label}`,
    workgroupSize: [tiling.lanes, 1, 1],
    workgroups: flatWorkgroups(Math.ceil(batch * heads / slots) * rowTiles),
    declarations: [
      ...tiles.map((tile) => tileDeclaration(tile, tiling)),
      ...declarations,
    ].join("\n"),
    body: body.text(),
  }));
}
