import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { EXIT } from "../../../cli/command/command_failed.ts";
import { driveRun } from "../../../cli/runs/drive_run.ts";
import type { PlannedRun } from "../../../cli/runs/planned_run.ts";
import type { Settings } from "../../../cli/runs/settings.ts";
import { referenceBackend } from "../../../backends/mod.ts";
import { left, right as success } from "../../../core/mod.ts";
import { badImages } from "../../../data/mod.ts";
import type { Ranks } from "../../../ranks/mod.ts";
import {
  initialSnapshot,
  readEvaluations,
  readImagesFile,
  stageLosses,
  toldByAll,
} from "../../../train/mod.ts";
import { right } from "../../right.ts";
import { noiseSource } from "../../data/sources.ts";
import { localRanks } from "../../ranks/local_ranks.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import {
  syntheticBatches,
  TINY_SAMPLES,
  tinyRun,
  trained,
} from "../../train/tiny_run.ts";
import { endOf } from "../command/end_of.ts";

/** What happens in a run: a rank, and the step after which it evaluates. */
type Seen = [rank: number, step: number][];

/** Two epochs of six steps. */
function planned(seen: Seen, onEvaluation: (step: number) => void): PlannedRun {
  const run = tinyRun();
  const backend = { ...referenceBackend(), dispose: () => {} };
  return {
    task: run as PlannedRun["task"],
    plan: run.plan,
    costOf: () => 1,
    start: initialSnapshot(run.config, run.plan),
    train: noiseSource(TINY_SAMPLES),
    batches: syntheticBatches(run.config) as PlannedRun["batches"],
    loading: { badImages: badImages(TINY_SAMPLES) },
    losses: stageLosses(run.config.model),
    words: [],
    device: { backend, why: "for the test" },
    evaluator: {
      async scores({ step }, _, signal, ranks) {
        seen.push([ranks?.rank ?? -1, step]);
        onEvaluation(step);
        const told = await toldByAll(ranks, signal.aborted, "a test");
        if (told._tag === "Left") return told;
        return told.right.includes(true)
          ? left({ _tag: "Stopped" })
          : success({ top1: 1 / step });
      },
      words: () => null,
    },
  };
}

/** Drives a run on one of some ranks; gives what it found, or how it ended. */
async function driven(
  ranks: Ranks,
  plan: PlannedRun,
  [outputDir, earlier]: readonly [string, Settings<unknown>["earlier"]],
  signal: AbortSignal,
) {
  const settings = {
    ...{ data: null, limit: null, classes: null, valShare: null, file: null },
    ...{ heldOut: "by class" as const, background: "none" as const },
    ...{ config: {}, outputDir, earlier },
  };
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  const start = { settings, values: {}, say: () => {}, stream, ranks, signal };
  let found: object = {};
  const end = await endOf(async () => {
    found = await driveRun(plan, start, {
      program: "program.ts",
      summary: () => ({}),
      finish: (_, { evaluations, run }) =>
        Promise.resolve({
          step: run.step,
          steps: evaluations.map((e) => e.step),
        }),
    });
  });
  return { code: end.code, message: end.message, found };
}

const inOrder = (seen: Seen) =>
  seen.toSorted(([a, b], [c, d]) => b - d || a - c);

Deno.test("all ranks evaluate a run after the same epochs, and learn what rank 0 found", () =>
  inFolder(async (parent) => {
    const folder = join(parent, "run");
    const seen: Seen = [];
    const never = new AbortController().signal;
    const ends = await Promise.all(
      localRanks(2).map((ranks) =>
        driven(ranks, planned(seen, () => {}), [folder, null], never)
      ),
    );
    deepStrictEqual(ends.map(({ code, message }) => [code, message]), [
      [0, "undefined"],
      [0, "undefined"],
    ]);
    const found = { step: 12, steps: [6, 12] };
    deepStrictEqual(ends.map((end) => end.found), [found, found]);
    deepStrictEqual(inOrder(seen), [[0, 6], [1, 6], [0, 12], [1, 12]]);
  }));

for (const [at, before] of [[6, []], [12, [6]]] as const) {
  Deno.test(`a run that is stopped while ranks evaluate it after step ${at} ends there on all, and makes up for it`, () =>
    inFolder(async (parent) => {
      const folder = join(parent, "run");
      const stop = new AbortController();
      const never = new AbortController().signal;
      const plan = planned([], (step) => step === at && stop.abort());
      const ends = await Promise.all(
        localRanks(2).map((ranks) => {
          const signal = ranks.rank === 1 ? stop.signal : never;
          return driven(ranks, plan, [folder, null], signal);
        }),
      );
      deepStrictEqual(ends.map(({ code }) => code), [
        EXIT.interrupted,
        EXIT.interrupted,
      ], `${ends[0]?.message}`);
      ok(ends[0]?.message.includes(`stopped after step ${at} of 12`));
      ok(ends[0]?.message.includes("\ngo on with: mpirun -n 2 deno run -A "));
      const stepsOf = async (path: string) =>
        trained(await readEvaluations(path)).map(({ step }) => step);
      deepStrictEqual(await stepsOf(folder), before);

      const images = right(await readImagesFile(folder));
      const change = { allowScheduleChange: false, allowDataChange: false };
      const earlier = { from: folder, images, ...change };
      const seen: Seen = [];
      // The first run still holds its folder: its process is this one.
      const again = join(parent, "again");
      const after = await Promise.all(
        localRanks(2).map((ranks) =>
          driven(ranks, planned(seen, () => {}), [again, earlier], never)
        ),
      );
      deepStrictEqual(
        after.map(({ code }) => code),
        [0, 0],
        `${after[0]?.message}`,
      );
      deepStrictEqual(await stepsOf(again), [6, 12]);
      strictEqual(seen.length, at === 6 ? 4 : 2);
    }));
}
