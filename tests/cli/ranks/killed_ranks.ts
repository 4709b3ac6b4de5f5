/**
 * Runs of several ranks of which one is killed, again and again.
 *
 * @module
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Key, rootKey, split, uniforms } from "../../../core/mod.ts";
import {
  type Death,
  deathOf,
  spin,
  untilWriting,
} from "../../train/survival/killed_process.ts";
import {
  type Launched,
  type LaunchEnd,
  type RankProcess,
  startRanks,
} from "./launched.ts";
import { checkpointOf, checkpointsIn, stepsIn } from "./small_run.ts";

/** Milliseconds within which all processes are to be gone after one was killed. */
const ALL_GONE = 10_000;

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** One launch. */
export interface RanksLife {
  readonly ranks: number;
  /** The process that was killed, or `null` if all came to their end. */
  readonly killed: RankProcess | null;
  /** Milliseconds from the kill until all processes were gone. */
  readonly milliseconds: number;
}

/** A number of ranks, one of them, and when it dies. */
interface Fate {
  readonly ranks: number;
  readonly rank: number;
  readonly death: Death;
}

/** The fate for a key. */
function fateOf(key: Key, sizes: readonly number[]): Fate {
  const [size = 0, which = 0] = uniforms(split(key, 0), 2);
  const ranks = sizes[Math.floor(size * sizes.length)] ?? 2;
  const rank = Math.floor(which * ranks);
  return { ranks, rank, death: deathOf(split(key, 1)) };
}

const changedAt = (path: string): number => {
  try {
    return Deno.statSync(path).mtime?.getTime() ?? 0;
  } catch {
    return 0;
  }
};

/** Waits for the moment of a death, or until all have ended. */
async function waitFor(
  death: Death,
  run: string,
  launched: Launched,
): Promise<void> {
  if (death.kind === "early") return await sleep(death.milliseconds);
  const record = join(run, "metrics.jsonl");
  const [before, first] = [changedAt(record), checkpointsIn(run).at(-1) ?? 0];
  const isReached = () =>
    changedAt(record) > before && stepsIn(run) >= first + death.steps;
  while (!launched.hasEnded && !isReached()) await sleep(2);
  if (death.kind === "writing") {
    await untilWriting(run, () => launched.hasEnded);
  }
  spin(death.milliseconds);
}

/** Kills a rank once it is there; gives its process, or `null` where all had ended. */
async function kill(
  rank: number,
  launched: Launched,
): Promise<RankProcess | null> {
  while (!launched.hasEnded) {
    const found = launched.processes().find((one) => one.rank === rank);
    if (found !== undefined) {
      Deno.kill(found.pid, "SIGKILL");
      return found;
    }
    await sleep(2);
  }
  return null;
}

/**
 * The launcher names a process that it saw end: the one that was killed, or one that it
 * then ended itself. The others say at most one thing.
 */
function checkWords({ code, said, stdout, stderr }: LaunchEnd): void {
  ok(code !== 0);
  match(stdout + stderr, /PID \d+ RUNNING AT /);
  ok(said.length <= 1, said.join("\n"));
}

/** Starts ranks and kills one of them, unless they end before. */
export async function liveAndDie(
  { ranks, rank, death }: Fate,
  run: string,
  flags: readonly string[],
): Promise<RanksLife> {
  const launched = startRanks({ ranks, flags });
  await waitFor(death, run, launched);
  const killed = await kill(rank, launched);
  const start = performance.now();
  const end = await launched.end;
  while (launched.processes().length > 0) {
    ok(performance.now() - start < ALL_GONE, "all processes are gone");
    await sleep(10);
  }
  const milliseconds = performance.now() - start;
  if (end.code === 0) return { ranks, killed: null, milliseconds };
  ok(killed !== null, end.stderr);
  ok(milliseconds < ALL_GONE, `gone after ${milliseconds} ms`);
  checkWords(end);
  return { ranks, killed, milliseconds };
}

/** Whatever has the name of a checkpoint is one: its files have the digests that it says. */
export async function checkCheckpoints(run: string): Promise<void> {
  for (const step of checkpointsIn(run)) {
    const folder = checkpointOf(run, step);
    const sums = await Deno.readTextFile(join(folder, "SHA512SUMS"));
    for (const line of sums.trimEnd().split("\n")) {
      const [digest, name = ""] = line.split("  ");
      const hash = createHash("sha512");
      hash.update(await Deno.readFile(join(folder, name)));
      strictEqual(hash.digest("hex"), digest, `${name} of step ${step}`);
    }
  }
}

/** How often runs are killed, and what is asked of them. */
export interface KillOptions {
  /** Kills, over as many runs as that takes. */
  readonly kills: number;
  /** Seed of the moments, the numbers of ranks and the victims. */
  readonly seed: number;
  /** An empty folder. */
  readonly folder: string;
  /** Numbers of ranks to draw from, for the run with a number. */
  readonly sizesOf: (run: number) => readonly number[];
  /** Flags that begin a run or go on with it. */
  readonly flags: readonly string[];
  /** Looks at a run that has come to its end. */
  readonly check: (folder: string, run: number) => Promise<void>;
}

/** Kills ranks of runs, and lets each run go on until its end. */
export async function killRanks(
  { kills, seed, folder, sizesOf, flags, check }: KillOptions,
): Promise<readonly RanksLife[]> {
  const lives: RanksLife[] = [];
  let [killed, number] = [0, 0];
  while (killed < kills) {
    const run = join(folder, `run-${number}`);
    const given = [...flags, "--output-dir", run, "--resume", "auto"];
    for (let isOver = false; !isOver;) {
      const fate = fateOf(split(rootKey(seed), lives.length), sizesOf(number));
      const life = await liveAndDie(fate, run, given);
      lives.push(life);
      if (life.killed !== null) killed++;
      await checkCheckpoints(run);
      isOver = life.killed === null;
    }
    await check(run, number++);
  }
  deepStrictEqual(lives.filter((life) => life.killed !== null).length, killed);
  return lives;
}
