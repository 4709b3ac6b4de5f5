/**
 * Kills a run again and again, and looks at what is left each time.
 *
 * @module
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { rootKey, split } from "../../../core/mod.ts";
import { freezeSteps } from "../../../train/checkpoint/checkpoint_policy.ts";
import { readCheckpoint } from "../../../train/checkpoint/read_checkpoint.ts";
import { deathOf, type Life, live } from "./killed_process.ts";
import { SURVIVAL_RUN } from "./survival_run.ts";

/** How often and where a run is killed. */
export interface SurvivalOptions {
  /** Where it computes. */
  readonly device: string;
  /** How often it is killed, over as many runs as that takes. */
  readonly kills: number;
  /** Seed of the moments. */
  readonly seed: number;
  /** An empty folder. */
  readonly folder: string;
  /** Told of each life. */
  readonly tell?: (life: Life) => void;
}

/** What happened. */
export interface Survival {
  /** Kills. */
  readonly kills: number;
  /** Kills that met the writing or the removal of a checkpoint. */
  readonly cutOff: number;
  /** Runs that came to their end, each equal to the one that was never killed. */
  readonly runs: number;
}

const readText = (path: string): Promise<string> =>
  Deno.readTextFile(path).catch(() => "");

/** Lines of a record without times; each must be the next step. Only a last line may be cut off. */
async function record(
  run: string,
  mayBeCutOff: boolean,
): Promise<readonly unknown[]> {
  const lines = (await readText(join(run, "metrics.jsonl"))).split("\n");
  const last = lines.pop();
  if (!mayBeCutOff) strictEqual(last, "", "the last line ends");
  return lines.map((line, step) => {
    const { milliseconds: _, ...rest } = JSON.parse(line);
    strictEqual(rest.step, step, "steps follow one another");
    return rest;
  });
}

const checkpointsIn = (run: string): readonly string[] => {
  try {
    return [...Deno.readDirSync(join(run, "checkpoints"))]
      .map(({ name }) => name).filter((name) => /^step-\d{9}$/.test(name))
      .sort();
  } catch {
    return [];
  }
};

/** What has the name of a checkpoint is one, at every moment. */
async function checkCheckpoints(run: string): Promise<void> {
  for (const name of checkpointsIn(run)) {
    const read = await readCheckpoint(
      join(run, "checkpoints", name),
      SURVIVAL_RUN,
    );
    strictEqual(read._tag, "Right", `${name}: ${JSON.stringify(read)}`);
  }
}

/** A life went on where its newest checkpoint was, and lost no step before it. */
function checkLife({ said }: Life, before: readonly string[]): void {
  const [open, ...steps] = said;
  if (open === undefined) return;
  const newest = Number((before.at(-1) ?? "step-0").replace("step-", ""));
  strictEqual(open["step"], newest);
  const taken = steps.filter(({ event }) => event === "step");
  deepStrictEqual(
    taken.map(({ step }) => step),
    taken.map((_, i) => newest + i),
  );
}

/** Bytes of all checkpoints that a run has left, by file. */
async function remains(run: string): Promise<ReadonlyMap<string, string>> {
  const sums = checkpointsIn(run).map(async (name) =>
    [
      name,
      await readText(join(run, "checkpoints", name, "SHA512SUMS")),
    ] as const
  );
  return new Map(await Promise.all(sums));
}

/** The run that is never killed. */
async function undisturbed(folder: string, device: string) {
  const end = await live(folder, device, null);
  strictEqual(end.isKilled, false);
  const [steps, checkpoints] = [
    await record(folder, false),
    await remains(folder),
  ];
  strictEqual(steps.length, SURVIVAL_RUN.plan.totalSteps);
  for (const step of freezeSteps(SURVIVAL_RUN.plan)) {
    ok(checkpoints.has(`step-${String(step).padStart(9, "0")}`), `${step}`);
  }
  return { steps, checkpoints };
}

/**
 * Kills runs by SIGKILL at moments that a seed gives and lets each go on until
 * it ends. After every death the record is in order and all that is named like a
 * checkpoint is one; at the end, record and checkpoints are bit for bit those of
 * the run that was never killed.
 *
 * @param options How often and where.
 */
export async function survives(
  { device, kills, seed, folder, tell }: SurvivalOptions,
): Promise<Survival> {
  const whole = await undisturbed(join(folder, "whole"), device);
  let [killed, cutOff, runs] = [0, 0, 0];
  while (killed < kills) {
    const run = join(folder, `run-${runs}`);
    for (let isOver = false; !isOver;) {
      const before = checkpointsIn(run);
      const key = split(rootKey(seed), killed);
      const life = await live(
        run,
        device,
        killed < kills ? deathOf(key) : null,
      );
      tell?.(life);
      if (life.isKilled) killed++;
      if (life.isCutOff) cutOff++;
      await record(run, life.isKilled);
      await checkCheckpoints(run);
      checkLife(life, before);
      isOver = !life.isKilled;
    }
    deepStrictEqual(await record(run, false), whole.steps);
    deepStrictEqual(await remains(run), whole.checkpoints);
    runs++;
  }
  return { kills: killed, cutOff, runs };
}
