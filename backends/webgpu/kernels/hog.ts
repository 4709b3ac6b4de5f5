/**
 * Histograms of oriented gradients: a cell's pixels are divided into pieces of a few
 * columns and rows, and an invocation goes down a piece with three rows in registers.
 * Small cells are one piece; a team shares a large one.
 */
import { HOG_FLAT, type Shape } from "../../../core/mod.ts";
import type { Block } from "../wgsl/block.ts";
import { flatWorkgroups, type KernelWriter } from "../wgsl/kernel_writer.ts";
import type { Lowering } from "../wgsl/lowering.ts";
import { four, LANES } from "../wgsl/lanes.ts";
import type { Operand, Source, Target } from "../wgsl/operand.ts";
import { quotient, remainder, sum, times } from "../wgsl/position.ts";
import { teamJoined } from "./teams.ts";
import { literal } from "../wgsl/literal.ts";

/** Attributes of the op `hogCells`. */
export interface HogAttributes {
  /** Bins of orientation over 180°. */
  readonly nbins: number;
  /** Cells along a side of an image. */
  readonly cells: number;
}

/** Invocations of a workgroup. */
const WORKGROUP = 64;

/** Most columns and rows of a piece. */
const [PIECE_COLUMNS, PIECE_ROWS] = [4, 8] as const;

/** Division of the work. */
interface Division {
  readonly nbins: number;
  readonly cells: number;
  /** Pixels of a side. */
  readonly side: number;
  readonly batch: number;
  readonly channels: number;
  /** Extents of a piece. */
  readonly columns: number;
  readonly rows: number;
  /** Pieces of a cell along x, and in all. */
  readonly piecesAcross: number;
  readonly pieces: number;
  /** Invocations that share a cell, a power of two. */
  readonly team: number;
  /** Pieces consist of pixels that lie in their cell as a whole. */
  readonly isExact: boolean;
}

/** Most pixels along a side that a cell meets. */
const pixelsMet = (side: number, cells: number): number =>
  Math.max(
    ...Array.from(
      { length: cells },
      (_, cell) =>
        Math.ceil((cell + 1) * side / cells) - Math.floor(cell * side / cells),
    ),
  );

const groupsOf = (nbins: number): number => Math.ceil(nbins / 4);

function divisionOf(
  { workgroupBytes }: Lowering["limits"],
  { nbins, cells }: HogAttributes,
  [batch = 1, channels = 1, side = 1]: Shape,
): Division {
  const met = pixelsMet(side, cells);
  const piecesAcross = Math.ceil(met / PIECE_COLUMNS);
  const piecesDown = Math.ceil(met / PIECE_ROWS);
  const [columns, rows] = [piecesAcross, piecesDown].map((n) =>
    Math.ceil(met / n)
  ) as [number, number];
  const pieces = piecesAcross * piecesDown;
  const wanted = 2 ** Math.ceil(Math.log2(pieces));
  const fits = groupsOf(nbins) * 16 * WORKGROUP <= workgroupBytes;
  return {
    ...{ nbins, cells, side, batch, channels, columns, rows },
    ...{ piecesAcross, pieces },
    team: fits ? Math.min(WORKGROUP, wanted) : 1,
    isExact: side % cells === 0 && met === piecesAcross * columns &&
      met === piecesDown * rows,
  };
}

/** Cotangent of the border between two bins; exact where it is a whole number. */
const cotangent = (border: number, nbins: number): number => {
  const whole = 1 / Math.tan(border * Math.PI / nbins);
  const rounded = Math.round(whole);
  return Math.abs(whole - rounded) < 1e-12 ? rounded + 0 : whole;
};

/** Row or column of the image at an index, which the border reflects; inside of the image for any. */
const reflected = (index: string, side: number): string =>
  side === 1 ? "0" : `max(${side - 1} - abs(${side - 1} - abs(${index})), 0)`;

/** The part of a pixel's side that lies in a cell, in whole numbers up to the division. */
const partText = (
  { side, cells }: Division,
  pixel: string,
  cell: string,
): string =>
  `f32(max(min((${pixel} + 1) * ${cells}, (${cell} + 1) * ${side}) - max(${pixel} * ${cells}, ${cell} * ${side}), 0)) / ${cells}.0`;

/** Names of the numbers of three rows of a piece, with a column to the left and one to the right. */
interface Window {
  readonly above: readonly string[];
  readonly here: readonly string[];
  readonly below: readonly string[];
}

/**
 * Adds statements that count the pixel at column `x` of the window.
 *
 * A bin is found by products alone, because `atan2` may be far off: with the gradient
 * turned into the upper half plane, its angle has reached a border φ if
 * `g0·cot φ ≥ g1`. That has one rounded constant and one rounded product, and exact
 * borders (45°, 90°) are exact.
 */
function addPixel(
  writer: KernelWriter,
  block: Block,
  { above, here, below }: Window,
  x: number,
  nbins: number,
  part: string | null,
  bins: readonly string[],
): void {
  const [g0, g1, up0, up1, size] = ["gx", "gy", "ux", "uy", "size"].map(
    (prefix) => writer.name(prefix),
  );
  const [w, e] = [x, x + 2];
  block.add(
    `let ${g0} = settled((${above[w]} - ${above[e]}) + (${below[w]} - ${
      below[e]
    }) + 2.0 * (${here[w]} - ${here[e]}));
let ${g1} = settled((${above[w]} - ${below[w]}) + (${above[e]} - ${
      below[e]
    }) + 2.0 * (${above[x + 1]} - ${below[x + 1]}));
let ${up0} = abs(${g0});
let ${up1} = select(select(${g1}, -${g1}, ${g0} < 0.0), abs(${g1}), ${g0} == 0.0);
let whole${size} = sqrt(${g0} * ${g0} + ${g1} * ${g1});
let ${size} = ${
      part === null
        ? `whole${size}`
        // Pixels outside of the cell may hold anything.
        : `select(0.0, whole${size} * ${part}, ${part} > 0.0)`
    };`,
  );
  const reached = Array.from({ length: nbins + 1 }, (_, border) => {
    if (border === 0) return "true";
    if (border === nbins) return "false";
    const name = writer.name("reached");
    block.add(
      `let ${name} = ${up0} * ${literal(cotangent(border, nbins))} >= ${up1};`,
    );
    return name;
  });
  bins.forEach((bin, k) => {
    const isHere = k === 0
      ? `!${reached[1]}`
      : k === nbins - 1
      ? reached[k]
      : `${reached[k]} != ${reached[k + 1]}`;
    block.add(
      nbins === 1
        ? `${bin} += ${size};`
        : `${bin} += select(0.0, ${size}, ${isHere});`,
    );
  });
}

/** Adds statements that count one piece; `piece`, `top`, `left` and the cell's names are known. */
function addPiece(
  writer: KernelWriter,
  block: Block,
  division: Division,
  source: Source,
  bins: readonly string[],
): void {
  const { nbins, side, columns, rows, piecesAcross, isExact } = division;
  const start = (first: string, piece: string, extent: number) =>
    block.let(sum([first, times(piece, extent)]));
  const x0 = start(
    "left",
    block.let(remainder("piece", piecesAcross)),
    columns,
  );
  const y0 = start("top", block.let(quotient("piece", piecesAcross)), rows);
  const places = Array.from(
    { length: columns + 2 },
    (_, i) => block.let(reflected(`${x0} + ${i - 1}`, side)),
  );
  const across = Array.from(
    { length: columns },
    (_, i) =>
      isExact
        ? null
        : block.let(partText(division, block.let(`${x0} + ${i}`), "column")),
  );
  const read = (inner: Block, row: string): readonly string[] => {
    const y = inner.let(reflected(row, side));
    return places.map((x) =>
      source.at(inner, { at: ["sample", "channel", y, x] })
    );
  };
  const held = (row: string): readonly string[] =>
    read(block, row).map((value) => {
      const name = writer.name("held");
      block.add(`var ${name} = ${value};`);
      return name;
    });
  const [above, here] = [held(`${y0} - 1`), held(y0)];
  const body = block.inner();
  const below = read(body, "y + 1").map((value) => {
    const name = writer.name("below");
    body.add(`let ${name} = ${value};`);
    return name;
  });
  const down = isExact ? null : body.let(partText(division, "y", "row"));
  across.forEach((part, x) => {
    const share = part === null ? null : body.let(`${part} * ${down}`);
    addPixel(writer, body, { above, here, below }, x, nbins, share, bins);
  });
  above.forEach((name, i) =>
    body.add(`${name} = ${here[i]};\n${here[i]} = ${below[i]};`)
  );
  block.add(
    `for (var y = ${y0}; y < ${y0} + ${rows}; y++) {\n${body.text()}\n}`,
  );
}

/** Adds statements that name the cell of an invocation, and its first pixel. */
function addCell(block: Block, division: Division): void {
  const { batch, channels, cells, side, team } = division;
  const slots = WORKGROUP / team;
  const count = batch * channels * cells ** 2;
  const slot = team === 1 ? "local" : quotient("local", team);
  const first = times("workgroupIndex", slots);
  // Surplus invocations repeat the last cell: barriers must be reached by all.
  block.add(`let number = ${sum([first, slots === 1 ? "0" : slot])};
let cell = min(number, ${count - 1});
let member = ${team === 1 ? "0" : `local % ${team}`};
let column = ${remainder("cell", cells)};
let channel = ${remainder(quotient("cell", cells), channels)};
let row = ${remainder(quotient("cell", cells * channels), cells)};
let sample = ${quotient("cell", cells * channels * cells)};
let top = ${quotient(times("row", side), cells)};
let left = ${quotient(times("column", side), cells)};`);
}

/** Adds statements that join the bins of a team; gives the sums. */
function joinedBins(
  writer: KernelWriter,
  block: Block,
  { nbins, team }: Division,
  bins: readonly string[],
): readonly string[] {
  if (team === 1) return bins;
  const members = {
    ...{ workgroup: WORKGROUP, size: team, member: "member" },
    first: block.let("local - member"),
  };
  const groups = Array.from({ length: groupsOf(nbins) }, (_, group) => {
    const value = four(LANES.map((_, i) => bins[group * 4 + i] ?? "0.0"));
    return teamJoined(writer, block, members, "sum", "vec4<f32>", value);
  });
  return bins.map((_, bin) =>
    `${groups[Math.floor(bin / 4)]}.${LANES[bin % 4]}`
  );
}

/**
 * Adds the kernel of the op `hogCells`.
 *
 * @param images Shape `[B, C, S, S]`.
 * @param target Shape `[B, cells, cells, C, nbins]`, in 32 bits.
 */
export function hogKernels(
  lowering: Lowering,
  attributes: HogAttributes,
  images: Operand,
  target: Target,
): void {
  if (target.onlyVector) {
    throw new Error("histograms of gradients are written in 32 bits");
  }
  const division = divisionOf(lowering.limits, attributes, images.shape);
  const { nbins, cells, batch, channels, side, team, pieces } = division;
  const writer = lowering.writer();
  writer.declare(`fn settled(g : f32) -> f32 {
  return select(g, 0.0, abs(g) < ${literal(HOG_FLAT)});
}`);
  const body = writer.block();
  addCell(body, division);
  const bins = Array.from({ length: nbins }, () => writer.name("bin"));
  bins.forEach((bin) => body.add(`var ${bin} = 0.0;`));
  const piece = body.inner();
  addPiece(writer, piece, division, images.open(writer), bins);
  body.add(
    pieces === 1
      ? `{\nlet piece = 0;\n${piece.text()}\n}`
      : `for (var piece = member; piece < ${pieces}; piece += ${team}) {\n${piece.text()}\n}`,
  );
  const sums = joinedBins(writer, body, division, bins);
  const store = body.inner();
  const sink = target.open(writer);
  sums.forEach((value, bin) =>
    sink.put(store, {
      at: ["sample", "row", "column", "channel", `${bin}`],
    }, value)
  );
  const count = batch * channels * cells ** 2;
  body.add(`if (number < ${count} && member == 0) {\n${store.text()}\n}`);
  lowering.call(writer.finish({
    name:
      `hog ${batch}×${channels}×${side}×${side} in ${cells}×${cells}×${nbins}${target.label}`,
    workgroupSize: [WORKGROUP, 1, 1],
    workgroups: flatWorkgroups(Math.ceil(count * team / WORKGROUP)),
    body: body.text(),
  }));
}
