/** Rates and freezing of a plan beside the reference's. */
import { type FreezePlan, phaseAt, ratesAt } from "../../core/mod.ts";
import type { Group, Pair } from "./comparison.ts";
import { RATE_MODES, type RateModeName } from "./fixture_config.ts";
import type { Fixture } from "./fixture_folder.ts";
import type { RecordedStep } from "./recorded_training.ts";

/** The recorded name of the rate of what no layer owns. */
const UNFROZEN = "non_freezeout";

function stepRates(
  plan: FreezePlan,
  step: RecordedStep,
  prefix: string,
): readonly Pair[] {
  const { global_iteration: iteration, lr } = step;
  const { layers, unfrozen } = ratesAt(plan)(iteration);
  return Object.entries(lr).map(([name, rate]) => ({
    name: `${prefix}, iteration ${iteration}, layer ${name}`,
    found: [name === UNFROZEN ? unfrozen : layers[Number(name)] ?? NaN],
    wanted: [rate],
  }));
}

function stepFreezing(plan: FreezePlan, step: RecordedStep): readonly Pair[] {
  const { global_iteration: iteration } = step;
  const { frozenLayers, liveStages } = phaseAt(plan)(iteration);
  return [
    {
      name: `frozen layers at iteration ${iteration}`,
      found: [frozenLayers],
      wanted: [step.min_active_layer_index],
    },
    {
      name: `live stages at iteration ${iteration}`,
      found: liveStages,
      wanted: step.active_stages,
    },
  ];
}

/**
 * Rates of every recorded step in every recorded mode, and which layers and
 * stages are gone then.
 *
 * @param fixture The reference's numbers.
 */
export function rateGroups({ config, training }: Fixture): readonly Group[] {
  const modes = Object.keys(RATE_MODES) as RateModeName[];
  const steps = modes.flatMap((mode) =>
    Object.entries(training[mode] ?? {}).flatMap(([name, { steps }]) =>
      steps.map((step) => ({ plan: config.plans[mode], mode, name, step }))
    )
  );
  return [
    {
      name: "freezing",
      tolerance: { _tag: "Exact" },
      pairs: steps.flatMap(({ plan, step }) => stepFreezing(plan, step)),
    },
    {
      name: "rates",
      tolerance: { _tag: "Relative", limit: 1e-12 },
      pairs: steps.flatMap(({ plan, mode, name, step }) =>
        stepRates(plan, step, `${mode}, ${name}`)
      ),
    },
  ];
}
