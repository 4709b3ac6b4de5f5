/**
 * Prints the plan of a run: freeze times, learning rates of layers, and what that
 * saves. No tensor library is loaded.
 */
import {
  DEFAULT_PRETRAIN_CONFIG,
  encodePlan,
  epochsForEqualCost,
  type FreezePlan,
  planOf,
  predictedSaving,
  type PretrainConfig,
  stepsPerEpoch,
  t0ForSaving,
  withT0,
} from "../../core/mod.ts";
import type { Command, CommandContext } from "../command/command.ts";
import { CommandFailed, EXIT, must } from "../command/command_failed.ts";
import {
  numberFlag,
  switchFlag,
  textFlag,
  under,
  wholeFlag,
} from "../flags/flags.ts";
import { configFromFlags, METHOD_FLAGS } from "../flags/method_flags.ts";
import { SAME_COST_FLAGS } from "../flags/schedule_flags.ts";
import { latentWords } from "../output/latent_words.ts";
import {
  cellsNote,
  describeModel,
  modelTable,
  stageCount,
} from "../output/model_words.ts";
import { layerTable, phaseTable, savingLine } from "../output/plan_table.ts";
import { sameCostWords } from "../output/words.ts";

/** Training images of ImageNet-1K. */
const IMAGENET = 1_281_167;

const FLAGS = {
  ...METHOD_FLAGS,
  ...SAME_COST_FLAGS,
  ...under("Schedule", {
    "samples": wholeFlag(1, "images of an epoch", {
      at: "samples",
      initial: String(IMAGENET),
    }),
  }),
  ...under("Freezing", {
    "saving": numberFlag(
      {
        wanted: "a part in [0, 1)",
        holds: (value) => value >= 0 && value < 1,
        nearest: (value) => value < 0 ? 0 : null,
      },
      "plan backwards: the t0 that saves this part of the operations",
      { at: "saving" },
    ),
  }),
  ...under("Output", {
    "svg": textFlag("FILE", "draw the plan into this file"),
    "json": switchFlag("print the plan as JSON and nothing else"),
  }),
} as const;

/** Writes a picture. */
async function draw(file: string, svg: string): Promise<void> {
  try {
    await Deno.writeTextFile(file, svg);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailed(() => `Cannot use ${file}: ${reason}`, EXIT.failed);
  }
}

/** The configuration with the freeze times that give a wanted saving. */
function withSaving(
  config: PretrainConfig,
  samples: number,
  saving: number | undefined,
): PretrainConfig {
  if (saving === undefined) return config;
  const freeze = withT0(config.freeze, 1);
  const unfrozen = must(planOf({ ...config, freeze }, samples));
  const t0 = must(t0ForSaving(unfrozen.config, saving));
  return { ...config, freeze: withT0(config.freeze, t0) };
}

/** A word on the epochs that what is saved is worth. */
function epochsLine(
  plan: FreezePlan,
  config: PretrainConfig,
  samples: number,
  unfrozen: number | null,
): readonly string[] {
  const { epochs } = config.training;
  if (unfrozen !== null) {
    return [`${sameCostWords(unfrozen, epochs, predictedSaving(plan))}.`];
  }
  const longer = epochsForEqualCost(config, samples);
  return longer._tag === "Left" || predictedSaving(plan) < 0 ? [] : [
    `${epochs} epochs without freezing cost as much as ${longer.right} with it.`,
  ];
}

function describePlan(
  plan: FreezePlan,
  config: PretrainConfig,
  samples: number,
  unfrozen: number | null,
): string {
  const { epochs, batchSize, accumIter } = config.training;
  const steps = stepsPerEpoch(config.training, samples);
  const { scale, t0, times } = config.freeze;
  const freezing = times === undefined
    ? `${scale}, t0 = ${t0} before scaling`
    : "freeze times as listed";
  const note = cellsNote(config.model);
  const latent = latentWords(plan);
  return [
    [
      `${describeModel(config.model)}.`,
      ...note === null ? [] : [`${note}.`],
    ].join("\n"),
    `${plan.layers.length} layers, ${stageCount(plan)}; ` +
    `${epochs} epochs of ${steps} steps of ${batchSize * accumIter} images, ` +
    `${plan.warmupSteps} steps warm-up; ${freezing}.`,
    layerTable(plan, steps),
    phaseTable(plan, steps, config.optimizer),
    [
      ...latent === null ? [] : [`Latent targets: ${latent}.`],
      savingLine(plan),
      ...epochsLine(plan, config, samples, unfrozen),
    ].join("\n"),
  ].join("\n\n");
}

async function printPlan(
  { values, say }: CommandContext<typeof FLAGS>,
): Promise<void> {
  const samples = values.samples ?? IMAGENET;
  const flagged = must(configFromFlags(DEFAULT_PRETRAIN_CONFIG, values));
  const given = withSaving(flagged, samples, values.saving);
  const isSame = values["same-cost-as-unfrozen"] ?? false;
  const { training } = given;
  const epochs = isSame
    ? must(epochsForEqualCost(given, samples))
    : training.epochs;
  const config = { ...given, training: { ...training, epochs } };
  const plan = must(planOf(config, samples));
  if (values.svg !== undefined) {
    const options = { stepsPerEpoch: stepsPerEpoch(config.training, samples) };
    const { planPlot } = await import("../../plot/plan/plan_plot.ts");
    await draw(values.svg, planPlot(plan, options));
  }
  say(
    values.json
      ? JSON.stringify(encodePlan(plan), null, 2)
      : describePlan(plan, config, samples, isSame ? training.epochs : null),
  );
}

/** The command. */
export const planCommand: Command<typeof FLAGS> = {
  name: "plan",
  summary: "Prints the plan of a pre-training run",
  words: [],
  fields: FLAGS,
  bases: [DEFAULT_PRETRAIN_CONFIG],
  notes: () => [modelTable()],
  json: "never",
  run: printPlan,
};
