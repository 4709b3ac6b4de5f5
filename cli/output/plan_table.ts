/** A plan as tables. */
import {
  calcSpeedup,
  type FreezePlan,
  layerFlops,
  type OptimizerConfig,
  phaseFlops,
  phaseMemory,
  type PlanLayer,
  predictedSaving,
} from "../../core/mod.ts";
import { textTable } from "./text_table.ts";
import { percent, thousands } from "./words.ts";

const mebibytes = (bytes: number): string =>
  thousands(Number((bytes / 2 ** 20).toFixed(1)));

/** A line for each layer: what it is, when it freezes and where its rate starts. */
export function layerTable(plan: FreezePlan, stepsPerEpoch: number): string {
  const row = (layer: PlanLayer): readonly string[] => {
    const { index, name, stage, freezeTime, freezeStep, schedule } = layer;
    const taps = plan.stages.some((task) => task.layer === index);
    const freezes = freezeStep < plan.totalSteps;
    return [
      String(index),
      name,
      `${stage + 1}${taps ? " tap" : ""}`,
      freezeTime.toFixed(6),
      schedule.initialRate.toExponential(3),
      freezes ? (freezeStep / stepsPerEpoch).toFixed(2) : "never",
      freezes ? thousands(freezeStep) : "",
    ];
  };
  return textTable([
    ["layer", "right"],
    ["what", "left"],
    ["stage", "left"],
    ["t_i", "left"],
    ["initial rate", "right"],
    ["frozen from epoch", "right"],
    ["step", "right"],
  ], plan.layers.map(row));
}

/** A line for each phase: how long it is and what a step costs in it. */
export function phaseTable(
  plan: FreezePlan,
  stepsPerEpoch: number,
  optimizer: OptimizerConfig,
): string {
  const flops = plan.phases.map(phaseFlops(plan));
  const memory = plan.phases.map(phaseMemory(plan, optimizer));
  const whole = flops[0] ?? NaN;
  const rows = plan.phases.map(({ from, to, frozenLayers, liveStages }, i) => {
    const total = flops[i] ?? NaN;
    const bytes = memory[i];
    const { gradients, optimizer: moments, activations } =
      bytes?._tag === "Right"
        ? bytes.right
        : { gradients: NaN, optimizer: NaN, activations: NaN };
    return [
      `${(from / stepsPerEpoch).toFixed(2)}–${(to / stepsPerEpoch).toFixed(2)}`,
      String(frozenLayers),
      liveStages.map((stage) => stage + 1).join(" "),
      (total / 1e9).toPrecision(4),
      percent(total / whole),
      mebibytes(gradients),
      mebibytes(moments),
      mebibytes(activations),
    ];
  });
  return textTable([
    ["epochs", "left"],
    ["frozen", "right"],
    ["stages", "left"],
    ["GFLOP/image", "right"],
    ["of unfrozen", "right"],
    ["gradients MiB", "right"],
    ["moments MiB", "right"],
    ["activations MiB/image", "right"],
  ], rows);
}

/** Saving of the plan, by the cost model and by FreezeOut's estimate. */
export function savingLine(plan: FreezePlan): string {
  const layers = layerFlops(plan);
  const estimate = calcSpeedup(
    layers.map(({ forward }) => forward),
    plan.config.freeze,
  );
  const forward = layers.reduce((sum, layer) => sum + layer.forward, 0);
  const encoder = layers.reduce((sum, layer) => sum + layer.total, 0);
  const saving = predictedSaving(plan);
  if (saving < 0) {
    return `Costs ${
      percent(-saving)
    } more floating-point operations than without freezing: its latent targets take more than freezing saves.`;
  }
  return [
    `Saves ${percent(saving)} of the floating-point operations`,
    `(FreezeOut's own estimate: ${percent(estimate)},`,
    `taking backward = forward; here it is ${
      (encoder / forward - 1).toFixed(2)
    } times).`,
  ].join(" ");
}
