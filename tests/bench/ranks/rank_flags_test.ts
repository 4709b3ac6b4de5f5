import { deepStrictEqual } from "node:assert/strict";
import {
  COMPARED,
  RANK_BENCH_DEFAULTS,
  RANK_BENCH_FLAGS,
} from "../../../bench/ranks/rank_flags.ts";
import { parseFlags } from "../../../cli/flags/parse_flags.ts";
import { faultsOf, right } from "../../right.ts";

const read = (...args: readonly string[]) => parseFlags(RANK_BENCH_FLAGS, args);

Deno.test("RANK_BENCH_FLAGS read lists of pairs, names and numbers", () => {
  const { compare } = RANK_BENCH_DEFAULTS;
  deepStrictEqual(right(read("--compare", compare)).compare, COMPARED);
  deepStrictEqual(
    right(read("--compare", "1x1, 8x2", "--models", "nano,vit-l")),
    { compare: [[1, 1], [8, 2]], models: ["nano", "vit-l"] },
  );
});

Deno.test("RANK_BENCH_FLAGS refuse what cannot be measured, all at once", () => {
  const bad = read(
    ...["--compare", "2x0", "--models", "nanu", "--steps", "0", "--repeat"],
  );
  const paths = faultsOf(bad).map((words) => words.split(":")[0]).toSorted();
  deepStrictEqual(paths, ["--compare", "--models", "--repeat", "--steps"]);
});
