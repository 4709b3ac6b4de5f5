/** Tiles that matrix products are made with, and the choice among them by estimated time. */
import type { KernelLimits } from "../../wgsl/lowering.ts";
import type { Target } from "../../wgsl/operand.ts";

/** Extents of `batch` products: `op(a)` is `[m, k]`, `op(b)` is `[k, n]`. */
export interface MatmulSizes {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** `a` is `[batch, k, m]`. */
  readonly transposeA: boolean;
  /** `b` is `[batch, n, k]`. */
  readonly transposeB: boolean;
}

/** Part of a product that a workgroup makes. */
export interface Tile {
  /** Rows and columns of the workgroup. */
  readonly rows: number;
  readonly columns: number;
  /** Terms of each result that are added in a turn. */
  readonly depth: number;
  /** Rows and columns of an invocation. */
  readonly blockRows: number;
  readonly blockColumns: number;
  /** Part of the arithmetic peak of a graphics processor that is expected. */
  readonly rate: number;
  /** Speed on software, relative to the best tile, and milliseconds to compile a kernel for it. */
  readonly software: readonly [rate: number, compilation: number];
}

/** Names of tiles. */
export type VariantName =
  | "large"
  | "deep"
  | "wide"
  | "tall"
  | "middle"
  | "square"
  | "small"
  | "narrowRows"
  | "narrowColumns"
  | "plain";

const tile = (
  [rows, columns, depth]: readonly [number, number, number],
  [blockRows, blockColumns]: readonly [number, number],
  rate: number,
  software: readonly [number, number],
): Tile => ({
  ...{ rows, columns, depth, blockRows, blockColumns, rate, software },
});

/** Tiles by name. All but `plain` keep the operands' parts in workgroup memory. */
export const VARIANTS: Readonly<Record<VariantName, Tile>> = {
  large: tile([128, 128, 8], [8, 8], 1, [0.75, 240]),
  deep: tile([128, 128, 16], [8, 8], 0.98, [0.9, 450]),
  wide: tile([64, 128, 16], [4, 8], 0.85, [0.7, 280]),
  tall: tile([128, 64, 16], [8, 4], 0.85, [0.65, 280]),
  middle: tile([64, 64, 16], [4, 4], 0.7, [0.65, 160]),
  square: tile([64, 64, 16], [8, 8], 0.75, [1, 560]),
  small: tile([32, 32, 16], [4, 4], 0.55, [0.6, 210]),
  narrowRows: tile([8, 128, 16], [4, 4], 0.4, [0.4, 330]),
  narrowColumns: tile([128, 8, 16], [4, 4], 0.4, [0.4, 330]),
  plain: tile([8, 8, 4], [1, 1], 0.05, [0.25, 50]),
};

/** Names of all tiles. */
const NAMES = Object.keys(VARIANTS) as readonly VariantName[];

/** Most terms that are added one after the other: long sums lose digits, and software ends long loops. */
const MOST_TERMS = 16_384;

/** Numbers of the planes of partial sums together: 128 MiB. */
const MOST_IN_PLANES = 2 ** 25;

/** Turns that make a part of a sum worth a workgroup. */
const FEW_TURNS = 8;

/** Parts of a sum that are tried. */
const SPLITS = [
  ...Array.from({ length: 16 }, (_, i) => i + 1),
  ...[20, 24, 32, 48, 64, 128, 256, 512],
];

/** Multiply-adds of a processor in the time in which it reads a number from a cache. */
const PER_READ = 16;

/** Multiply-adds of a processor in the time of one number of a plane, written and added. */
const PER_PLANE_NUMBER = 0.6;

/** Multiply-adds of a processor in the time in which another dispatch begins. */
const PER_DISPATCH = 1_000_000;

/** Multiply-adds of software in a millisecond, a kernel being run twenty times. */
const PER_COMPILATION = 100_000;

/** Processors and smallest time of a round, relative to that of one workgroup of several. */
const DEVICES = {
  // One workgroup by itself waits more than two do that share a processor.
  gpu: { processors: 132, shortest: 1.3 },
  software: { processors: 2, shortest: 1 },
} as const;

/** Invocations of a workgroup. */
export const invocationsOf = (
  { rows, columns, blockRows, blockColumns }: Tile,
): number => rows / blockRows * (columns / blockColumns);

/** Groups of four by which a row of a tile in workgroup memory is longer, against bank conflicts. */
export const paddingOf = (isTransposing: boolean): number =>
  isTransposing ? 1 : 0;

/** Bytes of workgroup memory. */
function bytesOf(
  { rows, columns, depth, blockRows }: Tile,
  { transposeA, transposeB }: MatmulSizes,
): number {
  if (blockRows === 1) return 0;
  const groups = rows / 4 + paddingOf(!transposeA) + columns / 4 +
    paddingOf(transposeB);
  return 16 * depth * groups;
}

/** Turns of the loop over the terms of a result, all parts together. */
const turnsOf = ({ k }: MatmulSizes, { depth }: Tile): number =>
  Math.ceil(k / depth);

/** Parts of the sum that a wish comes to: at most one a turn, none too long, none empty. */
export function partsOf(
  sizes: MatmulSizes,
  tile: Tile,
  split: number,
): { readonly parts: number; readonly turns: number } {
  const all = turnsOf(sizes, tile);
  const least = Math.ceil(sizes.k / MOST_TERMS);
  const turns = Math.max(1, Math.ceil(all / Math.max(least, split, 1)));
  return { parts: Math.max(1, Math.ceil(all / turns)), turns };
}

/** Workgroups of one part of the sum. */
const tilesOf = ({ batch, m, n }: MatmulSizes, tile: Tile): number =>
  batch * Math.ceil(m / tile.rows) * Math.ceil(n / tile.columns);

/** Estimated time in multiply-adds of one processor. */
function timeOf(
  { isGpu }: KernelLimits,
  sizes: MatmulSizes,
  tile: Tile,
  split: number,
): number {
  const { rows, columns, depth, rate, software } = tile;
  const { parts, turns } = partsOf(sizes, tile, split);
  const { processors, shortest } = DEVICES[isGpu ? "gpu" : "software"];
  const workgroups = tilesOf(sizes, tile) * parts;
  const rounds = Math.max(shortest, Math.ceil(workgroups / processors));
  const turn = depth *
    (isGpu
      ? Math.max(rows * columns / rate, PER_READ * (rows + columns))
      : rows * columns / software[0]);
  const planes = parts === 1
    ? 0
    : PER_DISPATCH + PER_PLANE_NUMBER * sizes.batch * sizes.m * sizes.n * parts;
  const start = isGpu ? 0 : PER_COMPILATION * software[1];
  return rounds * turns * turn + planes + start;
}

/** Parts of the sum that are worth a measurement, without those that come to the same. */
function splitsOf(sizes: MatmulSizes, tile: Tile): readonly number[] {
  const all = turnsOf(sizes, tile);
  const results = sizes.batch * sizes.m * sizes.n;
  const wished = SPLITS.filter((split) =>
    split === 1 ||
    all >= split * FEW_TURNS && results * split <= MOST_IN_PLANES
  );
  return [
    ...new Set(wished.map((split) => partsOf(sizes, tile, split).parts)),
  ];
}

const best = <T>(choices: readonly T[], time: (choice: T) => number): T =>
  choices.reduce((a, b) => time(b) < time(a) ? b : a);

/** Number of parts in which sums are added up, by estimate. */
export const defaultSplit = (
  limits: KernelLimits,
  sizes: MatmulSizes,
  variant: VariantName,
): number =>
  best(
    splitsOf(sizes, VARIANTS[variant]),
    (split) => timeOf(limits, sizes, VARIANTS[variant], split),
  );

/** Few numbers of parts that a tuner might try, the default among them. */
export function splitCandidates(
  limits: KernelLimits,
  sizes: MatmulSizes,
  variant: VariantName,
): readonly number[] {
  const usual = defaultSplit(limits, sizes, variant);
  const possible = splitsOf(sizes, VARIANTS[variant]);
  const near = (wanted: number): number =>
    best(possible, (split) => Math.abs(split - wanted));
  return [...new Set([1, usual / 2, usual, 2 * usual].map(near))];
}

/** Tiles that a device can do, the best by estimate first. */
export function allowedVariants(
  limits: KernelLimits,
  sizes: MatmulSizes,
  targets: readonly Pick<Target, "onlyVector">[] = [],
): readonly VariantName[] {
  const byFours = targets.some(({ onlyVector }) => onlyVector);
  const times = new Map(NAMES.map((name) => [
    name,
    timeOf(limits, sizes, VARIANTS[name], defaultSplit(limits, sizes, name)),
  ]));
  return NAMES.filter((name) => {
    const tile = VARIANTS[name];
    return invocationsOf(tile) <= limits.invocations &&
      bytesOf(tile, sizes) <= limits.workgroupBytes &&
      !(name === "plain" && byFours);
  }).toSorted((a, b) => times.get(a)! - times.get(b)!);
}

/** The tile of least estimated time. */
export function defaultVariant(
  limits: KernelLimits,
  sizes: MatmulSizes,
  targets: readonly Pick<Target, "onlyVector">[] = [],
): VariantName {
  const [first] = allowedVariants(limits, sizes, targets);
  if (first === undefined) {
    throw new Error("No tile of a matrix product fits the device");
  }
  return first;
}
