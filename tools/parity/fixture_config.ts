/**
 * `config.json` of a fixture folder: the sizes of its model and its schedule.
 */
import {
  type AdamWConfig,
  EARLIER_WARMUP,
  type Fault,
  type Faults,
  type FreezeConfig,
  type FreezePlan,
  freezePlan,
  left,
  type ModelSpec,
  type RateMode,
  type Result,
  right,
} from "../../core/mod.ts";
import { planFrom } from "../../core/plan/freeze_plan.ts";
import {
  modelOf,
  type Situation,
  type WrittenConfig,
  writtenConfig,
} from "./written_config.ts";

/** Relations between the rates of layers, by the reference's names. */
export const RATE_MODES = {
  scaled: { _tag: "LayerWise", power: 1 },
  unscaled: { _tag: "LayerWise", power: 0 },
  uniform: { _tag: "Uniform" },
} as const satisfies Readonly<Record<string, RateMode>>;

/** One of the `RATE_MODES`. */
export type RateModeName = keyof typeof RATE_MODES;

/** Contents of the file. */
export interface FixtureConfig {
  /** Sizes of the model. */
  readonly model: ModelSpec;
  /** The optimizer. */
  readonly optimizer: AdamWConfig;
  /** The recorded points. */
  readonly situations: readonly Situation[];
  /** Plan of the recorded run in each rate mode. */
  readonly plans: Readonly<Record<RateModeName, FreezePlan>>;
}

const inconsistent = (path: string, found: unknown, wanted: string): Fault => ({
  _tag: "Inconsistent",
  path,
  found,
  wanted,
});

function planOf(raw: WrittenConfig): Result<Faults, FreezePlan> {
  const { schedule } = raw;
  const freeze: FreezeConfig = {
    t0: schedule.t0,
    scale: schedule.howScale,
    freezePatchEmbed: true,
    classToken: schedule.classToken === "never frozen"
      ? "neverFrozen"
      : "withLayer0",
  };
  return freezePlan({
    model: modelOf(raw),
    freeze,
    rate: {
      baseRate: schedule.lr,
      endRate: schedule.minLr,
      mode: RATE_MODES.scaled,
      stagePower: 0,
      warmup: EARLIER_WARMUP[schedule.warmupMode],
    },
    totalSteps: schedule.epochs * schedule.iterationsPerEpoch,
    warmupSteps: schedule.warmupEpochs * schedule.iterationsPerEpoch,
  });
}

/** The same plan with other rates. */
const inMode = ({ config }: FreezePlan, mode: RateMode): FreezePlan =>
  planFrom({ ...config, rate: { ...config.rate, mode } });

/** Check that the phases of the run have the recorded numbers of frozen layers. */
function situationFaults(
  { situations }: WrittenConfig,
  { phases }: FreezePlan,
): readonly Fault[] {
  const known = phases.map(({ frozenLayers }) => frozenLayers);
  return situations.flatMap(({ frozenLayers }, i) =>
    known.includes(frozenLayers) ? [] : [
      inconsistent(
        `situations[${i}].frozenLayers`,
        frozenLayers,
        `a number of frozen layers that the schedule has: ${known.join(", ")}`,
      ),
    ]
  );
}

function lengthFaults(
  { taps, decoderScales, targets, schedule: { betas } }: WrittenConfig,
): readonly Fault[] {
  return [
    ...(targets === undefined || taps.length === targets.length
      ? []
      : [inconsistent("targets", targets, `${taps.length}, one a tap`)]),
    ...(taps.length === decoderScales.length ? [] : [
      inconsistent("decoderScales", decoderScales, `${taps.length}, one a tap`),
    ]),
    ...(betas.length === 2
      ? []
      : [inconsistent("schedule.betas", betas, "two numbers")]),
  ];
}

/**
 * Reads the configuration of a fixture folder. Fields that it does not know are
 * left alone.
 *
 * @param json Contents of `config.json`.
 * @returns The configuration, or every fault in it.
 */
export function fixtureConfig(json: unknown): Result<Faults, FixtureConfig> {
  const raw = writtenConfig(json);
  if (raw._tag === "Left") return raw;
  const [fault, ...others] = lengthFaults(raw.right);
  if (fault !== undefined) return left([fault, ...others]);
  const plan = planOf(raw.right);
  if (plan._tag === "Left") return plan;
  const [first, ...rest] = situationFaults(raw.right, plan.right);
  if (first !== undefined) return left([first, ...rest]);
  const { schedule, situations } = raw.right;
  const [beta1 = 0, beta2 = 0] = schedule.betas;
  return right({
    model: modelOf(raw.right),
    optimizer: {
      _tag: "AdamW",
      beta1,
      beta2,
      epsilon: schedule.eps,
      weightDecay: schedule.weightDecay,
    },
    situations: situations.map(({ name, frozenLayers, firstIteration }) => ({
      name,
      frozenLayers,
      firstIteration,
    })),
    plans: {
      scaled: plan.right,
      unscaled: inMode(plan.right, RATE_MODES.unscaled),
      uniform: inMode(plan.right, RATE_MODES.uniform),
    },
  });
}
