import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import {
  type CheckpointPolicy,
  describeTrainError,
} from "../../../train/mod.ts";
import { freezeSteps } from "../../../train/checkpoint/checkpoint_policy.ts";
import { readCheckpoint } from "../../../train/checkpoint/read_checkpoint.ts";
import { readMetrics } from "../../../train/run/metrics_record.ts";
import type { Backend } from "../../../backends/mod.ts";
import { onDevices } from "../devices.ts";
import { inFolder } from "../temporary_folder.ts";
import {
  type KeptStep,
  keptSteps,
  newRunFolder,
  tinyRun,
  trained,
} from "../tiny_run.ts";

const RUN = tinyRun();
const { plan } = RUN;

const RARELY: CheckpointPolicy = {
  everySteps: null,
  everyMinutes: null,
  keepLast: 2,
  keepAtFreeze: false,
};

/** Runs a test on a recorded run in a fresh folder. */
const recorded = (
  backend: Backend,
  policy: CheckpointPolicy,
  signal: AbortSignal,
  test: (
    run: ReturnType<typeof keptSteps>,
    path: string,
  ) => Promise<void>,
): Promise<void> =>
  inFolder(async (path) => {
    const tensors = backend.liveTensors();
    using folder = trained(await newRunFolder(path, RUN, policy));
    await test(keptSteps(backend, RUN, { folder, policy }, { signal }), path);
    strictEqual(backend.liveTensors(), tensors);
  });

const stepsIn = async (path: string): Promise<readonly number[]> =>
  trained(await readMetrics(join(path, "metrics.jsonl"))).map(({ step }) =>
    step
  );

const checkpointsIn = async (path: string): Promise<readonly number[]> =>
  (await Array.fromAsync(Deno.readDir(join(path, "checkpoints"))))
    .map(({ name }) => Number(name.replace("step-", "")))
    .sort((a, b) => a - b);

/** Steps done when checkpoints were written, of a run that succeeds. */
async function savedAfter(
  run: AsyncIterable<Parameters<typeof trained<KeptStep>>[0]>,
): Promise<readonly number[]> {
  const saved: number[] = [];
  for await (const taken of run) {
    const { report, checkpoint } = trained(taken);
    if (checkpoint !== null) saved.push(report.step + 1);
  }
  return saved;
}

const never = new AbortController().signal;
const upTo = (steps: number): readonly number[] => [...Array(steps).keys()];

await onDevices(
  ["reference"],
  "keepingHooks() records every step, saves as its policy says and keeps what is to stay",
  (backend) =>
    recorded(
      backend,
      { ...RARELY, everySteps: 3, keepAtFreeze: true },
      never,
      async (run, path) => {
        deepStrictEqual(await savedAfter(run), [3, 5, 6, 7, 9, 11, 12]);
        deepStrictEqual(await stepsIn(path), upTo(12));
        deepStrictEqual(await checkpointsIn(path), [
          ...freezeSteps(plan),
          12,
        ]);
      },
    ),
);

await onDevices(
  ["reference"],
  "keepingHooks() saves by time: with a moment between checkpoints after every step, with an hour at the end alone",
  async (backend) => {
    const often = { ...RARELY, everyMinutes: 1e-9 };
    await recorded(backend, often, never, async (run, path) => {
      strictEqual((await savedAfter(run)).length, 12);
      deepStrictEqual(await checkpointsIn(path), [11, 12]);
    });
    const seldom = { ...RARELY, everyMinutes: 60 };
    await recorded(backend, seldom, never, async (run) => {
      deepStrictEqual(await savedAfter(run), [12]);
    });
  },
);

await onDevices(
  ["reference"],
  "checkpointHook() saves a training that is aborted, which takes no further step",
  async (backend) => {
    const controller = new AbortController();
    await recorded(backend, RARELY, controller.signal, async (run, path) => {
      for await (const taken of run) {
        if (trained(taken).report.step === 3) controller.abort();
      }
      deepStrictEqual(await stepsIn(path), upTo(4));
      deepStrictEqual(await checkpointsIn(path), [4]);
    });
  },
);

await onDevices(
  ["reference"],
  "keepingHooks() ends at a record that cannot be written; the checkpoint before is whole",
  (backend) =>
    recorded(
      backend,
      { ...RARELY, everySteps: 1 },
      never,
      async (run, path) => {
        const record = join(path, "metrics.jsonl");
        const texts: string[] = [];
        for await (const taken of run) {
          if (taken._tag === "Left") texts.push(describeTrainError(taken.left));
          else if (taken.right.report.step === 1) {
            await Deno.remove(record);
            await Deno.mkdir(record);
          }
        }
        strictEqual(texts.length, 1);
        match(texts[0] ?? "", /metrics\.jsonl: .*EISDIR|directory/i);
        const last = join(path, "checkpoints", "step-000000002");
        strictEqual(trained(await readCheckpoint(last, RUN)).step, 2);
      },
    ),
);

await onDevices(
  ["reference"],
  "keepingHooks() refuses a policy out of range before the first step",
  (backend) =>
    inFolder(async (path) => {
      using folder = trained(await newRunFolder(path, RUN, RARELY));
      const policy = { ...RARELY, everySteps: 0 };
      const results = await Array.fromAsync(
        keptSteps(backend, RUN, { folder, policy }),
      );
      const [first] = results;
      ok(first?._tag === "Left" && results.length === 1);
      match(describeTrainError(first.left), /everySteps: found 0, wanted/);
      deepStrictEqual(await stepsIn(path), []);
    }),
);
