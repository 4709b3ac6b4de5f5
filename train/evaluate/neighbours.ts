/** The nearest of many points, by cosine similarity. */
import type { Backend } from "../../backends/backend.ts";
import { left, type Result, right, traceGraph } from "../../core/mod.ts";
import type { RowStretch } from "../../data/mod.ts";
import type { Ranks } from "../../ranks/mod.ts";
import { filledByAll, toldByAll } from "../ranks/told_by_all.ts";
import { type SharedWork, yieldToOthers } from "../work_options.ts";
import { compileGraph, runOnce } from "../engine/programs.ts";
import type { LabelledFeatures } from "../tasks/probe_batches.ts";
import type { TrainError } from "../train_error.ts";

/** Options of a search for neighbours. */
export interface KnnSearch extends SharedWork {
  /** The engine that compares points; the main thread, in float64, by default. */
  readonly backend?: Backend | undefined;
  /**
   * Bytes of the rows that are compared at a time, at least those of one row of each
   * side. 4 MiB by default.
   */
  readonly tileBytes?: number | undefined;
}

const TILE_BYTES = 2 ** 22;

const TILE_ROWS = 512;

/** Some rows brought to length 1; a row of zeros stays. */
interface Tile {
  /** First row. */
  readonly from: number;
  readonly rows: number;
  /** Room for at least `rows` rows. */
  readonly values: Float32Array;
}

/** Count of points. */
export const rowsOf = ({ features, width }: LabelledFeatures): number =>
  features.length / width;

/** Fills a tile's memory with unit rows. */
function unitTile(
  { features, width }: LabelledFeatures,
  from: number,
  rows: number,
  values: Float32Array,
): Tile {
  for (let row = 0; row < rows; row++) {
    const [source, target] = [(from + row) * width, row * width];
    let squares = 0;
    for (let d = 0; d < width; d++) squares += features[source + d]! ** 2;
    const length = squares > 0 ? Math.sqrt(squares) : 1;
    for (let d = 0; d < width; d++) {
      values[target + d] = features[source + d]! / length;
    }
  }
  return { from, rows, values };
}

/** Tiles of at most so many rows, one after another in the same memory. */
function* tilesOf(
  points: LabelledFeatures,
  memory: Float32Array,
): Generator<Tile, void> {
  const [count, size] = [rowsOf(points), memory.length / points.width];
  for (let from = 0; from < count; from += size) {
    yield unitTile(points, from, Math.min(size, count - from), memory);
  }
}

/** Products of every row of one tile with every row of another, `[rows a, rows b]`. */
interface Comparer {
  readonly compare: (
    a: Tile,
    b: Tile,
  ) => Promise<Result<TrainError, Float32Array>>;
  readonly dispose: () => void;
}

/** Compares on the main thread. */
function hostComparer(
  width: number,
  [rowsA, rowsB]: readonly [number, number],
): Comparer {
  const products = new Float32Array(rowsA * rowsB);
  const compare: Comparer["compare"] = (a, b) => {
    for (let i = 0; i < a.rows; i++) {
      const row = a.values.subarray(i * width, (i + 1) * width);
      const out = i * rowsB;
      // Four at a time, so that each number of the row is read once for them; rows
      // behind the last of the tile are of no use and do no harm.
      for (let j = 0; j < b.rows; j += 4) {
        let [s0, s1, s2, s3] = [0, 0, 0, 0];
        const at = j * width;
        for (let d = 0; d < width; d++) {
          const v = row[d]!;
          s0 += v * b.values[at + d]!;
          s1 += v * b.values[at + width + d]!;
          s2 += v * b.values[at + 2 * width + d]!;
          s3 += v * b.values[at + 3 * width + d]!;
        }
        products.set([s0, s1, s2, s3].slice(0, b.rows - j), out + j);
      }
    }
    return Promise.resolve(right(products));
  };
  return { compare, dispose: () => {} };
}

async function deviceComparer(
  backend: Backend,
  width: number,
  [rowsA, rowsB]: readonly [number, number],
): Promise<Result<TrainError, Comparer>> {
  const graph = traceGraph((g) => {
    const [a, b] = [g.input("a", [rowsA, width]), g.input("b", [rowsB, width])];
    return { products: g.matmul(a, b, { transposeB: true }) };
  });
  const compiled = await compileGraph(backend, graph);
  if (compiled._tag === "Left") return compiled;
  const { right: program } = compiled;
  return right({
    compare: async (a, b) => {
      const found = await runOnce(backend, program, new Map(), {
        a: { shape: [rowsA, width], data: a.values },
        b: { shape: [rowsB, width], data: b.values },
      });
      return found._tag === "Left"
        ? found
        : right(found.right.get("products") ?? new Float32Array());
    },
    dispose: () => program.dispose(),
  });
}

/** The nearest labelled points of each point, nearest first. */
export interface Neighbours {
  /** Points that were asked for. */
  readonly count: number;
  /** Neighbours of each. */
  readonly k: number;
  /** Their classes, `[count, k]`; −1 for none. */
  readonly labels: Int32Array;
  /** Their cosine similarities, `[count, k]`; `−∞` where none was found yet. */
  readonly similarities: Float32Array;
}

/** Puts a point among the nearest of another; of equally near ones the earlier stays before. */
function insert(
  { k, labels, similarities }: Neighbours,
  query: number,
  label: number,
  similarity: number,
): void {
  const [first, end] = [query * k, (query + 1) * k];
  if (!(similarity > similarities[end - 1]!)) return;
  let [low, high] = [first, end - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (similarities[middle]! < similarity) high = middle;
    else low = middle + 1;
  }
  similarities.copyWithin(low + 1, low, end - 1);
  labels.copyWithin(low + 1, low, end - 1);
  similarities[low] = similarity;
  labels[low] = label;
}

/** Puts the points of one tile among the nearest of those of another. */
function insertTile(
  found: Neighbours,
  asked: Tile,
  known: Tile,
  labels: Int32Array,
  products: Float32Array,
  stride: number,
): void {
  for (let i = 0; i < asked.rows; i++) {
    for (let j = 0; j < known.rows; j++) {
      const label = labels[known.from + j] ?? -1;
      insert(found, asked.from + i, label, products[i * stride + j]!);
    }
  }
}

/** A comparison of the points of one side with all of the other. */
interface Comparison {
  readonly train: LabelledFeatures;
  readonly comparer: Comparer;
  /** Memory of a tile of training points. */
  readonly memory: Float32Array;
  /** Rows of such a tile. */
  readonly stride: number;
  readonly found: Neighbours;
}

/** Compares the points of a tile with all training points; gives the number of pairs. */
async function compareTile(
  asked: Tile,
  { train, comparer, memory, stride, found }: Comparison,
  signal: AbortSignal | undefined,
  onPairs: (done: number) => void,
): Promise<Result<TrainError, number>> {
  let done = 0;
  for (const known of tilesOf(train, memory)) {
    const products = await comparer.compare(asked, known);
    if (products._tag === "Left") return products;
    insertTile(found, asked, known, train.labels, products.right, stride);
    done += asked.rows * known.rows;
    const goOn = await yieldToOthers(signal);
    if (goOn._tag === "Left") return goOn;
    onPairs(done);
  }
  return right(done);
}

/** What a rank tells after each round: pairs that it compared, or that it was stopped. */
type Told = number | "stopped";

/**
 * Compares all points, tile by tile; several ranks take tiles in turn.
 *
 * @returns The first point and the rows of each tile of this rank; or the first error.
 */
async function compareAll(
  test: LabelledFeatures,
  rows: number,
  comparison: Comparison,
  { signal, onProgress, ranks = null }: SharedWork,
): Promise<Result<TrainError, readonly RowStretch[]>> {
  const { rank, size } = ranks ?? { rank: 0, size: 1 };
  const memory = new Float32Array(rows * test.width);
  const mine: RowStretch[] = [];
  let done = 0;
  for (let first = 0; first < rowsOf(test); first += size * rows) {
    const from = first + rank * rows;
    const count = Math.max(0, Math.min(rows, rowsOf(test) - from));
    const asked = unitTile(test, from, count, memory);
    const onPairs = (pairs: number) => onProgress?.(done + pairs);
    const compared = count === 0
      ? right(0)
      : await compareTile(asked, comparison, signal, onPairs);
    const stopped = compared._tag === "Left" &&
      compared.left._tag === "Stopped";
    if (compared._tag === "Left" && !stopped) return compared;
    const own: Told = compared._tag === "Left" ? "stopped" : compared.right;
    const told = await toldByAll(ranks, own, "a comparison of images");
    if (told._tag === "Left") return told;
    if (told.right.includes("stopped")) return left({ _tag: "Stopped" });
    done += told.right.reduce<number>((sum, pairs) => sum + Number(pairs), 0);
    onProgress?.(done);
    if (count > 0) mine.push({ from, count });
  }
  return right(mine);
}

/** The neighbours that all ranks found, on each of them. */
async function foundByAll(
  { count, k, labels, similarities }: Neighbours,
  mine: readonly RowStretch[],
  ranks: Ranks,
): Promise<Result<TrainError, Neighbours>> {
  const partsOf = (numbers: Float32Array) =>
    mine.map(({ from, count }) => ({
      at: from * k,
      numbers: numbers.subarray(from * k, (from + count) * k),
    }));
  // Classes are whole numbers far below 2²⁴.
  const named = partsOf(Float32Array.from(labels));
  const all = await filledByAll(ranks, count * k, named);
  if (all._tag === "Left") return all;
  const near = await filledByAll(ranks, count * k, partsOf(similarities));
  return near._tag === "Left" ? near : right({
    ...{ count, k, labels: Int32Array.from(all.right) },
    similarities: near.right,
  });
}

/**
 * The nearest of `train` to each of `test`. Beside what it returns it holds two tiles
 * and their products, however many points there are. If there are fewer than `most`,
 * all are neighbours. Tiles are the same for any number of ranks, and so are the neighbours.
 */
export async function neighboursOf(
  train: LabelledFeatures,
  test: LabelledFeatures,
  most: number,
  search: KnnSearch,
): Promise<Result<TrainError, Neighbours>> {
  const { backend, tileBytes = TILE_BYTES } = search;
  const { width } = train;
  const [count, k] = [rowsOf(test), Math.min(most, rowsOf(train))];
  const found: Neighbours = {
    count,
    k,
    labels: new Int32Array(count * k).fill(-1),
    similarities: new Float32Array(count * k).fill(-Infinity),
  };
  if (count === 0 || k === 0) return right(found);
  const size = tileBytes / (2 * Float32Array.BYTES_PER_ELEMENT * width);
  const rows = Math.max(1, Math.min(TILE_ROWS, Math.floor(size)));
  const shape = [Math.min(rows, count), Math.min(rows, rowsOf(train))] as const;
  const comparer = backend === undefined
    ? right(hostComparer(width, shape))
    : await deviceComparer(backend, width, shape);
  if (comparer._tag === "Left") return comparer;
  const [mine, theirs] = shape;
  const memory = new Float32Array(theirs * width);
  const comparison = {
    ...{ train, comparer: comparer.right, memory, stride: theirs, found },
  };
  try {
    const own = await compareAll(test, mine, comparison, search);
    if (own._tag === "Left") return own;
    const { ranks } = search;
    return ranks ? await foundByAll(found, own.right, ranks) : right(found);
  } finally {
    comparer.right.dispose();
  }
}
