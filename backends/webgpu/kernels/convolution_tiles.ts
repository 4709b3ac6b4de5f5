/**
 * Products of matrices whose numbers are found by index arithmetic: a workgroup makes
 * 64×64 results, 16 terms at a time, from tiles in its memory; an invocation makes 4×4
 * of them and reads the next tiles while it multiplies. Numbers outside of the tensors
 * are 0.
 */
import type { Block } from "../wgsl/block.ts";
import { flatWorkgroups, type KernelWriter } from "../wgsl/kernel_writer.ts";
import type { Lowering } from "../wgsl/lowering.ts";
import { LANES } from "../wgsl/lanes.ts";
import type { Operand, Target } from "../wgsl/operand.ts";
import {
  type Position,
  quotient,
  remainder,
  sum,
  times,
} from "../wgsl/position.ts";

/** Results along a side of a tile, and terms of a tile. */
const [SIDE, TERMS] = [64, 16] as const;

/** Invocations along a side; each has every 16th row. */
const ACROSS = SIDE / 4;

/** Groups of four from one term of a tile to the next: one more than needed, against bank conflicts. */
const PITCH = ACROSS + 1;

/** Named parts of an index, for example channel, row and column. */
export type Parts = readonly string[];

/** Names the parts of an index, which is a name. */
export type PartsOf = (block: Block, index: string) => Parts;

/** A factor: its numbers by the parts of a row or column, its side, and of a term. */
export interface Factor {
  readonly operand: Operand;
  /** What lies next to each other in memory: neighbouring terms, or sides. */
  readonly along: "terms" | "sides";
  readonly side: PartsOf;
  readonly term: PartsOf;
  /** Position in the operand. */
  readonly place: (block: Block, side: Parts, term: Parts) => Parts;
  /** Condition that the position exists; empty if it always does. */
  readonly exists: (block: Block, side: Parts, term: Parts) => string;
  /** Four neighbouring sides, from a multiple of 4 on, lie together. */
  readonly isByFours: boolean;
}

/** A product `left · right` and where its results go. */
export interface ImplicitProduct {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly terms: number;
  /** Parts of the terms that different workgroups add up, in planes. */
  readonly planes: number;
  readonly left: Factor;
  readonly right: Factor;
  readonly target: Target;
  readonly row: PartsOf;
  readonly column: PartsOf;
  /** Position of a result in the target. */
  readonly position: (plane: string, row: Parts, column: Parts) => Position;
}

/** Division of a product. */
interface Division {
  /** Tiles along rows and columns. */
  readonly tiles: readonly [number, number];
  /** Workgroups. */
  readonly count: number;
  /** Tiles of terms that a workgroup goes through. */
  readonly turns: number;
  /** An invocation's columns are neighbours, read or written by fours; else every 16th. */
  readonly byFours: boolean;
}

/** Sides of 64 that cover an extent. */
export const tilesOf = (extent: number): number => Math.ceil(extent / SIDE);

/** Tiles of terms. */
export const turnsOf = (terms: number): number => Math.ceil(terms / TERMS);

function divisionOf(product: ImplicitProduct): Division {
  const { rows, columns, terms, planes, target, right } = product;
  const tiles = [tilesOf(rows), tilesOf(columns)] as const;
  return {
    tiles,
    count: tiles[0] * tiles[1] * planes,
    turns: Math.ceil(turnsOf(terms) / planes),
    byFours: target.vector && right.isByFours ||
      target.onlyVector === true,
  };
}

/** One of the four sides of an invocation. */
const sideText = (
  first: string,
  group: string,
  i: number,
  byFours: boolean,
): string =>
  byFours
    ? sum([first, times(group, 4), `${i}`])
    : sum([first, group, `${i * ACROSS}`]);

/** Reads an invocation's part of a tile into a variable of type `vec4<f32>`. */
type Fill = (block: Block, turn: string) => void;

/** A factor whose numbers are read tile by tile. */
interface Filled {
  readonly factor: Factor;
  /** First side of the tile, and their number. */
  readonly first: string;
  readonly extent: number;
  readonly byFours: boolean;
  /** Variable for what is read. */
  readonly variable: string;
}

/** Adds statements on an invocation's sides of a factor; gives the way to fill its variable. */
function fillOf(
  writer: KernelWriter,
  block: Block,
  { terms, planes }: ImplicitProduct,
  turns: number,
  { factor, first, extent, byFours, variable }: Filled,
): { fill: Fill; slot: string } {
  const source = factor.operand.open(writer);
  const isAlongTerms = factor.along === "terms";
  const neighbours = isAlongTerms ? TERMS : ACROSS;
  const low = block.let(remainder("local", neighbours));
  const high = block.let(quotient("local", neighbours));
  const [ownTerm, group] = isAlongTerms ? [low, high] : [high, low];
  // Surplus sides repeat the last; their results are not stored.
  const sides = [0, 1, 2, 3].map((i) => {
    const side = sideText(first, group, i, byFours);
    const clamped = extent % SIDE === 0
      ? side
      : `min(${side}, ${extent - (byFours ? 4 - i : 1)})`;
    return factor.side(block, block.let(clamped));
  });
  const needsEnd = turns * planes * TERMS !== terms;
  const fill: Fill = (outer, turn) => {
    const inner = outer.inner();
    const number = inner.let(sum([turn, times("plane", turns)]));
    const term = inner.let(sum([times(number, TERMS), ownTerm]));
    const parts = factor.term(inner, term);
    const reads = inner.inner();
    const read = (i: number, lane: string, form: "at" | "at4") => {
      const conditions = reads.inner();
      const exists = factor.exists(conditions, sides[i]!, parts);
      const found = conditions.inner();
      const at = factor.place(found, sides[i]!, parts);
      found.add(`${variable}${lane} = ${source[form](found, { at })};`);
      conditions.add(
        exists === "" ? found.text() : `if (${exists}) {\n${found.text()}\n}`,
      );
      reads.add(`{\n${conditions.text()}\n}`);
    };
    if (byFours && factor.isByFours) read(0, "", "at4");
    else LANES.forEach((lane, i) => read(i, `.${lane}`, "at"));
    inner.add(
      needsEnd ? `if (${term} < ${terms}) {\n${reads.text()}\n}` : reads.text(),
    );
    outer.add(`${variable} = vec4<f32>();\n{\n${inner.text()}\n}`);
  };
  return { fill, slot: block.let(sum([times(ownTerm, PITCH), group])) };
}

/** Statements for all terms of the tiles in workgroup memory. */
const multiplyText = (): string =>
  Array.from(
    { length: TERMS },
    (_, k) =>
      `let leftTerm${k} = leftTile[${sum(["rowGroup", `${k * PITCH}`])}];
let rightTerm${k} = rightTile[${sum(["columnGroup", `${k * PITCH}`])}];
${
        LANES.map((lane, i) =>
          `results${i} += leftTerm${k}.${lane} * rightTerm${k};`
        ).join(
          "\n",
        )
      }`,
  ).join("\n");

/** Adds the loop over the tiles of terms. */
function addTerms(
  writer: KernelWriter,
  block: Block,
  product: ImplicitProduct,
  { turns, byFours }: Division,
): void {
  const { rows, columns, left, right } = product;
  block.add("var leftRead = vec4<f32>();\nvar rightRead = vec4<f32>();");
  const fills = [
    fillOf(writer, block, product, turns, {
      ...{ factor: left, first: "firstRow", extent: rows },
      ...{ byFours: false, variable: "leftRead" },
    }),
    fillOf(writer, block, product, turns, {
      ...{ factor: right, first: "firstColumn", extent: columns },
      ...{ byFours, variable: "rightRead" },
    }),
  ];
  fills.forEach(({ fill }) => fill(block, "0"));
  const loop = block.inner();
  loop.add(`leftTile[${fills[0]!.slot}] = leftRead;
rightTile[${fills[1]!.slot}] = rightRead;
workgroupBarrier();`);
  const next = loop.inner();
  const turn = next.let("turn + 1");
  fills.forEach(({ fill }) => fill(next, turn));
  loop.add(`if (turn < ${turns - 1}) {\n${next.text()}\n}
${multiplyText()}
workgroupBarrier();`);
  block.add(
    `for (var turn = 0; turn < ${turns}; turn++) {\n${loop.text()}\n}`,
  );
}

/** Adds statements that write an invocation's results. */
function addResults(
  writer: KernelWriter,
  block: Block,
  product: ImplicitProduct,
  { byFours }: Division,
): void {
  const { rows, columns, target, position } = product;
  const sink = target.open(writer);
  const places = (byFours ? [0] : [0, 1, 2, 3]).map((i) => {
    const column = block.let(
      sideText("firstColumn", "columnGroup", i, byFours),
    );
    return { column, parts: product.column(block, column) };
  });
  for (const i of [0, 1, 2, 3]) {
    const row = block.let(sideText("firstRow", "rowGroup", i, false));
    const whole = block.inner();
    const parts = product.row(whole, row);
    places.forEach((place, lane) => {
      const inner = whole.inner();
      const at = position("plane", parts, place.parts);
      if (byFours) sink.put4(inner, at, `results${i}`);
      else sink.put(inner, at, `results${i}.${LANES[lane]}`);
      const inside = columns % SIDE === 0
        ? ""
        : `if (${place.column} < ${columns}) `;
      whole.add(`${inside}{\n${inner.text()}\n}`);
    });
    const inside = rows % SIDE === 0 ? "" : `if (${row} < ${rows}) `;
    block.add(`${inside}{\n${whole.text()}\n}`);
  }
}

/** Adds the kernel of a product. */
export function productKernel(
  lowering: Lowering,
  product: ImplicitProduct,
): void {
  const { name, rows, columns, terms, planes, target } = product;
  const division = divisionOf(product);
  const { tiles: [down, across], count } = division;
  const writer = lowering.writer();
  const block = writer.block();
  block.add(`let rowGroup = local / ${ACROSS};
let columnGroup = local % ${ACROSS};
let firstRow = ${times(remainder("workgroupIndex", down), SIDE)};
let firstColumn = ${
    times(remainder(quotient("workgroupIndex", down), across), SIDE)
  };
let plane = ${
    planes === 1 ? "0" : quotient("workgroupIndex", down * across)
  };`);
  [0, 1, 2, 3].forEach((i) => block.add(`var results${i} = vec4<f32>();`));
  if (terms > 0) addTerms(writer, block, product, division);
  const results = block.inner();
  addResults(writer, results, product, division);
  block.add(`if (workgroupIndex < ${count}) {\n${results.text()}\n}`);
  const tile = `array<vec4<f32>, ${TERMS * PITCH}>`;
  lowering.call(writer.finish({
    name: `${name} ${rows}×${terms}×${columns}${
      planes === 1 ? "" : ` in ${planes} parts`
    }${target.label}`,
    workgroupSize: [ACROSS * ACROSS, 1, 1],
    workgroups: flatWorkgroups(count),
    declarations: terms === 0 ? "" : `var<workgroup> leftTile : ${tile};
var<workgroup> rightTile : ${tile};`,
    body: block.text(),
  }));
}
