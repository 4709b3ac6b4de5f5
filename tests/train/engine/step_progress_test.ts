import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { referenceBackend } from "../../../backends/mod.ts";
import type { StepProgress } from "../../../train/mod.ts";
import { startTiny, takeSteps, tinyRun } from "../tiny_run.ts";
import { inLine, separate } from "./course.ts";
import { configOf, runOn } from "./rank_runs.ts";

/** Four micro-batches of a sample in each of three steps an epoch. */
const FOUR = configOf(1, 4);

/** What is heard of some steps, in short: `2: 1/4`. */
const words = (heard: readonly StepProgress[]): readonly string[] =>
  heard.map((progress) =>
    progress._tag === "Compiling"
      ? `${progress.step}: compiling`
      : `${progress.step}: ${progress.done}/${progress.all}`
  );

/** Micro-batches of a step as they are told. */
const batchesOf = (step: number, all: number): readonly string[] =>
  Array.from({ length: all }, (_, done) => `${step}: ${done}/${all}`);

for (
  const [what, backend] of [["waited for", separate()], [
    "sent ahead",
    inLine(),
  ]] as const
) {
  for (const all of [4, 1]) {
    Deno.test(`train() tells of the programs of a step and of each of its ${all} micro-batches: steps are ${what}`, async () => {
      const heard: StepProgress[] = [];
      const training = startTiny(
        backend,
        tinyRun(configOf(1, all)),
        undefined,
        {
          onProgress: (progress) => void heard.push(progress),
        },
      );
      await takeSteps(training, 2);
      training.dispose();
      deepStrictEqual(words(heard), [
        "0: compiling",
        ...batchesOf(0, all),
        ...batchesOf(1, all),
      ]);
    });
  }
}

Deno.test("train() on ranks tells each of its own micro-batches", async () => {
  const heard: StepProgress[] = [];
  await runOn(referenceBackend(), 2, FOUR, undefined, {
    onProgress: (progress) => void heard.push(progress),
  });
  const ofFirst = words(heard).filter((word) => word.startsWith("0: "));
  deepStrictEqual(
    ofFirst.toSorted(),
    ["0: compiling", ...batchesOf(0, 2)].flatMap((word) => [word, word])
      .toSorted(),
  );
});

Deno.test("StepReport.deepestLoss is the loss of the stage that is never pruned, in every step", async () => {
  const run = tinyRun();
  const training = startTiny(referenceBackend(), run);
  const reports = await takeSteps(training);
  training.dispose();
  const deepest = run.plan.stages.length - 1;
  deepStrictEqual(
    reports.map(({ deepestLoss }) => deepestLoss),
    reports.map(({ stageLosses }) => stageLosses[deepest]),
  );
  const sum = (losses: Readonly<Record<number, number>>): number =>
    Object.values(losses).reduce((a, b) => a + b, 0);
  // What is optimized is another number until all stages but one are pruned.
  strictEqual(
    reports.every(({ loss, stageLosses }) =>
      Math.abs(loss - sum(stageLosses)) < 1e-5
    ),
    true,
  );
});
