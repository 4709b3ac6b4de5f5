import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { decodePretrainConfig, type Result } from "../../../core/mod.ts";
import { decodePlan } from "../../../core/plan/plan_json.ts";
import {
  describeTrainError,
  finetuneTask,
  initialFinetune,
  initialSnapshot,
  orThrow,
  resumeRunFolder,
  type RunFolder,
  type StepReport,
  taskOfRun,
  type TrainError,
} from "../../../train/mod.ts";
import { writeCheckpoint } from "../../../train/checkpoint/write_checkpoint.ts";
import { readMetrics } from "../../../train/run/metrics_record.ts";
import { right } from "../../right.ts";
import { onDevices } from "../devices.ts";
import { ENCODER, RUN as FINETUNE } from "../tasks/tiny_finetune.ts";
import { inFolder } from "../temporary_folder.ts";
import {
  newRunFolder,
  startTiny,
  takeSteps,
  tinyRun,
  trained,
} from "../tiny_run.ts";

const RUN = tinyRun();
const START = initialSnapshot(RUN.config, RUN.plan);

const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();

const checkpointsIn = async (folder: string): Promise<readonly number[]> =>
  (await namesIn(join(folder, "checkpoints"))).map((name) =>
    Number(name.replace("step-", ""))
  );

const recordedIn = async (folder: string): Promise<readonly number[]> =>
  trained(await readMetrics(join(folder, "metrics.jsonl"))).map(({ step }) =>
    step
  );

const readJson = async (...path: string[]): Promise<unknown> =>
  JSON.parse(await Deno.readTextFile(join(...path)));

const report = (step: number): StepReport => ({
  step,
  epoch: 0,
  phase: 0,
  frozenLayers: 0,
  liveStages: [0],
  rates: [1],
  unfrozenRate: 1,
  loss: 1,
  stageLosses: { 0: 1 },
  deepestLoss: 1,
  images: 2,
  milliseconds: { data: 0, gradient: 0, update: 0, compile: 0, total: 0 },
});

/** Records some steps and saves after each. */
async function pretendSteps(
  folder: RunFolder,
  steps: readonly number[],
): Promise<void> {
  for (const step of steps) {
    trained(await folder.record(report(step)));
    trained(await folder.checkpoint({ ...START, step: step + 1 }));
  }
}

/** Opens a folder, records and saves some steps, records others, closes it. */
async function withSteps(
  opening: Promise<Result<TrainError, RunFolder>>,
  saved: readonly number[],
  unsaved: readonly number[] = [],
): Promise<void> {
  using folder = trained(await opening);
  await pretendSteps(folder, saved);
  for (const step of unsaved) trained(await folder.record(report(step)));
}

Deno.test("createRunFolder() writes configuration and plan, and starts at step 0", () =>
  inFolder(async (parent) => {
    const path = join(parent, "runs", "first");
    using folder = trained(await newRunFolder(path, RUN, 2));
    deepStrictEqual(folder.start, START);
    deepStrictEqual(folder.history, []);
    deepStrictEqual(await namesIn(path), [
      "config.json",
      "metrics.jsonl",
      "plan.json",
      "run.lock",
      "task.json",
    ]);
    deepStrictEqual(await readJson(path, "task.json"), {
      version: 3,
      task: "pretrain",
    });
    deepStrictEqual(
      right(decodePretrainConfig(await readJson(path, "config.json"))),
      RUN.config,
    );
    deepStrictEqual(
      right(decodePlan(await readJson(path, "plan.json"))),
      RUN.plan,
    );
  }));

Deno.test("createRunFolder() refuses a folder that holds a run, and a file", () =>
  inFolder(async (path) => {
    await withSteps(newRunFolder(path, RUN, 2), [0]);
    const again = await newRunFolder(path, RUN, 2);
    match(
      again._tag === "Left" ? describeTrainError(again.left) : "",
      /already holds a run; resume/,
    );
    const file = join(path, "metrics.jsonl");
    const onFile = await newRunFolder(file, RUN, 2);
    strictEqual(onFile._tag === "Left" && onFile.left._tag, "FileFailed");
  }));

Deno.test("checkpoint() keeps the newest so many", () =>
  inFolder(async (path) => {
    await withSteps(newRunFolder(path, RUN, 2), [0, 1, 2, 3]);
    deepStrictEqual(await checkpointsIn(path), [3, 4]);
  }));

Deno.test("resumeRunFolder() goes on at the newest checkpoint and cuts the record back to it", () =>
  inFolder(async (path) => {
    await withSteps(newRunFolder(path, RUN, 2), [0, 1], [2]);
    using resumed = trained(await resumeRunFolder(path, path, RUN, 2));
    strictEqual(resumed.start.step, 2);
    deepStrictEqual(resumed.history.map(({ step }) => step), [0, 1]);
    await pretendSteps(resumed, [2]);
    const record = trained(await readMetrics(join(path, "metrics.jsonl")));
    deepStrictEqual(record.map(({ step }) => step), [0, 1, 2]);
  }));

Deno.test("resumeRunFolder() from an earlier checkpoint keeps the ones it writes, and the later ones", () =>
  inFolder(async (path) => {
    await withSteps(newRunFolder(path, RUN, 3), [0, 1, 2]);
    const from = join(path, "checkpoints", "step-000000001");
    await withSteps(resumeRunFolder(from, path, RUN, 1), [1]);
    deepStrictEqual(await checkpointsIn(path), [2, 3]);
  }));

Deno.test("resumeRunFolder() into a new folder takes the record along and leaves the old one as it is", () =>
  inFolder(async (parent) => {
    const [old, fresh] = [join(parent, "old"), join(parent, "new")];
    await withSteps(newRunFolder(old, RUN, 2), [0, 1], [2]);
    using resumed = trained(await resumeRunFolder(old, fresh, RUN, 2));
    deepStrictEqual(resumed.history.map(({ step }) => step), [0, 1]);
    await pretendSteps(resumed, [2, 3]);
    deepStrictEqual(await recordedIn(fresh), [0, 1, 2, 3]);
    deepStrictEqual(await checkpointsIn(fresh), [3, 4]);
    deepStrictEqual(await recordedIn(old), [0, 1, 2]);
    deepStrictEqual(await checkpointsIn(old), [1, 2]);
  }));

Deno.test("resumeRunFolder() refuses a folder that holds another run and leaves it as it is", () =>
  inFolder(async (parent) => {
    const [one, other] = [join(parent, "one"), join(parent, "other")];
    await withSteps(newRunFolder(one, RUN, 2), [0]);
    await withSteps(newRunFolder(other, RUN, 2), [0, 1]);
    const refused = await resumeRunFolder(one, other, RUN, 2);
    match(
      refused._tag === "Left" ? describeTrainError(refused.left) : "",
      /already holds a run/,
    );
    deepStrictEqual(await recordedIn(other), [0, 1]);
  }));

Deno.test("a run that went back to an early checkpoint goes on where its record ends, not at later checkpoints", () =>
  inFolder(async (path) => {
    await withSteps(newRunFolder(path, RUN, 9), [0, 1, 2]);
    const checkpoint = (step: number): string =>
      join(path, "checkpoints", `step-00000000${step}`);
    await withSteps(resumeRunFolder(checkpoint(1), path, RUN, 9), [], [1]);
    {
      using again = trained(await resumeRunFolder(path, path, RUN, 9));
      const why = "the checkpoint of its former life that it has reached again";
      strictEqual(again.start.step, 2, why);
      const { skipped } = again;
      deepStrictEqual(skipped.map(({ path }) => path), [checkpoint(3)]);
      match(skipped[0]?.reason ?? "", /ends before it, after 2 steps/);
    }
    const beyond = await resumeRunFolder(checkpoint(3), path, RUN, 9);
    match(
      beyond._tag === "Left" ? describeTrainError(beyond.left) : "",
      /has 2 of the 3 steps before it; take an earlier checkpoint/,
    );
  }));

Deno.test("resumeRunFolder() refuses a folder without a checkpoint and a run of other settings", () =>
  inFolder(async (path) => {
    const empty = await resumeRunFolder(path, path, RUN, 2);
    strictEqual(empty._tag === "Left" && empty.left._tag, "CheckpointRefused");
    await withSteps(newRunFolder(path, RUN, 2), [0]);
    const training = { ...RUN.config.training, seed: 99 };
    const other = await resumeRunFolder(path, path, tinyRun({ training }), 2);
    match(
      other._tag === "Left" ? describeTrainError(other.left) : "",
      /training\.seed: checkpoint 7, this run 99/,
    );
    const record = trained(await readMetrics(join(path, "metrics.jsonl")));
    strictEqual(record.length, 1, "the record was not touched");
  }));

await onDevices(
  ["cpu"],
  "the record of a run that was killed and resumed equals that of an uninterrupted one, but for its times",
  (backend) =>
    inFolder(async (parent) => {
      const record = async (name: string, killedAt: number | null) => {
        const path = join(parent, name);
        let folder = trained(await newRunFolder(path, RUN, 1));
        if (killedAt !== null) {
          const killed = startTiny(backend, RUN, folder.start);
          for (const step of await takeSteps(killed, killedAt)) {
            trained(await folder.record(step));
          }
          trained(await folder.checkpoint(trained(await killed.snapshot())));
          for (const lost of await takeSteps(killed, 2)) {
            trained(await folder.record(lost));
          }
          killed.dispose();
          folder[Symbol.dispose]();
          folder = trained(await resumeRunFolder(path, path, RUN, 1));
        }
        const run = startTiny(backend, RUN, folder.start);
        for (const step of await takeSteps(run)) {
          trained(await folder.record(step));
        }
        run.dispose();
        folder[Symbol.dispose]();
        const lines = trained(await readMetrics(join(path, "metrics.jsonl")));
        return lines.map((line) => ({ ...line, milliseconds: null }));
      };
      const whole = await record("whole", null);
      strictEqual(whole.length, RUN.plan.totalSteps);
      deepStrictEqual(await record("killed", 6), whole);
    }),
);

Deno.test("taskOfRun() says what the newest checkpoint says where task.json is damaged or missing", () =>
  inFolder(async (folder) => {
    const path = join(folder, "task.json");
    strictEqual(await taskOfRun(folder), "pretrain");
    const task = finetuneTask(FINETUNE);
    const checkpoints = join(folder, "checkpoints");
    orThrow(
      await writeCheckpoint(
        checkpoints,
        task,
        initialFinetune(FINETUNE, ENCODER),
      ),
    );
    for (const text of ["{", "{}", '{"task": 3}']) {
      await Deno.writeTextFile(path, text);
      strictEqual(await taskOfRun(folder), "finetune");
    }
    await Deno.remove(path);
    strictEqual(await taskOfRun(folder), "finetune");
  }));
