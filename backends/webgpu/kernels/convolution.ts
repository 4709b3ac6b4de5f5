/**
 * Convolution and its two gradients as products of matrices that are never made: rows
 * are channels, columns are positions of all images or of the kernel.
 */
import {
  type ConvolutionExtents,
  convolutionExtents,
  type Extents2d,
} from "../../../core/graph/convolution_extents.ts";
import { type Shape, sizeOf } from "../../../core/mod.ts";
import type { Block } from "../wgsl/block.ts";
import { MANY_WORKGROUPS } from "../wgsl/kernel_writer.ts";
import type { Lowering } from "../wgsl/lowering.ts";
import type { Operand, Target } from "../wgsl/operand.ts";
import { indicesOf, sum, times } from "../wgsl/position.ts";
import { tensorTarget } from "../wgsl/tensor.ts";
import {
  type Factor,
  type Parts,
  type PartsOf,
  productKernel,
  tilesOf,
  turnsOf,
} from "./convolution_tiles.ts";

/** Attributes of the ops. */
export interface ConvolutionAttributes {
  readonly stride: number;
  readonly padding: number;
}

/** Tiles of terms that are worth a workgroup, and the most that one goes through. */
const [FEW_TURNS, MOST_TURNS] = [8, 16_384] as const;

/** Extents of a convolution whose operands are known to fit. */
function extentsFor(
  attributes: ConvolutionAttributes,
  x: Shape,
  w: Shape,
): ConvolutionExtents {
  const extents = convolutionExtents(attributes, x, w);
  if (extents === null) throw new Error(`no convolution of [${x}] by [${w}]`);
  return extents;
}

/** An index divided into indices along axes. */
const axes = (...shape: readonly number[]): PartsOf => (block, index) =>
  indicesOf(shape, { flat: index }).map((part) => block.let(part));

/** Sum of an index and a whole number. */
const plus = (index: string, offset: number): string =>
  offset === 0
    ? index
    : offset < 0
    ? `${index} - ${-offset}`
    : sum([index, `${offset}`]);

/** Condition that a row and a column lie in a picture. */
const liesIn = (
  row: string,
  column: string,
  [rows, columns]: Extents2d,
): string =>
  `${row} >= 0 && ${row} < ${rows} && ${column} >= 0 && ${column} < ${columns}`;

const always = (): string => "";

/** Position in the images that a result and a tap meet at; both have three parts. */
const meeting = (
  { stride, padding }: ConvolutionAttributes,
): (block: Block, result: Parts, tap: Parts) => Parts =>
(block, [b, y, x], [c, ty, tx]) => [
  ...[b!, c!],
  block.let(plus(sum([times(y!, stride), ty!]), -padding)),
  block.let(plus(sum([times(x!, stride), tx!]), -padding)),
];

/** Adds the kernel of the op `conv2d`: images `[B, C, H, W]` by kernels `[O, C, h, w]`. */
export function conv2dKernels(
  lowering: Lowering,
  attributes: ConvolutionAttributes,
  x: Operand,
  w: Operand,
  target: Target,
): void {
  const extents = extentsFor(attributes, x.shape, w.shape);
  const { batch, inputs, outputs, image, kernel, result } = extents;
  const { stride, padding } = attributes;
  const [taps, results] = [axes(inputs, ...kernel), axes(batch, ...result)];
  const place = meeting(attributes);
  const kernels: Factor = {
    ...{ operand: w, along: "terms", side: axes(outputs), term: taps },
    place: (_, [o], tap) => [o!, ...tap],
    ...{ exists: always, isByFours: false },
  };
  const images: Factor = {
    ...{ operand: x, along: "sides", side: results, term: taps, place },
    exists: (block, side, tap) => {
      const [, , row, column] = place(block, side, tap);
      return padding === 0 ? "" : liesIn(row!, column!, image);
    },
    isByFours: x.vector && sizeOf(kernel) === 1 && stride === 1 &&
      padding === 0,
  };
  productKernel(lowering, {
    name: "conv2d",
    ...{ rows: outputs, columns: batch * sizeOf(result), planes: 1 },
    terms: inputs * sizeOf(kernel),
    ...{ left: kernels, right: images, target },
    ...{ row: axes(outputs), column: results },
    position: (_, [o], [b, ...at]) => ({ at: [b!, o!, ...at] }),
  });
}

/** Positions of an image along an axis whose results and taps are regular. */
interface Phase {
  /** Positions `first + step·i` of the image. */
  readonly first: number;
  readonly step: number;
  readonly count: number;
  /** Taps `firstTap + step·j`. */
  readonly firstTap: number;
  readonly taps: number;
  /** Result `i − j + offset`, or an `apart`-th of it if that is whole. */
  readonly offset: number;
  readonly apart: number;
}

/**
 * Phases of an axis of the images: positions with one remainder by the stride meet
 * every `stride`-th tap only. Together they are one phase, in which most results do not exist.
 */
function phasesOf(
  { stride, padding, image, kernel }: ConvolutionExtents,
  axis: 0 | 1,
  together: boolean,
): readonly Phase[] {
  const step = together ? 1 : stride;
  return Array.from({ length: Math.min(step, image[axis]) }, (_, first) => {
    const firstTap = (first + padding) % step;
    return {
      ...{ first, step, firstTap },
      count: Math.ceil((image[axis] - first) / step),
      taps: Math.max(0, Math.ceil((kernel[axis] - firstTap) / step)),
      offset: (first + padding - firstTap) / step,
      apart: stride / step,
    };
  });
}

const every = (index: string, first: number, step: number): string =>
  plus(times(index, step), first);

/** The gradient of the results as a factor of one phase of rows and one of columns. */
function gradientFactor(
  dy: Operand,
  { batch, outputs, result }: ConvolutionExtents,
  rows: Phase,
  columns: Phase,
): Factor {
  const distance = (block: Block, position: string, tap: string, p: Phase) =>
    block.let(plus(`${position} - ${tap}`, p.offset));
  const whole = (block: Block, index: string, { apart }: Phase) =>
    apart === 1 ? index : block.let(`${index} / ${apart}`);
  const divides = (index: string, { apart }: Phase) =>
    apart === 1 ? [] : [`${index} % ${apart} == 0`];
  return {
    ...{ operand: dy, along: "sides", isByFours: false },
    side: axes(batch, rows.count, columns.count),
    term: axes(outputs, rows.taps, columns.taps),
    place: (block, [b, y, x], [o, ty, tx]) => [
      ...[b!, o!],
      whole(block, distance(block, y!, ty!, rows), rows),
      whole(block, distance(block, x!, tx!, columns), columns),
    ],
    exists: (block, [, y, x], [, ty, tx]) => {
      const row = distance(block, y!, ty!, rows);
      const column = distance(block, x!, tx!, columns);
      const spread: Extents2d = [
        result[0] * rows.apart,
        result[1] * columns.apart,
      ];
      return [
        liesIn(row, column, spread),
        ...divides(row, rows),
        ...divides(column, columns),
      ].join(" && ");
    },
  };
}

/**
 * Adds the kernels of the op `conv2dInputGrad`, one for each pair of remainders of rows
 * and columns by the stride: gradients `[B, O, H′, W′]` by kernels `[O, C, h, w]` to images.
 */
export function conv2dInputGradKernels(
  lowering: Lowering,
  attributes: ConvolutionAttributes,
  dy: Operand,
  w: Operand,
  target: Target,
): void {
  const extents = extentsFor(attributes, target.shape, w.shape);
  const { batch, inputs, outputs } = extents;
  const together = target.onlyVector === true;
  const phases = ([0, 1] as const).map((axis) =>
    phasesOf(extents, axis, together)
  );
  for (const rows of phases[0]!) {
    for (const columns of phases[1]!) {
      const kernels: Factor = {
        ...{ operand: w, exists: always, isByFours: false },
        along: sizeOf(extents.kernel) === 1 ? "sides" : "terms",
        side: axes(inputs),
        term: axes(outputs, rows.taps, columns.taps),
        place: (block, [c], [o, ty, tx]) => [
          ...[o!, c!],
          block.let(every(ty!, rows.firstTap, rows.step)),
          block.let(every(tx!, columns.firstTap, columns.step)),
        ],
      };
      productKernel(lowering, {
        name: "conv2dInputGrad",
        ...{ rows: inputs, columns: batch * rows.count * columns.count },
        ...{ terms: outputs * rows.taps * columns.taps, planes: 1 },
        left: kernels,
        right: gradientFactor(dy, extents, rows, columns),
        ...{ target, row: axes(inputs) },
        column: axes(batch, rows.count, columns.count),
        position: (_, [c], [b, y, x]) => ({
          at: [
            ...[b!, c!],
            every(y!, rows.first, rows.step),
            every(x!, columns.first, columns.step),
          ],
        }),
      });
    }
  }
}

/** Parts of a sum that keep a card busy where there are few results. */
function planesOf(tiles: number, turns: number): number {
  const busy = Math.min(
    Math.floor(MANY_WORKGROUPS / tiles),
    Math.floor(turns / FEW_TURNS),
  );
  const wanted = Math.max(1, busy, Math.ceil(turns / MOST_TURNS));
  // No plane is empty.
  return Math.ceil(turns / Math.ceil(turns / wanted));
}

/**
 * Adds the kernel of the op `conv2dWeightGrad`: gradients `[B, O, H′, W′]` by images
 * `[B, C, H, W]` to kernels. Sums over many positions are done in planes, which `addUp` joins.
 */
export function conv2dWeightGradKernels(
  lowering: Lowering,
  attributes: ConvolutionAttributes,
  dy: Operand,
  x: Operand,
  target: Target,
): void {
  const extents = extentsFor(attributes, x.shape, target.shape);
  const { batch, inputs, outputs, image, kernel, result } = extents;
  const [taps, results] = [axes(inputs, ...kernel), axes(batch, ...result)];
  const columns = inputs * sizeOf(kernel);
  const terms = batch * sizeOf(result);
  const tiles = tilesOf(outputs) * tilesOf(columns);
  const planes = planesOf(tiles, turnsOf(terms));
  const isDirect = planes === 1 && target.onlyVector !== true;
  const id = isDirect ? -1 : lowering.scratch([planes, ...target.shape]);
  const place = meeting(attributes);
  const gradients: Factor = {
    ...{ operand: dy, along: "terms", side: axes(outputs), term: results },
    place: (_, [o], [b, ...at]) => [b!, o!, ...at],
    ...{ exists: always, isByFours: false },
  };
  const images: Factor = {
    ...{ operand: x, along: "terms", side: taps, term: results },
    place: (block, tap, position) => place(block, position, tap),
    exists: (block, tap, position) => {
      const [, , row, column] = place(block, position, tap);
      return attributes.padding === 0 ? "" : liesIn(row!, column!, image);
    },
    isByFours: false,
  };
  productKernel(lowering, {
    name: "conv2dWeightGrad",
    ...{ rows: outputs, columns, terms, planes },
    ...{ left: gradients, right: images },
    target: isDirect ? target : tensorTarget(lowering.values, id),
    ...{ row: axes(outputs), column: taps },
    position: (plane, [o], tap) => ({
      at: isDirect ? [o!, ...tap] : [plane, o!, ...tap],
    }),
  });
  if (!isDirect) {
    lowering.addUp({ planes: id, count: planes, target });
  }
}
