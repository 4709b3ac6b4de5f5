import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { left, right } from "../../../core/mod.ts";
import {
  evaluationHook,
  type EvaluationLine,
  readEvaluations,
  type StepReport,
  type Training,
  writeEvaluations,
} from "../../../train/mod.ts";
import { EVALUATIONS_FILE } from "../../../train/run/evaluations.ts";
import { inFolder } from "../temporary_folder.ts";
import { trained } from "../tiny_run.ts";

const LINES: readonly EvaluationLine[] = [
  { step: 4, scores: { loss: 0.1 + 0.2, top1: 0.5 } },
  { step: 8, scores: { loss: NaN } },
];

Deno.test("readEvaluations() gives back what was written, nothing of a line that was cut off, and none where there is no file", () =>
  inFolder(async (folder) => {
    deepStrictEqual(trained(await readEvaluations(folder)), []);
    trained(await writeEvaluations(folder, LINES));
    deepStrictEqual(trained(await readEvaluations(folder)), LINES);
    const path = join(folder, EVALUATIONS_FILE);
    const text = await Deno.readTextFile(path);
    for (const cut of ['{"step":12,"to', '{"step":-', '{"step":12,"a":"b"}']) {
      await Deno.writeTextFile(path, text + cut);
      deepStrictEqual(trained(await readEvaluations(folder)), LINES);
    }
  }));

Deno.test("evaluationHook() keeps what was found, leaves out what was stopped and ends the training where the judge fails", () =>
  inFolder(async (folder) => {
    const told: EvaluationLine[] = [];
    const hookOf = (
      outcome: ReturnType<typeof left> | ReturnType<typeof right>,
    ) =>
      evaluationHook({
        folder,
        every: 2,
        evaluate: () => Promise.resolve(outcome as never),
        onEvaluation: (line) => void told.push(line),
      });
    const report = { step: 3 } as StepReport;
    const training = { step: 4 } as Training;
    const after = (outcome: Parameters<typeof hookOf>[0]) =>
      hookOf(outcome).onStep?.(report, training);
    const [line] = LINES;
    ok(line !== undefined);
    deepStrictEqual(await after(right(line.scores)), right(undefined));
    deepStrictEqual(await after(left({ _tag: "Stopped" })), right(undefined));
    const failed = await after(left({ _tag: "LayerMissing" }));
    strictEqual(failed?._tag, "Left");
    deepStrictEqual(told, [line]);
    deepStrictEqual(trained(await readEvaluations(folder)), [line]);
  }));
