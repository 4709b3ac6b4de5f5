import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { PassThrough } from "node:stream";
import { driveRun, type EndContext } from "../../../cli/runs/drive_run.ts";
import { checkFolder } from "../../../cli/runs/open_folder.ts";
import type { PlannedRun } from "../../../cli/runs/planned_run.ts";
import type { Settings } from "../../../cli/runs/settings.ts";
import type { RunEnd } from "../../../cli/runs/take_steps.ts";
import { convNetPlan, right as success } from "../../../core/mod.ts";
import { badImages } from "../../../data/mod.ts";
import {
  convNetTask,
  followRun,
  initialConvNet,
  readEvaluations,
  readImagesFile,
} from "../../../train/mod.ts";
import { readMetrics } from "../../../train/run/metrics_record.ts";
import { right } from "../../right.ts";
import { noiseSource } from "../../data/sources.ts";
import {
  batches,
  CLASSES,
  CONFIG,
  SAMPLES,
} from "../../train/tasks/tiny_convnet.ts";
import { inFolder } from "../../train/temporary_folder.ts";
import { trained } from "../../train/tiny_run.ts";
import { endOf } from "../command/end_of.ts";

/** A residual network, which has one loss and no stages. */
function planned(): PlannedRun {
  const run = { config: CONFIG, plan: right(convNetPlan(CONFIG, SAMPLES)) };
  return {
    task: convNetTask(run),
    plan: run.plan,
    costOf: ({ frozenLayers }) => 10 - frozenLayers,
    start: initialConvNet(run),
    train: noiseSource(SAMPLES),
    batches,
    loading: { badImages: badImages(SAMPLES) },
    losses: { scales: [], floors: [Math.log(CLASSES)] },
    words: ["network: small"],
    evaluator: {
      scores: ({ step }) => Promise.resolve(success({ error: 1 / step })),
      words: ({ error }) => `error ${error?.toFixed(3)}`,
    },
  };
}

const IMAGES = {
  ...{ data: null, limit: null, classes: null, valShare: null },
  heldOut: "by class" as const,
  background: "none" as const,
  file: null,
};

/** Runs without the listeners that a program leaves for its end. */
async function driven(
  outputDir: string,
  earlier: Settings<unknown>["earlier"],
) {
  const settings = { ...IMAGES, config: CONFIG, outputDir, earlier };
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  const said: string[] = [];
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const before = names.map((name) => process.listeners(name));
  try {
    await checkFolder(settings);
    const steps = await driveRun(planned(), {
      settings,
      values: { "backend": "cpu", "save-every": 1, "keep-at-freeze": true },
      say: (line) => void said.push(line),
      stream,
    }, {
      program: "program.ts",
      summary: () => ({}),
      finish: async (_, end: RunEnd, { tracker }: EndContext) => {
        await tracker?.scalars(end.run.step, { "validation/error": 0.5 });
        return end.steps;
      },
    });
    return { steps, said: said.join("\n") };
  } finally {
    names.forEach((name, i) =>
      process.listeners(name)
        .filter((listener) => !before[i]?.includes(listener))
        .forEach((listener) => process.off(name, listener))
    );
  }
}

Deno.test("driveRun() keeps, shows and resumes the run of any task", () =>
  inFolder(async (parent) => {
    const folder = join(parent, "run");
    const { steps, said } = await driven(folder, null);
    deepStrictEqual(
      steps.map(({ step }) => step),
      Array.from({ length: 12 }, (_, step) => step),
    );
    match(said, /^device: .*\nnetwork: small\nfolder: .*run$/m);
    strictEqual(
      trained(await readMetrics(join(folder, "metrics.jsonl"))).length,
      12,
    );
    match(await Deno.readTextFile(join(folder, "task.json")), /"convnet"/);
    const names = Array.from(Deno.readDirSync(join(folder, "checkpoints")))
      .map(({ name }) => Number(name.slice(5))).sort((a, b) => a - b);
    deepStrictEqual(names, [3, 5, 7, 9, 12], "freezes, and the end");
    ok([...Deno.readDirSync(join(folder, "tensorboard"))].length > 0);
    match(said, /^epoch \d of \d: loss \d\.\d{4}, error 0\.083$/m);
    const evaluations = trained(await readEvaluations(folder));
    const last = evaluations.at(-1);
    deepStrictEqual([last?.step, last?.scores["error"]], [12, 1 / 12]);
    const followed = await followRun(folder)();
    if (followed._tag === "Left") throw new Error(followed.left.reason);
    const { task, life, status } = followed.right;
    deepStrictEqual([task, life, status.stages], ["convnet", "finished", []]);
    deepStrictEqual(followed.right.evaluations, evaluations);
    ok(status.savingPredicted > 0 && status.savingPredicted < 1);

    const again = await endOf(() => driven(folder, null));
    match(again.message, /already holds a run/);
    const images = right(await readImagesFile(folder));
    const change = { allowScheduleChange: false, allowDataChange: false };
    const earlier = { from: folder, images, ...change };
    match(
      (await driven(folder, earlier)).said,
      /has taken all of its 12 steps/,
    );
  }));
