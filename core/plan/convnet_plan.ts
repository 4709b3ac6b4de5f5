/** The plan of a convolutional network: what trains when and how fast. */
import { type ConvNetConfig, decodeConvNetConfig } from "../config/convnet.ts";
import { E, pipe } from "../fp.ts";
import { convNetLayers } from "../models/convnet_spec.ts";
import { type Faults, left, type Result, right } from "../result.ts";
import type { TrainingSpan } from "../schedule/annealing.ts";
import { freezeTimes } from "../schedule/freeze_time.ts";
import { planWith, scheduleFaults } from "./freeze_schedule.ts";
import { runLength } from "./run_length.ts";
import { layerSchedule } from "./layers.ts";
import type { FreezePlan, PlanLayer } from "./plan.ts";

/** Everything that determines a plan. */
export type ConvNetPlanConfig =
  & Pick<ConvNetConfig, "model" | "freeze" | "rate">
  & TrainingSpan;

/** Plan of a convolutional network. Its one stage is the classification, which never ends. */
export type ConvNetPlan = FreezePlan<ConvNetPlanConfig>;

function layersOf(config: ConvNetPlanConfig): readonly PlanLayer[] {
  const names = convNetLayers(config.model);
  const scheduleOf = layerSchedule(config.rate, config);
  return freezeTimes(config.freeze, names.length).map((freezeTime, index) => {
    const schedule = scheduleOf(freezeTime, 1);
    return {
      index,
      name: names[index] ?? "",
      stage: 0,
      freezeTime,
      freezeStep: schedule.until,
      schedule,
    };
  });
}

function planFrom(config: ConvNetPlanConfig): Result<Faults, ConvNetPlan> {
  const layers = layersOf(config);
  const [first, ...others] = scheduleFaults(config, layers.length);
  return first !== undefined ? left([first, ...others]) : right(
    planWith(config, layers, [{
      index: 0,
      layer: layers.length - 1,
      scale: 1,
      weight: 1,
      pruneStep: config.totalSteps,
    }]),
  );
}

/**
 * Plans the training of a network on a data set. Layer 0 is the first convolution, then
 * every block is a layer, then the head. Layer `i` of `0 … N` freezes at
 * `t_i = scale(t0 + (1 − t0)·i/N)` of the run, counted in the steps that the run really
 * has.
 *
 * @param config Everything but the images.
 * @param samples Images of an epoch; those that fill no whole batch are dropped.
 * @returns The plan, or every fault of the configuration, or fewer samples than a batch.
 *
 * @see Brock et al., FreezeOut, 2017: {@link https://arxiv.org/abs/1706.04983}
 *
 * @example The first convolution of WRN-40-4 rests after 51.2 % of the run
 * ```ts
 * import { convNetPlan, FREEZEOUT_RECIPE } from "@vitfreeze/vitfreeze";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const model = { family: "wideResNet", depth: 40, width: 4, imageSize: 32, inChannels: 3, classes: 100 } as const;
 * const plan = convNetPlan({ ...FREEZEOUT_RECIPE, model }, 50_000);
 *
 * deepStrictEqual(
 *   plan._tag === "Right" && plan.right.layers.slice(0, 2).map(({ name, freezeStep }) => [name, freezeStep]),
 *   [["conv1", 51_200], ["block1.layer.0", 53_248]],
 * );
 * ```
 */
export function convNetPlan(
  config: ConvNetConfig,
  samples: number,
): Result<Faults, ConvNetPlan> {
  return pipe(
    decodeConvNetConfig(config),
    E.flatMap(({ model, freeze, rate, training }) =>
      pipe(
        runLength(training, samples),
        E.flatMap((length) => planFrom({ model, freeze, rate, ...length })),
      )
    ),
  );
}
