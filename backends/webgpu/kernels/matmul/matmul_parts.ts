/** What the kernels of a matrix product share: their work, and places of workgroups and numbers. */
import type { Block } from "../../wgsl/block.ts";
import { MOST_WORKGROUPS } from "../../wgsl/kernel_writer.ts";
import { LANES } from "../../wgsl/lanes.ts";
import type { Opened, Operand, Sink, Target } from "../../wgsl/operand.ts";
import { quotient, remainder, sum } from "../../wgsl/position.ts";
import type { MatmulSizes, Tile } from "./matmul_variants.ts";

/** One kernel of a matrix product. */
export interface MatmulWork {
  /** Name of the kernel. */
  readonly name: string;
  readonly sizes: MatmulSizes;
  readonly tile: Tile;
  /** Parts of the sums; with more than one, targets have an axis for them in front. */
  readonly parts: number;
  /** Turns of a part, each of `tile.depth` terms. */
  readonly turns: number;
  readonly a: Operand;
  readonly b: Operand;
  readonly target: Target;
  /** Target of the sums of the rows of `op(a)`. */
  readonly rowSums?: Target | undefined;
}

/** Names of the position of a workgroup. */
export interface Place {
  /** Number of the product. */
  readonly batch: string;
  /** Part of the sums. */
  readonly part: string;
  /** Number of the tile along the columns. */
  readonly column: string;
  /** Number of the tile along the rows. */
  readonly row: string;
  /** Workgroups that have work. */
  readonly count: number;
  /** Condition for writing, where the dispatch may have more workgroups than that. */
  readonly isInside: readonly string[];
}

/** Adds the names of the position of a workgroup. Surplus workgroups repeat the last one's reading. */
export function placeOf(
  block: Block,
  { sizes: { batch, m, n }, tile, parts }: MatmulWork,
): Place {
  const across = Math.ceil(n / tile.columns);
  const down = Math.ceil(m / tile.rows);
  const count = across * down * batch * parts;
  const hasSurplus = count > MOST_WORKGROUPS;
  const index = hasSurplus
    ? block.let(`min(workgroupIndex, ${count - 1})`)
    : "workgroupIndex";
  const axis = (before: number, extent: number): string => {
    const whole = quotient(index, before);
    if (extent === 1) return "0";
    return block.let(
      before * extent === count ? whole : remainder(whole, extent),
    );
  };
  return {
    column: axis(1, across),
    row: axis(across, down),
    batch: axis(across * down, batch),
    part: axis(across * down * batch, parts),
    count,
    isInside: hasSurplus ? [`workgroupIndex < ${count}`] : [],
  };
}

/** Statements under conditions, if there are any. */
export function under(
  block: Block,
  conditions: readonly string[],
  add: (inner: Block) => void,
): void {
  const inner = block.inner();
  add(inner);
  const text = inner.text();
  block.add(
    conditions.length === 0
      ? `{\n${text}\n}`
      : `if (${conditions.join(" && ")}) {\n${text}\n}`,
  );
}

/** Adds statements for each of up to four numbers along the last axis that exists. */
function eachOfFour(
  block: Block,
  at: readonly string[],
  extent: number | undefined,
  add: (inner: Block, at: readonly string[], lane: string) => void,
): void {
  const [start, outer] = [at.at(-1)!, at.slice(0, -1)];
  LANES.forEach((lane, c) => {
    const place = sum([start, `${c}`]);
    const inside = extent === undefined || c === 0
      ? []
      : [`${place} < ${extent}`];
    under(block, inside, (inner) => {
      add(inner, [...outer, inner.let(place)], lane);
    });
  });
}

/**
 * Reads up to four numbers along the last axis into a variable; numbers past the end are left as they are.
 *
 * @param at Names of the indices; the last is that of the first number.
 * @param extent Of the last axis; `undefined` where all four exist.
 */
export function readFour(
  block: Block,
  { source, vector }: Opened,
  at: readonly string[],
  extent: number | undefined,
  register: string,
): void {
  if (vector) {
    block.add(`${register} = ${source.at4(block, { at })};`);
    return;
  }
  eachOfFour(block, at, extent, (inner, position, lane) => {
    const value = source.at(inner, { at: position });
    inner.add(`${register}.${lane} = ${value};`);
  });
}

/**
 * Writes up to four numbers along the last axis.
 *
 * @param value Name of a `vec4<f32>`.
 * @param extent Of the last axis; `undefined` where all four exist.
 */
export function writeFour(
  block: Block,
  sink: Sink,
  { vector, onlyVector }: Target,
  at: readonly string[],
  extent: number | undefined,
  value: string,
): void {
  if (vector) {
    sink.put4(block, { at }, value);
    return;
  }
  if (onlyVector) throw new Error("Target is only written by fours");
  eachOfFour(block, at, extent, (inner, position, lane) => {
    sink.put(inner, { at: position }, `${value}.${lane}`);
  });
}
