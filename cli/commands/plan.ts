/**
 * Prints the plan of a run: what freezes when, how fast each layer learns, what
 * that saves. No tensor library is loaded.
 *
 * ```sh
 * deno run -A cli/main.ts plan --model vit-b --saving 0.2 --svg plan.svg
 * ```
 *
 * @module
 */
// deno-lint-ignore-file no-console -- printing is what this program does
import {
  DEFAULT_PRETRAIN_CONFIG,
  describeFaults,
  encodePlan,
  epochsForEqualCost,
  type Fault,
  type Faults,
  type FreezePlan,
  planOf,
  type PretrainConfig,
  type Result,
  right,
  stepsPerEpoch,
  t0ForSaving,
} from "../../core/mod.ts";
import { configFromFlags } from "../flags/config_from_flags.ts";
import { IMAGES_OF_EPOCH, namedByFlags } from "../flags/faults_by_flags.ts";
import {
  type FlagValues,
  helpText,
  numberFlag,
  switchFlag,
  textFlag,
  wholeFlag,
} from "../flags/flags.ts";
import { METHOD_FLAGS, methodDefaults } from "../flags/method_flags.ts";
import {
  describeModel,
  modelTable,
  oddGridNote,
} from "../output/model_words.ts";
import { parseFlags } from "../flags/parse_flags.ts";
import { lastWords } from "../output/permission_advice.ts";
import { layerTable, phaseTable, savingLine } from "../output/plan_table.ts";

/** Training images of ImageNet-1K. */
const IMAGENET = 1_281_167;

const FLAGS = {
  ...METHOD_FLAGS,
  "samples": wholeFlag(1, "images of an epoch"),
  "saving": numberFlag({
    wanted: "a part in [0, 1)",
    holds: (value) => value >= 0 && value < 1,
    nearest: (value) => value < 0 ? 0 : null,
  }, "plan backwards: the t0 that saves this part of the operations"),
  "svg": textFlag("FILE", "draw the plan into this file"),
  "json": switchFlag("print the plan as JSON and nothing else"),
  "help": switchFlag("print this and stop"),
} as const;

type Values = FlagValues<typeof FLAGS>;

const USAGE =
  "Prints the plan of a pre-training run: deno run -A examples/print_plan.ts [FLAGS]";

/** The configuration with the freeze times that give a wanted saving. */
function withSaving(
  config: PretrainConfig,
  samples: number,
  saving: number | undefined,
): Result<Faults, PretrainConfig> {
  if (saving === undefined) return right(config);
  const unfrozen = planOf(
    { ...config, freeze: { ...config.freeze, t0: 1 } },
    samples,
  );
  if (unfrozen._tag === "Left") return unfrozen;
  const t0 = t0ForSaving(unfrozen.right.config, saving);
  return t0._tag === "Left"
    ? t0
    : right({ ...config, freeze: { ...config.freeze, t0: t0.right } });
}

function describePlan(
  plan: FreezePlan,
  config: PretrainConfig,
  samples: number,
): string {
  const { epochs, batchSize, accumIter } = config.training;
  const steps = stepsPerEpoch(config.training, samples);
  const { t0, scale } = config.freeze;
  const longer = epochsForEqualCost(config, samples);
  const note = oddGridNote(config.model);
  return [
    [
      `${describeModel(config.model)}.`,
      ...note === null ? [] : [`${note}.`],
    ].join("\n"),
    `${plan.layers.length} layers, ${plan.stages.length} stages; ` +
    `${epochs} epochs of ${steps} steps of ${batchSize * accumIter} images, ` +
    `${plan.warmupSteps} steps warm-up; ${scale}, t0 = ${t0} before scaling.`,
    layerTable(plan, steps),
    phaseTable(plan, steps, config.optimizer),
    [
      savingLine(plan),
      ...(longer._tag === "Left" ? [] : [
        `${epochs} epochs without freezing cost as much as ${longer.right} with it.`,
      ]),
    ].join("\n"),
  ].join("\n\n");
}

function fail(faults: Faults): never {
  const [first, ...others] = namedByFlags(faults);
  const own = (fault: Fault): Fault =>
    fault.path === IMAGES_OF_EPOCH ? { ...fault, path: "--samples" } : fault;
  console.error(describeFaults([own(first), ...others.map(own)]));
  Deno.exit(2);
}

function orFail<A>(result: Result<Faults, A>): A {
  return result._tag === "Right" ? result.right : fail(result.left);
}

async function print(values: Values): Promise<void> {
  const samples = values.samples ?? IMAGENET;
  const flagged = orFail(configFromFlags(DEFAULT_PRETRAIN_CONFIG, values));
  const config = orFail(withSaving(flagged, samples, values.saving));
  const plan = orFail(planOf(config, samples));
  if (values.svg !== undefined) {
    const options = { stepsPerEpoch: stepsPerEpoch(config.training, samples) };
    const { planPlot } = await import("../../plot/plan_plot.ts");
    await Deno.writeTextFile(values.svg, planPlot(plan, options));
  }
  console.log(
    values.json
      ? JSON.stringify(encodePlan(plan), null, 2)
      : describePlan(plan, config, samples),
  );
}

/**
 * Runs the command.
 *
 * @param args The command line behind its name.
 */
export async function planCommand(args: readonly string[]): Promise<void> {
  const values = orFail(parseFlags(FLAGS, args));
  if (values.help) {
    const defaults = methodDefaults(DEFAULT_PRETRAIN_CONFIG, "vit-b");
    const flags = helpText(USAGE, FLAGS, {
      ...defaults,
      samples: String(IMAGENET),
    });
    console.log(`${flags}\n\n${modelTable()}`);
  } else {
    await print(values).catch((thrown: unknown) => {
      console.error(lastWords(thrown));
      Deno.exit(1);
    });
  }
}
