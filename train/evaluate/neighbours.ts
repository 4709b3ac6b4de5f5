/** The nearest of many points, by cosine similarity. */
import type { Backend } from "../../backends/backend.ts";
import { type Result, right, traceGraph } from "../../core/mod.ts";
import { type WorkOptions, yieldToOthers } from "../work_options.ts";
import { compileGraph, runOnce } from "../engine/programs.ts";
import type { LabelledFeatures } from "../tasks/probe_batches.ts";
import type { TrainError } from "../train_error.ts";

/** Options of a search for neighbours. */
export interface KnnSearch extends WorkOptions {
  /** The engine that compares points; the main thread, in float64, when left out. */
  readonly backend?: Backend | undefined;
  /**
   * Bytes of the rows that are compared at a time, at least those of one row of each
   * side. 4 MiB when left out.
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

/** Compares all points, tile by tile. */
async function compareAll(
  train: LabelledFeatures,
  test: LabelledFeatures,
  rows: readonly [test: number, train: number],
  { compare }: Comparer,
  found: Neighbours,
  { signal, onProgress }: WorkOptions,
): Promise<Result<TrainError, Neighbours>> {
  const [mine, theirs] = [rows[0], rows[1]].map((count) =>
    new Float32Array(count * train.width)
  ) as [Float32Array, Float32Array];
  let done = 0;
  for (const asked of tilesOf(test, mine)) {
    for (const known of tilesOf(train, theirs)) {
      const products = await compare(asked, known);
      if (products._tag === "Left") return products;
      insertTile(found, asked, known, train.labels, products.right, rows[1]);
      done += asked.rows * known.rows;
      const goOn = await yieldToOthers(signal);
      if (goOn._tag === "Left") return goOn;
      onProgress?.(done);
    }
  }
  return right(found);
}

/**
 * The nearest of `train` to each of `test`. Beside what it returns it holds two tiles
 * and their products, however many points there are. If there are fewer than `most`,
 * all are neighbours.
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
  try {
    return await compareAll(train, test, shape, comparer.right, found, search);
  } finally {
    comparer.right.dispose();
  }
}
