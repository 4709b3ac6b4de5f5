/** Which of many points are nearest to others. */
import { type Result, right } from "../../../core/mod.ts";
import type { TrainError } from "../../train_error.ts";
import type { LabelledFeatures } from "../../tasks/probe_batches.ts";
import { type KnnSearch, neighboursOf, rowsOf } from "../neighbours.ts";

/** The nearest of some points to others, nearest first. */
export interface NearestPoints {
  /** Neighbours of each: as many as were asked for, at most all that there are. */
  readonly k: number;
  /** Their numbers among the points that were searched, `[count, k]`. */
  readonly indices: Int32Array;
  /** Their cosine similarities, `[count, k]`, in `[−1, 1]`. */
  readonly similarities: Float32Array;
}

/** Points without their classes. */
export type Points = Pick<LabelledFeatures, "features" | "width">;

const numbersUpTo = (count: number): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => i);

/**
 * The nearest points by cosine similarity: which they are, not only of which class.
 *
 * @param known Points that are searched, at most 2²⁴.
 * @param asked Points whose neighbours are wanted, of the same width.
 * @param most Neighbours of each, at least 1; of equally near ones the earlier is taken.
 * @param search Options of the search, progress and a signal that stops it.
 * @returns Their numbers and similarities; or `Stopped`.
 *
 * @example
 * ```ts
 * import { nearestPoints, orThrow } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const known = { features: Float32Array.of(1, 0, 0, 1, 1, 1), width: 2 };
 * const asked = { features: Float32Array.of(0, 3), width: 2 };
 * const { indices } = orThrow(await nearestPoints(known, asked, 2));
 * deepStrictEqual([...indices], [1, 2]);
 * ```
 */
export async function nearestPoints(
  known: Points,
  asked: Points,
  most: number,
  search: KnnSearch = {},
): Promise<Result<TrainError, NearestPoints>> {
  const numbered = ({ features, width }: Points): LabelledFeatures => {
    const labels = numbersUpTo(features.length / width);
    return { features, width, labels };
  };
  const found = await neighboursOf(
    ...[numbered(known), numbered(asked), most, search] as const,
  );
  if (found._tag === "Left") return found;
  const { k, labels: indices, similarities } = found.right;
  return right({ k, indices, similarities });
}

/**
 * The nearest of some points to each of them, itself left out.
 *
 * @param points Points, at most 2²⁴.
 * @param most Neighbours of each, at least 1.
 * @param search Options of the search, progress and a signal that stops it.
 * @returns Their numbers and similarities, one fewer than there are points at most; or
 * `Stopped`.
 */
export async function nearestOthers(
  points: Points,
  most: number,
  search: KnnSearch = {},
): Promise<Result<TrainError, NearestPoints>> {
  const found = await nearestPoints(points, points, most + 1, search);
  if (found._tag === "Left") return found;
  const count = rowsOf({ ...points, labels: new Int32Array() });
  const k = Math.max(0, Math.min(most, count - 1));
  const indices = new Int32Array(count * k);
  const similarities = new Float32Array(count * k);
  for (let i = 0; i < count; i++) {
    let at = i * k;
    // Equal points may all be as near as the point itself, which then need not be found.
    for (let place = 0; place < found.right.k && at < (i + 1) * k; place++) {
      const from = i * found.right.k + place;
      const index = found.right.indices[from] ?? -1;
      if (index === i) continue;
      indices[at] = index;
      similarities[at++] = found.right.similarities[from] ?? NaN;
    }
  }
  return right({ k, indices, similarities });
}
