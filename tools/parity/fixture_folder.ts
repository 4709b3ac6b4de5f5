/** A folder of reference numbers, read and checked as a whole. */
import {
  isTrainable,
  left,
  type ParameterSpec,
  parameterSpecs,
  type Phase,
  type Result,
  right,
  type Shape,
  trainedParameters,
} from "../../core/mod.ts";
import type { TensorFile } from "../../train/files/safetensors.ts";
import { type FixtureConfig, fixtureConfig } from "./fixture_config.ts";
import {
  type FixtureError,
  readFolder,
  type Reading,
  readJson,
  readTensors,
} from "./fixture_files.ts";
import {
  type RecordedSituation,
  type RecordedTraining,
  recordedTraining,
} from "./recorded_training.ts";
import {
  batchOf,
  nameInFile,
  wantedForward,
  wantedInputs,
  wantedOfParameters,
  wantedWeights,
} from "./wanted_tensors.ts";
import type { Situation } from "./written_config.ts";

/** Numbers by name. */
export type NamedNumbers = ReadonlyMap<string, Numbers>;

/** A tensor with all its numbers in float64. */
export interface Numbers {
  /** Extents, outermost first. */
  readonly shape: Shape;
  /** Row-major. */
  readonly values: Float64Array;
}

/** What was recorded from one moment on. */
export interface RecordedMoment extends Situation {
  /** Phase of the plan at that moment. */
  readonly phase: Phase;
  /** Parameters that move. */
  readonly trained: readonly ParameterSpec[];
  /** Gradients of the first step, by parameter. */
  readonly gradients: NamedNumbers;
  /** Parameters after all steps. */
  readonly after: NamedNumbers;
  /** Losses and rates. */
  readonly recorded: RecordedSituation;
}

/** Everything that a folder says. */
export interface Fixture {
  /** Sizes, schedule, optimizer. */
  readonly config: FixtureConfig;
  /** Samples of the batch. */
  readonly batch: number;
  /** `images` and `noise.s`. */
  readonly inputs: NamedNumbers;
  /** Parameters before the first step. */
  readonly weights: NamedNumbers;
  /** Activations and losses of the first forward pass with nothing frozen. */
  readonly forward: NamedNumbers;
  /** What was recorded of single steps. */
  readonly moments: readonly RecordedMoment[];
  /** Losses and rates in all rate modes. */
  readonly training: RecordedTraining;
}

const numbersOf = ({ tensors }: TensorFile): NamedNumbers =>
  new Map(
    [...tensors].map(([name, { shape, data }]) => [
      name,
      { shape, values: Float64Array.from(data, Number) },
    ]),
  );

/** Numbers of parameters under their own names. */
function ofParameters(
  file: TensorFile,
  parameters: readonly ParameterSpec[],
): NamedNumbers {
  const [named, numbers] = [nameInFile(file), numbersOf(file)];
  return new Map(parameters.flatMap(({ name }) => {
    const found = numbers.get(named(name));
    return found === undefined ? [] : [[name, found]];
  }));
}

/** Parameters that move in a phase. */
function trainedIn(
  { model, plans }: FixtureConfig,
  phase: Phase,
): readonly ParameterSpec[] {
  const names = new Set(trainedParameters({
    model,
    liveStages: phase.liveStages,
    isTrainable: isTrainable(plans.scaled, phase),
  }));
  return parameterSpecs(model).filter(({ name }) => names.has(name));
}

/** Reads what was recorded from one moment on. */
function readMoment(
  folder: string,
  config: FixtureConfig,
  training: RecordedTraining,
  situation: Situation,
): Reading<RecordedMoment> {
  const { name, frozenLayers } = situation;
  const { phases } = config.plans.scaled;
  const phase = phases.find((phase) => phase.frozenLayers === frozenLayers) ??
    phases[0];
  const trained = trainedIn(config, phase);
  const part = name === "none" ? "" : `${name}_`;
  const read = (file: string): Reading<TensorFile> =>
    readTensors(`${folder}/${file}.safetensors`, wantedOfParameters(trained));
  const gradients = read(`tiny_grads_${part}f32`);
  const after = read(`tiny_after3_${name}`);
  const recorded = recordedOf(folder, training, name);
  return {
    value: gradients.value && after.value && recorded.value && {
      ...situation,
      phase,
      trained,
      gradients: ofParameters(gradients.value, trained),
      after: ofParameters(after.value, trained),
      recorded: recorded.value,
    },
    errors: [gradients, after, recorded].flatMap(({ errors }) => errors),
  };
}

function recordedOf(
  folder: string,
  training: RecordedTraining,
  name: string,
): Reading<RecordedSituation> {
  const found = training.scaled[name];
  return found !== undefined ? { value: found, errors: [] } : {
    value: null,
    errors: [{
      path: `${folder}/tiny_training.json`,
      reason: `training.scaled.${name}: found nothing, wanted steps`,
    }],
  };
}

const stepsIn = ({ scaled }: RecordedTraining): number =>
  Math.max(0, ...Object.values(scaled).map(({ steps }) => steps.length));

type FixtureErrors = readonly [FixtureError, ...FixtureError[]];

/** The values of readings, or the errors of all of them. */
function readAll<Values extends Readonly<Record<string, unknown>>>(
  readings: { readonly [Name in keyof Values]: Reading<Values[Name]> },
): Result<FixtureErrors, Values> {
  const all = Object.entries(readings) as [string, Reading<unknown>][];
  const [first, ...others] = all.flatMap(([, { errors }]) => errors);
  return first === undefined
    ? right(
      Object.fromEntries(
        all.map(([name, { value }]) => [name, value]),
      ) as Values,
    )
    : left([first, ...others]);
}

/** Reads the tensors that `config.json` and `tiny_training.json` announce. */
function readTensorFiles(
  folder: string,
  config: FixtureConfig,
  training: RecordedTraining,
): Result<FixtureErrors, Fixture> {
  const { model, situations } = config;
  const inputs = readTensors(
    `${folder}/tiny_inputs.safetensors`,
    wantedInputs(model, stepsIn(training)),
  );
  const batch = inputs.value === null ? 1 : batchOf(inputs.value);
  const weights = readTensors(
    `${folder}/tiny_weights.safetensors`,
    () => wantedWeights(model),
  );
  const forward = readTensors(
    `${folder}/tiny_forward_f32.safetensors`,
    () => wantedForward(model, batch),
  );
  const moments = situations.map((situation) =>
    readMoment(folder, config, training, situation)
  );
  const files = readAll({ inputs, weights, forward, moments: all(moments) });
  return files._tag === "Left" ? files : right({
    config,
    batch,
    training,
    inputs: numbersOf(files.right.inputs),
    weights: ofParameters(files.right.weights, parameterSpecs(model)),
    forward: numbersOf(files.right.forward),
    moments: files.right.moments,
  });
}

/** A list of readings as the reading of a list. */
const all = <A>(readings: readonly Reading<A>[]): Reading<readonly A[]> => ({
  value: readings.flatMap(({ value }) => value === null ? [] : [value]),
  errors: readings.flatMap(({ errors }) => errors),
});

/**
 * Reads a folder of reference numbers.
 *
 * @param folder Its path.
 * @returns All that it says, or everything that is missing, cut off or contradicts `config.json`.
 */
export function readFixture(folder: string): Result<FixtureErrors, Fixture> {
  const found = readAll({ folder: readFolder(folder) });
  if (found._tag === "Left") return found;
  const json = readAll({
    config: readJson(`${folder}/config.json`, fixtureConfig),
    training: readJson(`${folder}/tiny_training.json`, recordedTraining),
  });
  if (json._tag === "Left") return json;
  const { config, training: { training } } = json.right;
  return readTensorFiles(folder, config, training);
}
