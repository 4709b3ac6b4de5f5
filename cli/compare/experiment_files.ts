/**
 * What an experiment has found so far, as files.
 *
 * @module
 */
import { join } from "node:path";
import { left, type Result, right } from "../../core/mod.ts";
import { accuracyPlot } from "../../plot/mod.ts";
import { replaceFile, type TrainError } from "../../train/mod.ts";
import { type Clock, compared, type ComparedMethod } from "./comparison.ts";
import { comparisonTable } from "./comparison_table.ts";
import type { Experiment, Trial } from "./experiment.ts";
import { UNTRAINED } from "./methods.ts";
import { trialResult } from "./trial_result.ts";

/** Accuracy by both judgements against saved time. */
function picture(rows: readonly ComparedMethod[]): string {
  const seriesOf = (part: "finetune" | "probe") =>
    rows.filter(({ method }) => method !== UNTRAINED).map((
      { title: name, points },
    ) => ({
      name,
      points: points.flatMap(({ saved, ...point }) =>
        saved === null ? [] : [{ saved, accuracy: point[part] }]
      ),
    }));
  return accuracyPlot([
    { title: "Top-1 after fine-tuning", series: seriesOf("finetune") },
    {
      title: "Top-1 of a linear classifier on the frozen encoder",
      series: seriesOf("probe"),
    },
  ]);
}

/**
 * Writes `results.jsonl`, `table.md` and `accuracy.svg` of the trials that are
 * finished.
 *
 * @param folder The experiment's folder.
 * @param experiment The experiment.
 * @param trials All its trials.
 * @param clock How long a step takes.
 * @returns The methods beside each other; none if no trial is finished.
 */
export async function writeExperimentFiles(
  folder: string,
  { powers }: Experiment,
  trials: readonly Trial[],
  clock: Clock,
): Promise<Result<TrainError, readonly ComparedMethod[]>> {
  const results = (await Promise.all(
    trials.map((trial) => trialResult(folder, trial)),
  )).flatMap((result) => result ?? []);
  const rows = compared(results, powers, clock);
  if (rows.length === 0) return right(rows);
  const lines = results.map((result) => `${JSON.stringify(result)}\n`);
  const files = [
    ["results.jsonl", lines.join("")],
    ["table.md", comparisonTable(rows, clock)],
    ["accuracy.svg", picture(rows)],
  ] as const;
  for (const [name, text] of files) {
    const written = await replaceFile(join(folder, name), text);
    if (written._tag === "Left") return left(written.left);
  }
  return right(rows);
}
