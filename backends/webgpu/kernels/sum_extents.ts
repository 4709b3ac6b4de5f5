/** Axes of sums: which stay, which are summed, and how far apart their numbers are. */
import { type Shape, sizeOf } from "../../../core/mod.ts";
import { padRank, stridesOf } from "../../../core/graph/shape.ts";

/** Neighbouring axes that are all kept or all summed. */
export interface Axis {
  readonly isKept: boolean;
  readonly extent: number;
  /** Step in the source. */
  readonly stride: number;
}

/** What a sum consists of. */
export interface Extents {
  readonly kept: readonly Axis[];
  readonly summed: readonly Axis[];
  /** Numbers of the result, and terms of each. */
  readonly results: number;
  readonly terms: number;
  /** The last axis that is longer than 1 stays. */
  readonly isLastKept: boolean;
}

/** Axes longer than 1, neighbours of one kind joined. */
function axesOf(from: Shape, to: Shape): readonly Axis[] {
  const strides = stridesOf(from);
  const wanted = padRank(to, from.length);
  return from.reduce<readonly Axis[]>((axes, extent, i) => {
    if (extent === 1) return axes;
    const [isKept, before] = [wanted[i] === extent, axes.at(-1)];
    const stride = strides[i] ?? 1;
    return before?.isKept === isKept
      ? [...axes.slice(0, -1), {
        ...{ isKept, stride },
        extent: before.extent * extent,
      }]
      : [...axes, { isKept, extent, stride }];
  }, []);
}

const countOf = (axes: readonly Axis[]): number =>
  sizeOf(axes.map(({ extent }) => extent));

/** What a sum from one shape to another consists of. */
export function extentsOf(from: Shape, to: Shape): Extents {
  const axes = axesOf(from, to);
  const kept = axes.filter(({ isKept }) => isKept);
  const summed = axes.filter(({ isKept }) => !isKept);
  return {
    ...{ kept, summed, results: countOf(kept), terms: countOf(summed) },
    isLastKept: axes.at(-1)?.isKept ?? true,
  };
}
