/**
 * Steps that several processes share under MPI, beside one process: time, communication,
 * bytes.
 *
 * ```sh
 * deno run -A bench/ranks.ts --mpirun mpirun.mpich > ranks.jsonl
 * deno run -A bench/scaling.ts --measured ranks.jsonl
 * ```
 *
 * Every row is measured in processes of its own, all rows in turn and as often as
 * `--repeats` says; the fastest step counts. `gradientSeconds` is measured with the sums
 * left out, all ranks side by side, so that it is what a rank computes by itself. The
 * first row of a model and phase is one rank of one thread, to which the others are
 * compared; the second is one process with the threads of two ranks. `--compare 1x1,2x1`
 * says which are measured, `--models`, `--frozen` and `--images` of what.
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import { describeFaults, type ModelName } from "../core/mod.ts";
import { type FlagValues, initially } from "../cli/flags/flags.ts";
import { helpText } from "../cli/flags/help_text.ts";
import { parseFlags } from "../cli/flags/parse_flags.ts";
import { type Columns, columnTable } from "./column_table.ts";
import {
  COMPARED,
  RANK_BENCH_DEFAULTS,
  RANK_BENCH_FLAGS,
  type RanksByThreads,
} from "./ranks/rank_flags.ts";
import {
  faster,
  type RankRow,
  type RankSpec,
  type RankTimes,
} from "./ranks/rank_spec.ts";

const USAGE =
  "Times steps that several processes share: deno run -A bench/ranks.ts [FLAGS]";

/** Images of a step and frozen layers of each model. */
const MODELS: Readonly<
  Partial<
    Record<
      ModelName,
      { readonly images: number; readonly frozen: readonly number[] }
    >
  >
> = {
  "nano": { images: 256, frozen: [0, 4, 6] },
  "vit-s": { images: 64, frozen: [0, 7, 11] },
  "vit-b": { images: 64, frozen: [0, 7, 11] },
};

/** Measures one row in processes of its own. */
async function measuredApart(
  launcher: string,
  spec: RankSpec,
): Promise<RankTimes> {
  const program = new URL("./ranks/rank_row.ts", import.meta.url).pathname;
  const run = ["run", "-A", "--no-check", "--quiet"];
  const { success, stdout } = await new Deno.Command(launcher, {
    args: [
      ...["-n", String(spec.ranks), Deno.execPath()],
      ...[...run, program, JSON.stringify(spec)],
    ],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${launcher} failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** The rows of one model and phase. */
async function rowsOf(
  launcher: string,
  { model, frozen, images, steps }: Omit<
    RankSpec,
    "ranks" | "threads" | "sums"
  >,
  repeats: number,
  pairs: readonly RanksByThreads[],
): Promise<readonly RankRow[]> {
  const best = new Map<string, RankTimes>();
  for (let k = 0; k < repeats; k++) {
    for (const [ranks, threads] of pairs) {
      for (const sums of ranks > 1 ? [true, false] : [true]) {
        const spec = { model, frozen, images, steps, ranks, threads, sums };
        const times = await measuredApart(launcher, spec);
        const key = `${ranks} ${threads} ${sums}`;
        best.set(key, faster(best.get(key), times));
      }
    }
  }
  const one = best.get("1 1 true")?.secondsPerStep ?? NaN;
  return pairs.flatMap(([ranks, threads]) => {
    const times = best.get(`${ranks} ${threads} true`);
    if (times === undefined) return [];
    const alone = best.get(`${ranks} ${threads} false`) ?? times;
    const { sumMilliseconds: sum, exposedMilliseconds: exposed } = times;
    return [{
      ...{ model, frozenLayers: frozen, images, ranks, threads },
      ...times,
      gradientSeconds: alone.gradientSeconds,
      speedup: one / times.secondsPerStep,
      hidden: ranks === 1 ? null : 1 - exposed / sum,
    }];
  });
}

const percent = (part: number | null): string =>
  part === null ? "–" : `${(100 * part).toFixed(0)} %`;

const COLUMNS: Columns<RankRow> = [
  ["model", ({ model }) => model],
  ["frozen", ({ frozenLayers }) => String(frozenLayers)],
  ["ranks × threads", ({ ranks, threads }) => `${ranks} × ${threads}`],
  ["ms a step", ({ secondsPerStep }) => (1000 * secondsPerStep).toFixed(0)],
  ["speed-up", ({ speedup }) => `${speedup.toFixed(2)}×`],
  ["sums, ms", ({ sumMilliseconds }) => sumMilliseconds.toFixed(0)],
  ["hidden", ({ hidden }) => percent(hidden)],
  ["MB", ({ bytes }) => (bytes / 1e6).toFixed(1)],
];

/** Measures and prints all rows. */
async function measure(values: FlagValues<typeof RANK_BENCH_FLAGS>) {
  const { mpirun = "mpirun", steps = 3, repeats = 2, compare = COMPARED } =
    values;
  const all: RankRow[] = [];
  for (const model of values.models ?? ["nano", "vit-s", "vit-b"] as const) {
    const own = MODELS[model] ?? { images: 64, frozen: [0] };
    const { images = own.images } = values;
    for (const frozen of values.frozen ?? own.frozen) {
      const spec = { model, frozen, images, steps };
      const rows = await rowsOf(mpirun, spec, repeats, compare);
      rows.forEach((row) => console.log(JSON.stringify(row)));
      all.push(...rows);
    }
  }
  console.error(columnTable(COLUMNS)(all));
}

const parsed = parseFlags(RANK_BENCH_FLAGS, Deno.args);
if (parsed._tag === "Left") {
  console.error(describeFaults(parsed.left));
  Deno.exit(2);
}
if (parsed.right.help) {
  console.log(
    helpText(USAGE, initially(RANK_BENCH_FLAGS, RANK_BENCH_DEFAULTS)),
  );
} else await measure(parsed.right);
