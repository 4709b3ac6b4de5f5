/**
 * A matrix product by tiles: a workgroup reads parts of both operands into its memory,
 * each invocation adds products for a block of results in its registers. The next parts
 * are read while the present ones are multiplied.
 */
import type { Kernel } from "../../wgsl/command_list.ts";
import type { Block } from "../../wgsl/block.ts";
import { flatWorkgroups, type KernelWriter } from "../../wgsl/kernel_writer.ts";
import { LANES } from "../../wgsl/lanes.ts";
import { type Opened, openIn } from "../../wgsl/operand.ts";
import { quotient, remainder, sum, times } from "../../wgsl/position.ts";
import {
  type MatmulWork,
  type Place,
  placeOf,
  readFour,
  under,
  writeFour,
} from "./matmul_parts.ts";
import { invocationsOf, paddingOf, type Tile } from "./matmul_variants.ts";

/** One operand and its part in workgroup memory, rows of which are along `m` or `n`. */
interface Side {
  /** Name of the variable in workgroup memory. */
  readonly name: "tileA" | "tileB";
  readonly opened: Opened;
  /** The terms of a result lie along the last axis: parts are transposed on the way. */
  readonly isTransposing: boolean;
  /** Extent of the operand along `m` or `n`, and of the tile. */
  readonly extent: number;
  readonly tileExtent: number;
  /** Name of the first row or column of the tile. */
  readonly start: string;
}

/** A group of four that an invocation moves to workgroup memory in each turn. */
interface Move {
  readonly side: Side;
  /** Name of the register between reading and storing. */
  readonly register: string;
  /** Indices in the tile along the terms, and along rows or columns; one of them begins a group. */
  readonly term: string;
  readonly across: string;
  /** Condition, where there are more invocations than groups. */
  readonly isInside: readonly string[];
}

/** The groups that an invocation moves for one operand. */
function movesOf(block: Block, side: Side, tile: Tile): readonly Move[] {
  const invocations = invocationsOf(tile);
  const { isTransposing, tileExtent } = side;
  const groups = tileExtent * tile.depth / 4;
  const perRow = (isTransposing ? tile.depth : tileExtent) / 4;
  return Array.from({ length: Math.ceil(groups / invocations) }, (_, l) => {
    const item = block.let(sum(["local", `${l * invocations}`]));
    const inRow = block.let(times(remainder(item, perRow), 4));
    const row = block.let(quotient(item, perRow));
    return {
      side,
      register: `${side.name}Next${l}`,
      term: isTransposing ? inRow : row,
      across: isTransposing ? row : inRow,
      isInside: (l + 1) * invocations <= groups ? [] : [`${item} < ${groups}`],
    };
  });
}

/** Adds statements that read an invocation's groups for the terms from `first` on; 0 past the end. */
function addReads(
  block: Block,
  moves: readonly Move[],
  { sizes: { k }, tile }: MatmulWork,
  { batch }: Place,
  first: string,
): void {
  for (const { side, register, term, across, isInside } of moves) {
    const { isTransposing, extent, tileExtent, start } = side;
    const [k0, x0] = [
      block.let(sum([first, term])),
      block.let(sum([start, across])),
    ];
    const isRagged = { k: k % tile.depth !== 0, x: extent % tileExtent !== 0 };
    const conditions = [
      ...isInside,
      ...isRagged.k ? [`${k0} < ${k}`] : [],
      ...isRagged.x ? [`${x0} < ${extent}`] : [],
    ];
    const at = isTransposing ? [batch, x0, k0] : [batch, k0, x0];
    const last = isTransposing ? k : extent;
    if (conditions.length > 0) block.add(`${register} = vec4<f32>();`);
    under(block, conditions, (inner) =>
      readFour(
        ...[inner, side.opened, at, last % 4 === 0 ? undefined : last] as const,
        register,
      ));
  }
}

/** Statements that store what was read in workgroup memory. */
function storesText(block: Block, moves: readonly Move[]): string {
  const stores = block.inner();
  for (const { side, register, term, across, isInside } of moves) {
    const { name, isTransposing } = side;
    under(stores, isInside, (inner) => {
      if (!isTransposing) {
        inner.add(`${name}[${term}][${quotient(across, 4)}] = ${register};`);
        return;
      }
      const group = inner.let(quotient(across, 4));
      const lane = inner.let(remainder(across, 4));
      LANES.forEach((own, c) =>
        inner.add(
          `${name}[${
            sum([term, c === 0 ? "0" : `${c}`])
          }][${group}][${lane}] = ${register}.${own};`,
        )
      );
    });
  }
  return stores.text();
}

/** Numbers of the groups of four among the rows or columns of an invocation. */
const groupsOf = (block: number): readonly number[] =>
  Array.from({ length: block / 4 }, (_, g) => g);

/** Name of the register of four results. */
const resultOf = (row: number, group: number): string =>
  `result${row}Group${group}`;

/** Statements that add the products of all terms of a tile. */
function productsText(tile: Tile): string {
  const { rows, columns, depth, blockRows, blockColumns } = tile;
  const [down, across] = [rows / blockRows, columns / blockColumns];
  const [left, right] = [groupsOf(blockRows), groupsOf(blockColumns)];
  const terms = Array.from({ length: depth }, (_, term) =>
    [
      "{",
      ...left.map((g) =>
        `let a${g} = tileA[${term}][${sum(["ownRow", times(`${g}`, down)])}];`
      ),
      ...right.map((h) =>
        `let b${h} = tileB[${term}][${
          sum(["ownColumn", times(`${h}`, across)])
        }];`
      ),
      ...left.flatMap((g) =>
        LANES.flatMap((lane, c) =>
          right.map((h) =>
            `${resultOf(4 * g + c, h)} += a${g}.${lane} * b${h};`
          )
        )
      ),
      "}",
    ].join("\n"));
  return terms.join("\n");
}

/** Condition for the invocations that add up rows of `op(a)`, four each. */
const isSumming = ({ column }: Place, { rows }: Tile): string =>
  [...column === "0" ? [] : [`${column} == 0`], `local < ${rows / 4}`]
    .join(" && ");

/** Statements that add up the rows of the tile of `op(a)`. */
const sumsText = (place: Place, tile: Tile): string =>
  `if (${isSumming(place, tile)}) {\n${
    Array.from(
      { length: tile.depth },
      (_, term) => `rowSum += tileA[${term}][local];`,
    ).join("\n")
  }\n}`;

/** Adds the loop over the terms of the results. */
function addLoop(
  block: Block,
  moves: readonly Move[],
  work: MatmulWork,
  place: Place,
): void {
  const { sizes: { k }, tile, parts, turns } = work;
  const extent = turns * tile.depth;
  const first = block.let(times(place.part, extent));
  const last = parts === 1
    ? `${k}`
    : block.let(`min(${sum([first, `${extent}`])}, ${k})`);
  moves.forEach(({ register }) => block.add(`var ${register} = vec4<f32>();`));
  under(
    block,
    [],
    (before) => addReads(before, moves, work, place, first),
  );
  const loop = block.inner();
  loop.add(`workgroupBarrier();
${storesText(loop, moves)}
workgroupBarrier();
let next = term + ${tile.depth};`);
  under(
    loop,
    [`next < ${last}`],
    (inner) => addReads(inner, moves, work, place, "next"),
  );
  loop.add(productsText(tile));
  if (work.rowSums !== undefined) loop.add(sumsText(place, tile));
  block.add(
    `for (var term = ${first}; term < ${last}; term += ${tile.depth}) {\n${loop.text()}\n}`,
  );
}

/** Adds statements that write an invocation's results. */
function addWrites(
  writer: KernelWriter,
  block: Block,
  { sizes: { m, n }, tile, parts, target }: MatmulWork,
  { batch, part, isInside }: Place,
  [row0, column0]: readonly [string, string],
): void {
  const { rows, columns, blockRows, blockColumns } = tile;
  const sink = target.open(writer);
  const planes = parts === 1 ? [] : [part];
  const isRagged = { m: m % rows !== 0, n: n % columns !== 0 };
  const down = 4 * rows / blockRows;
  const across = 4 * columns / blockColumns;
  const place = (start: string, own: string, offset: number): string =>
    block.let(sum([start, times(own, 4), offset === 0 ? "0" : `${offset}`]));
  for (const h of groupsOf(blockColumns)) {
    const column = place(column0, "ownColumn", h * across);
    for (let r = 0; r < blockRows; r++) {
      const row = place(row0, "ownRow", Math.floor(r / 4) * down + r % 4);
      const conditions = [
        ...isInside,
        ...isRagged.m ? [`${row} < ${m}`] : [],
        ...isRagged.n ? [`${column} < ${n}`] : [],
      ];
      under(block, conditions, (inner) => {
        const at = [...planes, batch, row, column];
        const end = n % 4 === 0 ? undefined : n;
        writeFour(inner, sink, target, at, end, resultOf(r, h));
      });
    }
  }
}

/** Adds statements that write the sums of rows. */
function addSumWrites(
  writer: KernelWriter,
  block: Block,
  { sizes: { m }, tile, parts, rowSums }: MatmulWork,
  place: Place,
  row0: string,
): void {
  if (rowSums === undefined) return;
  const sink = rowSums.open(writer);
  const row = block.let(sum([row0, "local * 4"]));
  const conditions = [
    ...[isSumming(place, tile), `${row} < ${m}`, ...place.isInside],
  ];
  under(block, conditions, (inner) => {
    const at = [...parts === 1 ? [] : [place.part], row];
    const end = m % 4 === 0 ? undefined : m;
    writeFour(inner, sink, rowSums, at, end, "rowSum");
  });
}

/** Declaration of a part of an operand in workgroup memory. */
const declarationOf = (
  { name, isTransposing, tileExtent }: Side,
  depth: number,
) =>
  `var<workgroup> ${name} : array<array<vec4<f32>, ${
    tileExtent / 4 + paddingOf(isTransposing)
  }>, ${depth}>;`;

/** The kernel. */
export function tiledKernel(writer: KernelWriter, work: MatmulWork): Kernel {
  const { sizes: { m, n, transposeA, transposeB }, tile, a, b } = work;
  const body = writer.block();
  const place = placeOf(body, work);
  const row0 = body.let(times(place.row, tile.rows));
  const column0 = body.let(times(place.column, tile.columns));
  const across = tile.columns / tile.blockColumns;
  body.add(`let ownColumn = ${remainder("local", across)};
let ownRow = ${quotient("local", across)};`);
  const sides: readonly Side[] = [{
    ...{ name: "tileA", isTransposing: !transposeA, extent: m },
    ...{ tileExtent: tile.rows, start: row0 },
    opened: openIn(writer, a),
  }, {
    ...{ name: "tileB", isTransposing: transposeB, extent: n },
    ...{ tileExtent: tile.columns, start: column0 },
    opened: openIn(writer, b),
  }];
  const moves = sides.flatMap((side) => movesOf(body, side, tile));
  for (let r = 0; r < tile.blockRows; r++) {
    groupsOf(tile.blockColumns).forEach((h) =>
      body.add(`var ${resultOf(r, h)} = vec4<f32>();`)
    );
  }
  if (work.rowSums !== undefined) body.add("var rowSum = vec4<f32>();");
  addLoop(body, moves, work, place);
  addWrites(writer, body, work, place, [row0, column0]);
  addSumWrites(writer, body, work, place, row0);
  return writer.finish({
    name: work.name,
    workgroupSize: [invocationsOf(tile), 1, 1],
    workgroups: flatWorkgroups(place.count),
    declarations: sides.map((side) => declarationOf(side, tile.depth))
      .join("\n"),
    body: body.text(),
  });
}
