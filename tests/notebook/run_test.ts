import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import type { Backend } from "../../backends/mod.ts";
import { DISPLAY } from "../../notebook/display.ts";
import { NotebookRun } from "../../notebook/run.ts";
import { noiseSource } from "../data/sources.ts";
import { onDevices } from "../train/devices.ts";
import {
  startTiny,
  syntheticBatches,
  takeSteps,
  type TinyRun,
  tinyRun,
} from "../train/tiny_run.ts";

const TINY = tinyRun();

/** The tiny run in a notebook that shows nothing; the engine outlives it. */
function opened(backend: Backend, run: TinyRun = TINY): NotebookRun {
  const images = noiseSource(40);
  return new NotebookRun({
    ...{ name: "tiny", config: run.config, plan: run.plan },
    ...{ images, heldOut: images, device: backend.device.name },
    backend: { ...backend, dispose: () => {} },
    batches: syntheticBatches(run.config) as never,
  }, null);
}

await onDevices(
  ["wasm"],
  "NotebookRun.train() goes on where it was left or stopped, and ends as if it had not been",
  async (backend) => {
    const before = backend.liveTensors();
    const run = opened(backend);
    strictEqual((await run.train(3)).end, "as many as asked for");
    const going = run.train();
    await new Promise((resume) => setTimeout(resume, 1));
    await run.stop();
    strictEqual((await going).end, "stopped");
    ok(run.step >= 3 && run.step < 12, `${run.step}`);
    strictEqual((await run.train()).end, "the plan ended");
    deepStrictEqual(run.reports.map(({ step }) => step), [
      ...Array(12).keys(),
    ]);

    const whole = startTiny(backend, TINY);
    const losses = (await takeSteps(whole)).map(({ loss }) => loss);
    deepStrictEqual(run.reports.map(({ loss }) => loss), losses);
    whole.dispose();
    await run.close();
    strictEqual(backend.liveTensors(), before);
  },
);

await onDevices(
  ["cpu"],
  "NotebookRun looks between two steps while it trains: the same as where it rests",
  async (backend) => {
    const run = opened(backend);
    const going = run.train();
    const pictures = new Map<number, string>();
    while (run.step < 12) {
      const shown = await run.reconstructions(2);
      const words = shown[DISPLAY]()["text/plain"];
      const step = Number(/after (\d+) steps/.exec(words ?? "")?.[1]);
      pictures.set(step, shown.svg);
    }
    await going;
    ok(pictures.size > 0);

    const alone = opened(backend);
    for (const [step, svg] of [...pictures].slice(0, 3)) {
      if (step > alone.step) await alone.train(step - alone.step);
      strictEqual(
        (await alone.reconstructions(2)).svg === svg,
        true,
        `${step}`,
      );
    }
    await Promise.all([run.close(), alone.close()]);
  },
);

await onDevices(
  ["cpu"],
  "NotebookRun refuses a second loop, steps that are none, and all use once it is closed",
  async (backend) => {
    const before = backend.liveTensors();
    const run = opened(backend);
    const going = run.train();
    await rejects(run.train(1), /training already.*await run\.stop\(\)/);
    await rejects(run.train(0), /training already/);
    await run.stop();
    await going;
    for (const steps of [0, -1, 1.5, NaN]) {
      await rejects(run.train(steps), /steps: found .* wanted a whole number/);
    }
    const last = run.train();
    run[Symbol.dispose]();
    strictEqual((await last).end, "stopped");
    await run.close();
    await rejects(run.train(1), /it was closed/);
    await rejects(run.reconstructions(), /it was closed/);
    strictEqual(backend.liveTensors(), before);
  },
);

await onDevices(
  ["cpu"],
  "NotebookRun shows its plan, and what freezing saved of the steps so far",
  async (backend) => {
    const run = opened(backend);
    ok(run[DISPLAY]()["image/svg+xml"]?.startsWith("<svg"));
    deepStrictEqual(run.saving().rows, []);
    await run.train(12);
    const { rows, predicted, measured } = run.saving();
    deepStrictEqual(
      rows.map((row) => [row["frozen layers"], row.steps]),
      [[0, 5], [1, 2], [2, 2], [3, 2], [4, 1], ["saved so far", 12]],
    );
    ok(predicted > 0.05 && predicted < 0.9 && measured < 1);
    strictEqual(String(run), `run tiny: 12 of 12 steps; ${run.device}`);
    await run.close();
  },
);

await onDevices(
  ["cpu"],
  "NotebookRun.features() are those of the encoder as it is, and judge() compares it with its beginning",
  async (backend) => {
    const run = opened(backend);
    const { features, width, labels } = await run.features(undefined, 10);
    deepStrictEqual([features.length, width, labels.length], [80, 8, 10]);
    const first = await run.judge({ known: 20, asked: 10 });
    strictEqual(first.trained, first.untrained);
    await run.train(6);
    const later = await run.features(undefined, 10);
    ok(later.features.some((value, i) => value !== features[i]));
    strictEqual((await run.judge({ known: 20, asked: 10 })).rows.length, 4);
    await run.close();
  },
);
