import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { basename } from "node:path";
import type { Backend, DeviceTensors } from "../../../backends/backend.ts";
import { left, right } from "../../../core/mod.ts";
import {
  describeTrainError,
  type Hook,
  type TrainError,
} from "../../../train/mod.ts";
import { readMetrics } from "../../../train/run/metrics_record.ts";
import { inFolder } from "../temporary_folder.ts";
import {
  keptSteps,
  newRunFolder,
  startTiny,
  TINY_CONFIG,
  type TinyRun,
  tinyRun,
  trained,
} from "../tiny_run.ts";
import { courseOf, rounding, wholeCourse } from "./course.ts";

const RUN = tinyRun();
const SEVERAL = tinyRun({
  training: { ...TINY_CONFIG.training, accumIter: 2 },
});

/** A step's numbers that cannot be read, once. */
function unreadable(outputs: DeviceTensors): DeviceTensors {
  let isFirst = true;
  return new Map([...outputs].map(([name, tensor]) => {
    if (name !== "squares") return [name, tensor];
    const read = () => {
      if (!isFirst) return tensor.read();
      isFirst = false;
      return Promise.reject(new Error("it was unplugged"));
    };
    return [name, { ...tensor, read }];
  }));
}

/** An engine that fails in one of its runs, or gives numbers that cannot be read at first. */
function failing(engine: Backend, call: number, how: "run" | "read"): Backend {
  let calls = 0;
  return {
    ...engine,
    compile: async (graph, options) => {
      const compiled = await engine.compile(graph, options);
      if (compiled._tag === "Left") return compiled;
      const program = compiled.right;
      return right({
        ...program,
        run: async (inputs) => {
          const isHere = calls++ === call;
          if (isHere && how === "run") {
            const [device, reason] = ["broken", "it was unplugged"];
            return left({ _tag: "ExecutionFailed", device, reason });
          }
          const outputs = await program.run(inputs);
          return isHere && outputs._tag === "Right"
            ? right(unreadable(outputs.right))
            : outputs;
        },
      });
    },
  };
}

// With two micro-batches a step runs gradient, gradient, sum and the step itself.
for (
  const [run, call, how, step] of [
    [RUN, 3, "run", 3],
    [SEVERAL, 4, "run", 1],
    [SEVERAL, 5, "run", 1],
    [SEVERAL, 6, "run", 1],
    [SEVERAL, 7, "run", 1],
    [RUN, 3, "read", 3],
    [SEVERAL, 7, "read", 1],
  ] as const
) {
  for (const ahead of [0, 2]) {
    Deno.test(`train() with ${ahead} steps ahead reports the steps before an engine's failure at call ${call} (${how}, ${run.training.accumIter} micro-batches), then the failure, and goes on`, async () => {
      const wanted = await wholeCourse(
        rounding(),
        (on) => startTiny(on, run, undefined, { ahead: 0 }),
      );
      const engine = rounding();
      const training = startTiny(failing(engine, call, how), run, undefined, {
        ahead,
      });
      const first = await courseOf(training);
      ok(first.error !== null);
      match(describeTrainError(first.error), /it was unplugged/);
      deepStrictEqual(first.reports, wanted.reports.slice(0, step));
      strictEqual(training.step, step);
      if (how === "run") {
        strictEqual(trained(await training.snapshot()).step, step);
      }
      const rest = await courseOf(training);
      deepStrictEqual(rest.reports, wanted.reports.slice(step));
      deepStrictEqual(trained(await training.snapshot()), wanted.end);
      training.dispose();
      strictEqual(engine.liveTensors(), 0);
    });
  }
}

Deno.test("train() ends with the error of a hook, with steps ahead too, and delivers the others when it is iterated on", async () => {
  const error: TrainError = { _tag: "FileFailed", path: "x", reason: "full" };
  let isFull = true;
  const hook: Hook = {
    looksAt: "report",
    onStep: ({ step }) => step === 1 && isFull ? left(error) : undefined,
  };
  const run = startTiny(rounding(), RUN, undefined, {
    ahead: 3,
    hooks: [hook],
  });
  const first = await courseOf(run);
  deepStrictEqual([first.error, first.step], [error, 2]);
  isFull = false;
  const { reports } = await courseOf(run);
  deepStrictEqual(
    reports.map((report) => (report as { step: number }).step),
    [2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  );
  run.dispose();
});

/** What a run leaves in its folder: record, checkpoints and their last state. */
async function kept(run: TinyRun, ahead: number) {
  let found: unknown;
  await inFolder(async (path) => {
    const policy = {
      ...{ everySteps: 4, everyMinutes: 30, keepLast: 9, keepAtFreeze: true },
    };
    using folder = trained(await newRunFolder(path, run, policy));
    const steps: unknown[] = [];
    const going = keptSteps(rounding(), run, { folder, policy }, { ahead });
    for await (const taken of going) {
      const { report, checkpoint } = trained(taken);
      steps.push([report.step, checkpoint && basename(checkpoint)]);
    }
    strictEqual(steps.length, run.plan.totalSteps);
    const record = trained(await readMetrics(`${path}/metrics.jsonl`));
    found = [steps, record.map(({ step, loss }) => [step, loss])];
  });
  return found;
}

Deno.test("keepingHooks() keep the same steps and checkpoints, whatever is ahead", async () => {
  deepStrictEqual(await kept(RUN, 3), await kept(RUN, 0));
});
