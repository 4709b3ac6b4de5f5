import { deepStrictEqual, match, ok } from "node:assert/strict";
import { initialSnapshot, pretraining } from "../../../train/mod.ts";
import { describeTrainError } from "../../../train/mod.ts";
import { onDevices } from "../devices.ts";
import {
  startTiny,
  syntheticBatches,
  takeSteps,
  tinyRun,
  trained,
} from "../tiny_run.ts";

const EXACT = tinyRun();
const ROUGH = tinyRun({ frozenPrecision: "int8" });
/** The first step with a frozen block: the patch embedding freezes before. */
const FIRST = EXACT.plan.phases.find(({ frozenLayers }) => frozenLayers > 1)!
  .from;

await onDevices(
  ["onnx"],
  "a run with int8 is the exact one, bit for bit, until a block freezes, and near it then",
  async (backend) => {
    const [exact, rough] = [
      startTiny(backend, EXACT),
      startTiny(backend, ROUGH),
    ];
    const [wanted, found] = [await takeSteps(exact), await takeSteps(rough)];
    const losses = (reports: typeof wanted) =>
      reports.map(({ stageLosses }) => stageLosses);
    deepStrictEqual(
      losses(found).slice(0, FIRST),
      losses(wanted).slice(0, FIRST),
    );
    let differs = false;
    wanted.slice(FIRST).forEach(({ loss }, i) => {
      const other = found[FIRST + i]!.loss;
      differs ||= other !== loss;
      ok(Math.abs(other - loss) < 0.02 * loss, `step ${FIRST + i}`);
    });
    ok(differs, "nothing was rounded");
    [exact, rough].forEach((run) => run.dispose());
  },
);

await onDevices(
  ["onnx"],
  "a run with int8 resumes across freezes bit for bit",
  async (backend) => {
    const whole = startTiny(backend, ROUGH);
    await takeSteps(whole);
    const end = trained(await whole.snapshot());
    whole.dispose();
    for (const stop of [FIRST - 1, FIRST, FIRST + 1]) {
      const first = startTiny(backend, ROUGH);
      await takeSteps(first, stop);
      const start = trained(await first.snapshot());
      first.dispose();
      const rest = pretraining({
        ...ROUGH,
        backend,
        start,
        batches: syntheticBatches(ROUGH.config),
      });
      await takeSteps(rest);
      deepStrictEqual(trained(await rest.snapshot()), end, `from ${stop}`);
      rest.dispose();
    }
  },
);

await onDevices(
  ["cpu"],
  "a run with int8 is refused before its first step where the engine has none",
  async (backend) => {
    const run = pretraining({
      ...ROUGH,
      backend,
      start: initialSnapshot(ROUGH.config, ROUGH.plan),
      batches: syntheticBatches(ROUGH.config),
    });
    for await (const taken of run) {
      const text = taken._tag === "Left" ? describeTrainError(taken.left) : "";
      match(text, /cpu: it has no products in 8-bit integers/);
    }
    deepStrictEqual(run.step, 0);
    run.dispose();
  },
);
