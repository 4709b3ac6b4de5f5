import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Backend } from "../../../backends/mod.ts";
import type { StepReport, TrainError, Training } from "../../../train/mod.ts";
import { describeTrainError } from "../../../train/mod.ts";
import { onDevices } from "../devices.ts";
import { startTiny, takeSteps, tinyRun, trained } from "../tiny_run.ts";

const RUN = tinyRun();

const DEVICES = [
  "reference in line",
  "cpu",
  "wasm",
  "onnx",
  "webgpu",
] as const;

/** What a loop over a training gives: numbers of steps, and names of errors. */
async function looped(training: Training): Promise<(number | string)[]> {
  const seen: (number | string)[] = [];
  for await (const taken of training) seen.push(nameOf(taken));
  return seen;
}

const nameOf = (
  taken:
    | { readonly _tag: "Left"; readonly left: TrainError }
    | { readonly _tag: "Right"; readonly right: StepReport },
): number | string =>
  taken._tag === "Left" ? taken.left._tag : taken.right.step;

await onDevices(
  DEVICES,
  "train() lets timers run in every step",
  async (backend) => {
    const training = startTiny(backend, RUN);
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const still: number[] = [];
    for await (const taken of training) {
      const { step } = trained(taken);
      if (turns === 0) still.push(step);
      turns = 0;
      // The timer is due again before the next step begins.
      const until = performance.now() + 2;
      while (performance.now() < until);
      if (step === 4) break;
    }
    clearInterval(timer);
    training.dispose();
    deepStrictEqual(still.filter((step) => step > 0), []);
  },
);

await onDevices(
  DEVICES,
  "train() hears a signal that comes by a timer within the step under way",
  async (backend) => {
    const stop = new AbortController();
    const training = startTiny(backend, RUN, undefined, {
      signal: stop.signal,
    });
    const seen: (number | string)[] = [];
    let abortedAt = Infinity;
    for await (const taken of training) {
      seen.push(nameOf(taken));
      if (seen.length !== 2) continue;
      setTimeout(() => {
        abortedAt = training.step;
        stop.abort();
      }, 0);
      const until = performance.now() + 5;
      while (performance.now() < until);
    }
    const { step } = training;
    training.dispose();
    strictEqual(seen.at(-1), "Stopped");
    ok(step - abortedAt <= 1, `aborted after ${abortedAt}, ended at ${step}`);
    ok(step <= 4, `${step}`);
  },
);

await onDevices(
  ["reference in line", "wasm"],
  "train() refuses a second loop by name, and the first goes on as if it had not been",
  async (backend) => {
    const training = startTiny(backend, RUN);
    const alone = startTiny(backend, RUN);
    const loops = [looped(training), looped(training)];
    const [first, second] = await Promise.all(loops);
    deepStrictEqual(first, Array.from({ length: 12 }, (_, step) => step));
    deepStrictEqual(second, ["AlreadyIterated"]);
    await takeSteps(alone);
    deepStrictEqual(
      trained(await training.snapshot()),
      trained(await alone.snapshot()),
    );
    [training, alone].forEach((run) => run.dispose());
  },
);

await onDevices(
  ["cpu"],
  "train() can be looped over again once a loop was left, by break or by an error in it",
  async (backend) => {
    const training = startTiny(backend, RUN);
    for await (const taken of training) {
      strictEqual(nameOf(taken), 0);
      deepStrictEqual(await looped(training), ["AlreadyIterated"]);
      break;
    }
    const thrown = async () => {
      for await (const _ of training) throw new Error("of the cell");
    };
    strictEqual(await thrown().catch(({ message }) => message), "of the cell");
    deepStrictEqual((await looped(training))[0], 2);
    training.dispose();
  },
);

/** Tensors that are left where a training is disposed at some moment of its loop. */
async function disposedAt(
  backend: Backend,
  moment: (training: Training, step: number) => void,
) {
  const before = backend.liveTensors();
  const training = startTiny(backend, RUN);
  const seen: (number | string)[] = [];
  for await (const taken of training) {
    seen.push(nameOf(taken));
    if (taken._tag === "Right") moment(training, taken.right.step);
  }
  return { training, seen, left: backend.liveTensors() - before };
}

await onDevices(
  ["reference in line", "wasm", "onnx"],
  "dispose() leaves nothing behind: between two steps, within one, and twice",
  async (backend) => {
    const before = backend.liveTensors();
    const between = await disposedAt(backend, (training, step) => {
      if (step === 2) training.dispose();
    });
    deepStrictEqual(between.seen, [0, 1, 2, "Disposed"]);
    strictEqual(between.left, 0);

    // The next step is under way when the timer gives the run back.
    const within = await disposedAt(backend, (training, step) => {
      if (step === 1) setTimeout(() => training[Symbol.dispose](), 0);
    });
    strictEqual(within.seen.at(-1), "Disposed");
    strictEqual(within.left, 0);

    within.training.dispose();
    strictEqual(backend.liveTensors() - before, 0);
    deepStrictEqual(await looped(within.training), ["Disposed"]);
    const copy = await within.training.snapshot();
    strictEqual(copy._tag === "Left" && copy.left._tag, "Disposed");
  },
);

await onDevices(
  ["cpu"],
  "a training ends with the scope that uses it",
  async (backend) => {
    const before = backend.liveTensors();
    {
      using training = startTiny(backend, RUN);
      await takeSteps(training, 1);
    }
    strictEqual(backend.liveTensors(), before);
  },
);

Deno.test("describeTrainError() says what to do about a second loop", () => {
  const text = describeTrainError({ _tag: "AlreadyIterated" });
  strictEqual(/another loop.*leave it/.test(text), true);
});
