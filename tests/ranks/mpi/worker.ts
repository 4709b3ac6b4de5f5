/**
 * One rank of a job that a test starts: `worker.ts SCENARIO LIMIT [ARGUMENT]`. What it
 * finds wrong ends all ranks with exit code 1.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- its lines are what the test reads
import { deepStrictEqual, match } from "node:assert/strict";
import { describeRankError, type Ranks } from "../../../ranks/mod.ts";
import { joinRanks } from "../../../ranks/mpi/mpi_ranks.ts";
import { treeSum } from "../tree_sum.ts";

const [scenario, limit, argument = ""] = Deno.args;

const SCENARIOS: Readonly<Record<string, (ranks: Ranks) => Promise<void>>> = {
  laws: async (ranks) => {
    deepStrictEqual([ranks.localRank, ranks.localSize], [
      ranks.rank,
      ranks.size,
    ]);
    match(ranks.transport, /^(MPICH|Open MPI) v?\d+\.\d+/);
    await exchanges(ranks);
    await sums(ranks, argument.split(",").map(Number));
    await ticks(ranks);
    await broadcasts(ranks);
    await ranks.end();
    console.log(`rank ${ranks.rank} of ${ranks.size} kept the laws`);
    Deno.exit(0);
  },
  missing: async (ranks) => {
    if (ranks.rank !== 2) await report(ranks.exchange("", "step 3", 2));
    await lastWords(ranks);
  },
  unsummed: async (ranks) => {
    if (ranks.rank === 0) {
      await report(ranks.sum(new Float32Array(100_000)));
      await report(ranks.exchange("", "step 4"));
    }
    await lastWords(ranks);
  },
  differing: async (ranks) => {
    await report(ranks.exchange("", `step ${ranks.rank}`));
    await lastWords(ranks);
  },
};

async function exchanges(ranks: Ranks): Promise<void> {
  for (const text of ["", "ä€😀\ud83d", "x".repeat(1_000_000)]) {
    const heard = await ranks.exchange(`${text}${ranks.rank}`, "texts");
    const wanted = numbers(ranks.size).map((rank) => `${text}${rank}`);
    deepStrictEqual(heard, { _tag: "Right", right: wanted });
  }
}

async function sums(ranks: Ranks, lengths: readonly number[]): Promise<void> {
  const before = ranks.traffic;
  for (const length of lengths) {
    const parts = numbers(ranks.size).map((rank) => part(rank, length));
    const shared = new Float32Array(
      new SharedArrayBuffer(4 * length + 8),
      4,
      length,
    );
    shared.set(parts[ranks.rank]!);
    const own = parts[ranks.rank]!.slice();
    // The second call need not wait for the first one.
    const results = await Promise.all([ranks.sum(shared), ranks.sum(own)]);
    deepStrictEqual(results.map(({ _tag }) => _tag), ["Right", "Right"]);
    deepStrictEqual(Float32Array.from(shared), own);
    const wanted = treeSum(parts);
    if (ranks.size !== 3) deepStrictEqual(own, wanted);
    else near(own, wanted);
    const bits = new Uint32Array(own.buffer).join();
    const all = await ranks.exchange(bits, "bits");
    const same = numbers(ranks.size).map(() => bits);
    deepStrictEqual(all, { _tag: "Right", right: same });
  }
  const floats = lengths.reduce((sum, length) => sum + length, 0);
  deepStrictEqual(ranks.traffic.bytes - before.bytes, 2 * 4 * floats);
  deepStrictEqual(ranks.traffic.sums - before.sums, 2 * lengths.length);
}

/** The order of three numbers is that of the library: a few last bits differ. */
function near(own: Float32Array, wanted: Float32Array): void {
  const far = own.findIndex((x, i) => Math.abs(x - wanted[i]!) > 1e-6);
  deepStrictEqual(far, -1);
}

/** Timers are served while numbers are added up. */
async function ticks(ranks: Ranks): Promise<void> {
  let count = 0;
  const timer = setInterval(() => count++, 5);
  if (ranks.rank === 1) await new Promise((end) => setTimeout(end, 200));
  await ranks.sum(new Float32Array(1000));
  clearInterval(timer);
  if (ranks.size > 1) deepStrictEqual(count > 3, true);
}

async function broadcasts(ranks: Ranks): Promise<void> {
  const bytes = Uint8Array.from({ length: 1003 }, (_, i) => i + ranks.rank);
  const sent = await ranks.broadcast(bytes);
  deepStrictEqual(sent._tag, "Right");
  deepStrictEqual(bytes, Uint8Array.from({ length: 1003 }, (_, i) => i));
  deepStrictEqual((await ranks.broadcast(new Uint8Array(0)))._tag, "Right");
}

/** Numbers between −1 and 1 whose sum depends on the order. */
function part(rank: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(1e4 * rank + i));
}

function numbers(size: number): readonly number[] {
  return Array.from({ length: size }, (_, i) => i);
}

async function report(
  asked: ReturnType<Ranks["exchange" | "sum"]>,
): Promise<void> {
  const result = await asked;
  const words = result._tag === "Left"
    ? describeRankError(result.left)
    : "fine";
  console.log(`${joinedAs}: ${words.replaceAll(` on ${host}`, " on HOST")}`);
}

/** Lets the others speak; then rank 0 ends all. */
async function lastWords(ranks: Ranks): Promise<void> {
  const wait = ranks.rank === 0 ? 500 : 60_000;
  await new Promise((end) => setTimeout(end, wait));
  ranks.abort(5);
}

const library = scenario === "library" ? { library: argument } : {};
const joined = await joinRanks({ limitSeconds: Number(limit), ...library });
if (joined._tag === "Left") {
  console.log(describeRankError(joined.left));
  Deno.exit(3);
}
const ranks = joined.right;
const { host } = ranks;
const joinedAs = `rank ${ranks.rank}`;
try {
  await SCENARIOS[scenario!]!(ranks);
} catch (cause) {
  console.error(joinedAs, cause);
  ranks.abort(1);
}
