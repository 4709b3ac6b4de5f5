/** Gradients and optimizer steps beside the reference's. */
import type { Backend, Program } from "../../backends/backend.ts";
import {
  corrections,
  gradientName,
  layerOfOwner,
  type ParameterSpec,
  type PretrainConfig,
  ratesAt,
  type Result,
  right,
  stageLossName,
  stateKinds,
  stateName,
} from "../../core/mod.ts";
import {
  compilePhase,
  disposePhase,
  type PhasePrograms,
  rateName,
} from "../../train/engine/step/phase.ts";
import type { SegmentProgram } from "../../train/engine/step/segment_programs.ts";
import { pretrainTask } from "../../train/tasks/pretrain.ts";
import type { TrainError } from "../../train/train_error.ts";
import { adamwTolerance } from "./adamw_tolerance.ts";
import { batchAt, hostTensors, numbersOf } from "./batch.ts";
import type { Group, Pair } from "./comparison.ts";
import type { Fixture, NamedNumbers, RecordedPoint } from "./fixture_folder.ts";
import { type HostTensors, runProgram } from "./run_program.ts";

/** Results of some steps. */
interface Steps {
  /** Outputs of the gradient program at each step, and once more after them. */
  readonly gradients: readonly HostTensors[];
  /** Parameters after the steps. */
  readonly parameters: HostTensors;
}

/** The trainer's configuration for the recorded batch. */
const configOf = (
  { config: { model, optimizer, plans }, batch }: Fixture,
): PretrainConfig => {
  const { freeze, rate } = plans.scaled.config;
  return {
    version: 1,
    model,
    freeze,
    rate,
    optimizer,
    training: {
      epochs: 1,
      warmupEpochs: 0,
      batchSize: batch,
      accumIter: 1,
      seed: 0,
    },
  };
};

/** Moments of the optimizer before its first step. */
const freshState = (
  { config: { optimizer } }: Fixture,
  { trained }: RecordedPoint,
): HostTensors =>
  Object.fromEntries(
    trained.flatMap(({ name, shape }) =>
      stateKinds(optimizer).map((kind) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const data = new Float64Array(size);
        return [stateName(kind, name), { shape, data }];
      })
    ),
  );

/** Rates of an iteration of the run, and corrections of a step of the optimizer. */
function scalarsAt(
  { config: { plans, optimizer } }: Fixture,
  iteration: number,
  step: number,
): HostTensors {
  const { layers, unfrozen } = ratesAt(plans.scaled)(iteration);
  const scalars: readonly (readonly [string, number])[] = [
    ...layers.map((rate, layer) => [rateName(layer), rate] as const),
    [rateName(null), unfrozen],
    ...Object.entries(corrections(optimizer, step + 1)),
  ];
  return Object.fromEntries(
    scalars.map(([name, value]) => [
      name,
      { shape: [], data: Float64Array.of(value) },
    ]),
  );
}

/** Runs the recorded steps with an optimizer that begins at the first of them. */
async function takeSteps(
  backend: Backend,
  fixture: Fixture,
  point: RecordedPoint,
  programs: PhasePrograms,
): Promise<Result<TrainError, Steps>> {
  const run = (program: Program, given: HostTensors) =>
    runProgram(backend, program, given);
  const [{ gradient }] = programs.segments as readonly [SegmentProgram];
  const gradients: HostTensors[] = [];
  let state = {
    ...hostTensors(fixture.weights),
    ...freshState(fixture, point),
  };
  for (const [step, recorded] of point.recorded.steps.entries()) {
    const batch = batchAt(fixture, step);
    const found = await run(gradient, { ...state, ...batch });
    if (found._tag === "Left") return found;
    const iteration = recorded.global_iteration;
    const moved = await run(programs.update, {
      ...state,
      ...found.right,
      ...scalarsAt(fixture, iteration, step),
    });
    if (moved._tag === "Left") return moved;
    gradients.push(found.right);
    state = { ...state, ...moved.right };
  }
  const last = await run(gradient, {
    ...state,
    ...batchAt(fixture, 0),
  });
  return last._tag === "Left" ? last : right({
    gradients: [...gradients, last.right],
    parameters: state,
  });
}

const pairsOf = (
  wanted: NamedNumbers,
  found: HostTensors,
  nameOf: (parameter: string) => string,
): readonly Pair[] =>
  [...wanted.keys()].map((name) => ({
    name,
    found: found[nameOf(name)]?.data ?? [],
    wanted: numbersOf(wanted, name),
  }));

/** Allowed difference of gradients, as a part of the largest number of each. */
const GRADIENT_TOLERANCE = 1e-5;

/** Rates of a parameter in each of the recorded steps. */
const ratesOf = (
  { config: { plans: { scaled } } }: Fixture,
  { recorded }: RecordedPoint,
  { owner }: ParameterSpec,
): readonly number[] =>
  recorded.steps.map(({ global_iteration: iteration }) => {
    const { layers, unfrozen } = ratesAt(scaled)(iteration);
    const layer = layerOfOwner(scaled)(owner);
    return layer === null ? unfrozen : layers[layer] ?? NaN;
  });

/**
 * Parameters after the steps, each number within what follows from the tolerance of the
 * gradients. The gradient of an offset of all keys, for example, is 0 but for rounding,
 * which AdamW blows up to full steps; that of a decoder's last layer is large, and next
 * to nothing is allowed.
 */
function parameterGroup(
  fixture: Fixture,
  point: RecordedPoint,
  { gradients, parameters }: Steps,
  frozen: string,
): Group {
  const { after, recorded, trained } = point;
  const specs = new Map(trained.map((spec) => [spec.name, spec]));
  const allowed = (name: string): ArrayLike<number> =>
    adamwTolerance({
      rule: fixture.config.optimizer,
      start: numbersOf(fixture.weights, name),
      gradients: recorded.steps.map((_, step) =>
        gradients[step]?.[gradientName(name)]?.data ?? []
      ),
      rates: ratesOf(fixture, point, specs.get(name)!),
    }, GRADIENT_TOLERANCE);
  return {
    name: `parameters after ${recorded.steps.length} steps, ${frozen}`,
    tolerance: { _tag: "FromGradients", limit: GRADIENT_TOLERANCE },
    pairs: pairsOf(after, parameters, (name) => name)
      .map((pair) => ({ ...pair, allowed: allowed(pair.name) })),
  };
}

function lossGroup(
  { phase, recorded }: RecordedPoint,
  { gradients }: Steps,
  frozen: string,
): Group {
  const pair = (step: number, name: string, wanted: number): Pair => ({
    name: `${name} of step ${step}`,
    found: gradients[step]?.[name]?.data ?? [],
    wanted: [wanted],
  });
  const { steps } = recorded;
  return {
    name: `losses, ${frozen}`,
    tolerance: { _tag: "Relative", limit: 1e-5 },
    pairs: [
      ...steps.flatMap(({ loss, stage_losses: stageLosses }, step) => [
        pair(step, "loss", loss),
        ...phase.liveStages.map((stage, k) =>
          pair(step, stageLossName(stage), stageLosses[k] ?? NaN)
        ),
      ]),
      pair(steps.length, "loss", recorded.loss_after_3_steps_noise0),
    ],
  };
}

/**
 * Takes the recorded steps from one point on, by the trainer's own programs.
 *
 * @param backend Backend that computes.
 * @param fixture The reference's numbers.
 * @param point Recorded steps.
 * @returns Gradients of the first step, losses of all, parameters after them, or why there are none.
 */
export async function trainingGroups(
  backend: Backend,
  fixture: Fixture,
  point: RecordedPoint,
): Promise<Result<TrainError, readonly Group[]>> {
  const { phase, frozenLayers, gradients } = point;
  const plan = fixture.config.plans.scaled;
  const programs = await compilePhase(
    backend,
    pretrainTask({ config: configOf(fixture), plan }),
    phase,
  );
  if (programs._tag === "Left") return programs;
  const steps = await takeSteps(backend, fixture, point, programs.right);
  disposePhase(programs.right);
  if (steps._tag === "Left") return steps;
  const frozen = `${frozenLayers} layers frozen`;
  const first = steps.right.gradients[0] ?? {};
  return right([
    {
      name: `gradients, ${frozen}`,
      tolerance: { _tag: "Relative", limit: GRADIENT_TOLERANCE },
      pairs: pairsOf(gradients, first, gradientName),
    },
    parameterGroup(fixture, point, steps.right, frozen),
    lossGroup(point, steps.right, frozen),
  ]);
}
