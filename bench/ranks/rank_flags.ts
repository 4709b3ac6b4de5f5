/** Flags of `bench/ranks.ts`. */
import { left, MODEL_PRESETS, type ModelName, right } from "../../core/mod.ts";
import {
  type Flag,
  switchFlag,
  textFlag,
  wholeFlag,
} from "../../cli/flags/flags.ts";
import { namesFlag, wholesFlag } from "../list_flags.ts";

/** Ranks, and the threads of each. */
export type RanksByThreads = readonly [ranks: number, threads: number];

/** Ranks and threads that are compared. */
export const COMPARED: readonly RanksByThreads[] = [
  [1, 1],
  [1, 2],
  [2, 1],
  [4, 1],
];

const compareFlag: Flag<readonly RanksByThreads[]> = {
  metavar: "RxT,RxT,…",
  help: "ranks and threads of each that are compared",
  parse: (text) => {
    const pairs = text.split(",").map((part) =>
      /^([1-9]\d?)x([1-9]\d?)$/.exec(part.trim())
    );
    return pairs.every((pair) => pair !== null)
      ? right(pairs.map(([, ranks, threads]) => [+ranks!, +threads!] as const))
      : left("ranks and threads below 100, for example 1x1,2x1");
  },
};

/** The flags. */
export const RANK_BENCH_FLAGS = {
  "mpirun": textFlag("PROGRAM", "launcher of MPICH or Open MPI"),
  "models": namesFlag(Object.keys(MODEL_PRESETS) as ModelName[], "models"),
  "frozen": wholesFlag(0, "how many layers are frozen, rows for each"),
  "images": wholeFlag(1, "images of a step, of all ranks"),
  "compare": compareFlag,
  "steps": wholeFlag(1, "timed steps of a row, of which the fastest counts"),
  "repeats": wholeFlag(1, "how often each row is measured"),
  "help": switchFlag("print this and stop"),
} as const;

/** Defaults of the flags. */
export const RANK_BENCH_DEFAULTS = {
  "mpirun": "mpirun",
  "models": "nano,vit-s,vit-b",
  "frozen": "none, some and most of the model's layers",
  "images": "256 of nano, else 64",
  "compare": COMPARED.map((pair) => pair.join("x")).join(),
  "steps": "3",
  "repeats": "2",
} as const;
