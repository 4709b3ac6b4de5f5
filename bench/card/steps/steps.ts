/** Steps of training: models, batches, frozen layers, and forms of activations. */
import type { DeviceName, Precision } from "../../../backends/device_names.ts";
import type { Batch } from "../../../data/mod.ts";
import { benchedRun, type CardModel, randomBatches } from "./benched_run.ts";
import { type Engines, enginesHere } from "./engines.ts";
import { openClock } from "../machine/gpu_clock.ts";
import { kernelTimes } from "./kernel_times.ts";
import { openCard } from "../machine/open_card.ts";
import { eachCase, type Facts, type Part } from "../part.ts";
import { timeSteps } from "./timed_steps.ts";

/** Steps that are measured. */
export interface StepCase extends Facts {
  readonly device: DeviceName;
  readonly precision: Precision;
  readonly model: CardModel;
  readonly batchSize: number;
  readonly frozen: number;
  /** Kernels of products are those that the tuner has measured. */
  readonly tuned?: true;
  /** Also the time of each kernel. */
  readonly detail?: true;
}

const cased = (
  model: CardModel,
  batchSize: number,
  frozen: readonly number[],
  precision: Precision = "float32",
  device: DeviceName = "webgpu",
): readonly StepCase[] =>
  frozen.map((count) => ({
    ...{ device, precision, model, batchSize },
    frozen: count,
  }));

/** With the time of each kernel. */
const detailed = (cases: readonly StepCase[]): readonly StepCase[] =>
  cases.map((one) => ({ ...one, detail: true }));

/** With kernels of products that were measured. */
const tuned = (cases: readonly StepCase[]): readonly StepCase[] =>
  cases.map((one) => ({ ...one, tuned: true }));

/** The cases, the most important first; what may end the process last. */
const CASES: readonly StepCase[] = [
  ...detailed(cased("vit-b", 64, [0])),
  ...cased("nano", 64, [0]),
  ...tuned(detailed(cased("vit-b", 64, [0]))),
  ...cased("vit-b", 64, [7, 11]),
  ...detailed(cased("vit-b", 64, [0], "bf16")),
  ...tuned(cased("vit-b", 64, [0], "bf16")),
  ...cased("vit-s", 64, [0, 7, 11]),
  ...detailed(cased("nano", 64, [3])),
  ...cased("nano", 64, [6]),
  ...cased("nano", 64, [0], "bf16"),
  ...cased("nano", 64, [0], "float32", "webgpu-ops"),
  ...cased("vit-b", 256, [0]),
  ...cased("vit-b", 256, [0], "bf16"),
  ...cased("vit-b", 64, [7, 11], "bf16"),
  ...cased("vit-s", 64, [0], "bf16"),
  ...cased("vit-b", 256, [7, 11]),
  ...cased("vit-b", 64, [0], "float32", "webgpu-ops"),
];

/** Two cases that software goes through in seconds. */
const TINY_CASES: readonly StepCase[] = [
  ...detailed(cased("tiny", 2, [0])),
  ...tuned(cased("tiny", 2, [2], "bf16")),
];

/** Batches of each model and size, made once. */
function batchMaker(): (one: StepCase) => readonly Batch[] {
  let [key, batches]: [string, readonly Batch[]] = ["", []];
  return ({ model, batchSize }) => {
    const wanted = `${model} ${batchSize}`;
    if (key !== wanted) {
      const { model: sizes } = benchedRun(model, batchSize, 0);
      [key, batches] = [wanted, randomBatches(sizes, batchSize, 2)];
    }
    return batches;
  };
}

async function measureCase(
  engines: Engines,
  one: StepCase,
  batches: readonly Batch[],
  limits: { readonly seconds: number; readonly steps: number },
  factor: number,
): Promise<Facts> {
  const { model, batchSize, frozen, detail } = one;
  const engine = await engines.of(one);
  const run = benchedRun(model, batchSize, frozen);
  const { device: card } = await openCard();
  const steps = await timeSteps(engine, run, batches, {
    ...limits,
    ...detail ? { then: (more) => kernelTimes(card, 4, factor, more) } : {},
  });
  return one.tuned ? { ...steps, tuning: engines.said() } : steps;
}

/** Steps of training on the card. */
export const STEPS: Part = {
  name: "steps",
  about: "steps of ViT-B, ViT-S and nano, with the time of each kernel",
  share: 32,
  measure: async (context) => {
    const { isTiny, secondsLeft, note } = context;
    const { device } = await openCard();
    const { factor } = await openClock(device);
    const engines = enginesHere(isTiny);
    const batchesOf = batchMaker();
    await eachCase(
      context,
      isTiny ? TINY_CASES : CASES,
      isTiny ? 0 : 5,
      (one) =>
        measureCase(engines, one, batchesOf(one), {
          seconds: Math.min(3, secondsLeft() / 4),
          steps: isTiny ? 3 : 300,
        }, factor),
      (steps) => note({ steps, tuningFound: engines.found() }),
    );
  },
};
