/**
 * Plans against the numbers of ViTFreeze 30e80f9 on PyTorch 1.13.1.
 *
 * The reference freezes a layer when a step lies strictly behind its freeze
 * moment, a plan when it does not lie before it. They differ only where that
 * moment is a whole step; there the layer-wise rate is 0.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  DEFAULT_PRETRAIN_CONFIG,
  type FreezePlan,
  freezePlan,
  type FreezeScale,
  MODEL_PRESETS,
  type RateMode,
  ratesAt,
} from "../../../core/mod.ts";
import { right } from "../../right.ts";

interface Recorded {
  readonly layers: 13 | 25;
  readonly "how_scale": FreezeScale;
  readonly "t_0": number;
  readonly mode: "scaled" | "unscaled" | "uniform";
  readonly "warmup_epochs": number;
  readonly epochs: number;
  readonly "iterations_per_epoch": number;
  readonly lr: number;
  readonly "min_lr": number;
  readonly "t_i": readonly number[];
  readonly "initial_lr": readonly number[];
  readonly "max_iteration_warmup_subtracted": readonly number[];
  readonly "first_iteration_frozen": readonly (number | null)[];
  readonly iterations: readonly number[];
  readonly "min_active_layer_index": readonly number[];
  readonly "non_freezeout_lr": readonly number[];
  readonly "lr_by_layer": readonly (readonly (number | null)[])[] | null;
}

const readGolden = (name: string): unknown =>
  JSON.parse(Deno.readTextFileSync(
    new URL(`../../golden/${name}.json`, import.meta.url),
  ));

const recorded = ["schedule_13", "schedule_25"]
  .flatMap((name) => readGolden(name) as readonly Recorded[]);

const MODES: Readonly<Record<Recorded["mode"], RateMode>> = {
  scaled: { _tag: "LayerWise", power: 1 },
  unscaled: { _tag: "LayerWise", power: 0 },
  uniform: { _tag: "Uniform" },
};

const planOfRecorded = (run: Recorded): FreezePlan =>
  right(freezePlan({
    model: MODEL_PRESETS[run.layers === 13 ? "vit-b" : "vit-l"],
    freeze: {
      ...DEFAULT_PRETRAIN_CONFIG.freeze,
      t0: run.t_0,
      scale: run.how_scale,
    },
    rate: {
      baseRate: run.lr,
      endRate: run.min_lr,
      mode: MODES[run.mode],
      stagePower: 0,
      warmup: "shared",
    },
    totalSteps: run.epochs * run.iterations_per_epoch,
    warmupSteps: run.warmup_epochs * run.iterations_per_epoch,
  }));

const near = (found: number, wanted: number): void =>
  ok(
    Math.abs(found - wanted) <= 1e-12 * Math.abs(wanted),
    `${found} vs ${wanted}`,
  );

const isWhole = (moment: number): boolean =>
  Math.abs(moment - Math.round(moment)) < 1e-9;

Deno.test("freezePlan() has the reference's freeze times, initial rates and freeze steps", () => {
  for (const run of recorded) {
    const plan = planOfRecorded(run);
    strictEqual(plan.layers.length, run.layers);
    for (const { index, freezeTime, freezeStep, schedule } of plan.layers) {
      near(freezeTime, run.t_i[index] ?? NaN);
      near(schedule.initialRate, run.initial_lr[index] ?? NaN);
      const moment = run.max_iteration_warmup_subtracted[index] ?? NaN;
      const step = freezeStep - plan.warmupSteps;
      strictEqual(
        step,
        isWhole(moment) ? Math.round(moment) : Math.ceil(moment),
      );
      const frozen = run.first_iteration_frozen[index];
      if (typeof frozen === "number" && !isWhole(moment)) {
        strictEqual(freezeStep, frozen);
      }
    }
  }
});

Deno.test("ratesAt() gives all 47,200 layer-wise rates of the reference", () => {
  let compared = 0;
  for (const run of recorded) {
    const at = ratesAt(planOfRecorded(run));
    run.lr_by_layer?.forEach((row, sample) => {
      const { layers } = at(run.iterations[sample] ?? NaN);
      row.forEach((rate, layer) => {
        compared++;
        const [found, wanted] = [layers[layer] ?? NaN, rate ?? 0];
        ok(
          Math.abs(found - wanted) <= 1e-12 * wanted + 1e-18,
          `${found} vs ${wanted}`,
        );
      });
    });
  }
  strictEqual(compared, 47_200);
});

Deno.test("ratesAt() gives the reference's common cosine to what no layer owns, and in mode uniform to all that train", () => {
  for (const run of recorded) {
    const at = ratesAt(planOfRecorded(run));
    run.iterations.forEach((step, sample) => {
      const { layers, unfrozen } = at(step);
      near(unfrozen, run.non_freezeout_lr[sample] ?? NaN);
      if (run.mode !== "uniform") return;
      const active = run.min_active_layer_index[sample] ?? NaN;
      layers.forEach((rate, layer) => {
        const moment = run.max_iteration_warmup_subtracted[layer] ?? NaN;
        if (!isWhole(moment)) strictEqual(rate, layer < active ? 0 : unfrozen);
      });
    });
  }
});

interface FreezePoint {
  readonly "t_i": number;
  readonly "max_iter": number;
  readonly "first_frozen_global_iter_accum1": number | null;
}

const points = readGolden("freeze_points") as Readonly<
  Record<string, readonly FreezePoint[]>
>;

const imageNet = (model: "vit-b" | "vit-l", freezePatchEmbed: boolean) =>
  right(freezePlan({
    model: MODEL_PRESETS[model],
    freeze: { ...DEFAULT_PRETRAIN_CONFIG.freeze, freezePatchEmbed },
    rate: { ...DEFAULT_PRETRAIN_CONFIG.rate, warmup: "shared" },
    totalSteps: 100 * 5004,
    warmupSteps: 10 * 5004,
  }));

for (
  const [name, plan] of [
    ["imagenet_vit_b_cubic_0.8_100ep_10warm_5004its", imageNet("vit-b", true)],
    ["imagenet_vit_b_dont_freeze_pe", imageNet("vit-b", false)],
    ["imagenet_vit_l_cubic_0.8", imageNet("vit-l", true)],
  ] as const
) {
  Deno.test(`freezePlan() freezes layers where the reference does: ${name}`, () => {
    strictEqual(plan.layers.length, points[name]?.length);
    points[name]?.forEach((point, i) => {
      const { freezeTime, freezeStep } = plan.layers[i] ?? {};
      near(freezeTime ?? NaN, point.t_i);
      const whole = isWhole(point.max_iter) &&
        point.first_frozen_global_iter_accum1 !== null;
      const first = point.first_frozen_global_iter_accum1 ?? plan.totalSteps;
      strictEqual(freezeStep, whole ? first - 1 : first);
    });
  });
}

Deno.test("freezePlan() of ViT-B has the table of the cubic t0 = 0.8 schedule", () => {
  const rate = {
    ...DEFAULT_PRETRAIN_CONFIG.rate,
    baseRate: 1,
    endRate: 0,
    stagePower: 0.8,
  };
  const { layers } = right(freezePlan({
    model: MODEL_PRESETS["vit-b"],
    freeze: DEFAULT_PRETRAIN_CONFIG.freeze,
    rate,
    totalSteps: 10_000,
    warmupSteps: 0,
  }));
  deepStrictEqual(layers.map(({ stage }) => stage + 1), [
    1,
    1,
    1,
    2,
    2,
    3,
    3,
    3,
    3,
    3,
    3,
    4,
    4,
  ]);
  deepStrictEqual(layers.map(({ freezeTime }) => freezeTime.toFixed(6)), [
    "0.512000",
    "0.544671",
    "0.578704",
    "0.614125",
    "0.650963",
    "0.689245",
    "0.729000",
    "0.770255",
    "0.813037",
    "0.857375",
    "0.903296",
    "0.950829",
    "1.000000",
  ]);
  deepStrictEqual(
    layers.map(({ schedule }) => schedule.initialRate.toFixed(6)),
    [
      "0.644291",
      "0.605644",
      "0.570027",
      "0.676155",
      "0.637891",
      "0.833301",
      "0.787859",
      "0.745661",
      "0.706424",
      "0.669893",
      "0.635837",
      "1.051714",
      "1.000000",
    ],
  );
  deepStrictEqual(layers.slice(0, 3).map(({ freezeStep }) => freezeStep), [
    5120,
    5447,
    5788,
  ]);
});
